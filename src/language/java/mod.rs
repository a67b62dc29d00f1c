//! Java.

mod conditions;
mod expressions;
mod guards;
mod lexis;
mod locals;
mod names;
mod print;
mod statements;
mod switches;

use super::names::{Names, TypeRef};
use super::{Binding, Grammar, Language};
use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal, unwrapped};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Value};
use crate::lower::{Lowering, descendants};
use crate::skim::lexis::Lexis;
use crate::source::Span;
use crate::tree::Node;

/// The language.
pub struct Java;

pub static JAVA: Java = Java;

fn declarator(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true).find(|node| node.kind() == "variable_declarator")
}

impl Grammar for Java {
    fn language(&self) -> Language {
        Language::Java
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_java::LANGUAGE.into()
    }

    fn lexis(&self) -> Option<&'static Lexis> {
        Some(&lexis::LEXIS)
    }

    fn default_indent(&self) -> &'static str {
        "    "
    }

    fn default_exceptions(&self) -> Exceptions {
        Exceptions::Operators
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &self.grammar(), "int x = {};", |root| {
            declarator(root)?.child_by_field_name("value")
        })
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &self.grammar(), "int {} = 0;", |root| {
            declarator(root)?.child_by_field_name("name")
        })
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        names::type_of(node, at)
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(
            kind,
            "method_declaration"
                | "constructor_declaration"
                | "compact_constructor_declaration"
                | "lambda_expression"
                | "static_initializer"
        )
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        if let Some(name) = function.child_by_field_name("name") {
            return normal(name, text);
        }
        match function.kind() {
            "static_initializer" => "static".to_owned(),
            // A lambda goes by the name of the method, or of the field, that it stands in.
            "lambda_expression" => std::iter::successors(function.parent(), Node::parent)
                .find(|node| {
                    self.is_function(node.kind())
                        || node
                            .parent()
                            .is_some_and(|parent| parent.kind() == "field_declaration")
                })
                .map_or_else(String::new, |outer| self.function_name(outer, text)),
            _ => crate::lower::MODULE.to_owned(),
        }
    }

    fn function_kind(&self, _: Node<'_>, _: &[u8]) -> (bool, bool) {
        (false, false)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        let parameters = function.child_by_field_name("parameters")?;
        if parameters.kind() == "identifier" {
            return Some(parameters);
        }
        let first = parameters.named_child(0)?;
        Some(first.child_by_field_name("name").unwrap_or(first))
    }

    fn may_match(&self, kind: &str) -> bool {
        self.is_call(kind)
    }

    fn is_call(&self, kind: &str) -> bool {
        matches!(kind, "method_invocation" | "object_creation_expression")
    }

    fn is_name(&self, kind: &str) -> bool {
        kind == "identifier"
    }

    fn member<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        match node.kind() {
            "field_access" => node.child_by_field_name("field"),
            "method_invocation" | "method_declaration" => node.child_by_field_name("name"),
            _ => None,
        }
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let name = match node.kind() {
            "object_creation_expression" => {
                return names::plain_type(node.child_by_field_name("type")?, text);
            }
            _ => node.child_by_field_name("name")?,
        };
        Some(String::from_utf8_lossy(&text[name.byte_range()]).into_owned())
    }

    fn known_as(&self, node: Node<'_>, text: &[u8]) -> String {
        let name = normal(node, text);
        match name.strip_prefix("this.") {
            Some(field) if !locals::is_hidden(node, field, text) => field.to_owned(),
            _ => name,
        }
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                "identifier" if !names_a_member(node) => normal(node, text),
                // A field by either of its names.
                "field_access"
                    if node
                        .child_by_field_name("object")
                        .is_some_and(|object| matches!(object.kind(), "this" | "identifier")) =>
                {
                    let whole = normal(node, text);
                    out.extend(whole.strip_prefix("this.").map(str::to_owned));
                    whole
                }
                _ => continue,
            };
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }

    fn awaited_operand<'t>(&self, _: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn awaiting<'t>(&self, _: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        let (at, parent) = match outer(node) {
            Some(found) => found,
            None => return Binding::Other,
        };
        let value_of = |field: &str| {
            parent
                .child_by_field_name(field)
                .is_some_and(|value| value.id() == at.id())
        };
        match parent.kind() {
            "expression_statement" => Binding::Dropped,
            "variable_declarator" => match parent.child_by_field_name("name") {
                Some(target) => Binding::Target {
                    target,
                    whole: Span::new(
                        parent
                            .parent()
                            .filter(|whole| {
                                whole.kind() == "local_variable_declaration"
                                    && descendants(*whole, |_| true)
                                        .filter(|node| node.kind() == "variable_declarator")
                                        .count()
                                        == 1
                            })
                            .unwrap_or(parent)
                            .start_byte(),
                        node.start_byte(),
                    ),
                },
                None => Binding::Other,
            },
            "resource" if value_of("value") => match parent.child_by_field_name("name") {
                Some(target) => Binding::Target {
                    target,
                    whole: Span::new(parent.start_byte(), node.start_byte()),
                },
                None => Binding::Other,
            },
            "assignment_expression" if value_of("right") => {
                match parent.child_by_field_name("left") {
                    Some(target) => Binding::Target {
                        target,
                        whole: Span::new(parent.start_byte(), node.start_byte()),
                    },
                    None => Binding::Other,
                }
            }
            "if_statement" | "while_statement" | "do_statement" | "unary_expression" => {
                Binding::Condition
            }
            _ => Binding::Other,
        }
    }

    fn is_managed(&self, name: Node<'_>) -> bool {
        name.parent()
            .is_some_and(|parent| parent.kind() == "resource")
    }

    fn takes_nothing(&self, acquire: Node<'_>, text: &[u8]) -> bool {
        // `assertFalse(lock.tryLock())`
        let asserted = outer(acquire)
            .filter(|(_, parent)| parent.kind() == "argument_list")
            .and_then(|(_, arguments)| arguments.parent())
            .and_then(|call| self.called_word(call, text));
        asserted.is_some_and(|word| word == "assertFalse")
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        let Some((at, parent)) = outer(name) else {
            return false;
        };
        let is = |field: &str| {
            parent
                .child_by_field_name(field)
                .is_some_and(|child| child.id() == at.id())
        };
        match parent.kind() {
            "argument_list" | "return_statement" | "array_initializer" | "lambda_expression" => {
                true
            }
            "assignment_expression" => is("right"),
            "variable_declarator" => is("value"),
            "ternary_expression" => !is("condition"),
            _ => false,
        }
    }

    fn callee(&self, call: Node<'_>, text: &[u8]) -> Option<String> {
        match call.kind() {
            "object_creation_expression" => {
                let class = call.child_by_field_name("type")?;
                Some(format!("new {}", names::plain_type(class, text)?))
            }
            _ => {
                let name = normal(call.child_by_field_name("name")?, text);
                Some(match call.child_by_field_name("object") {
                    Some(object) => format!("{}.{name}", normal(object, text)),
                    None => name,
                })
            }
        }
    }

    fn receiver<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("object")
    }

    fn may_tell_whether(&self, variable: Node<'_>, guess: bool, text: &[u8]) -> bool {
        let declaration = std::iter::successors(Some(variable), Node::parent)
            .take_while(|node| !node.kind().ends_with("_statement"))
            .find(|node| node.kind() == "local_variable_declaration");
        match declaration.and_then(|declaration| declaration.child_by_field_name("type")) {
            None => true,
            Some(declared) => match normal(declared, text).as_str() {
                "var" => !guess,
                name => matches!(name, "boolean" | "Boolean"),
            },
        }
    }

    fn constant(&self, literal: Node<'_>, _: &[u8]) -> Value {
        match literal.kind() {
            "null_literal" => Value::Null,
            "true" => Value::True,
            "false" => Value::False,
            _ => Value::Unknown,
        }
    }

    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block {
        statements::root(lowering)
    }

    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
        expressions::expression(lowering, node, out);
    }

    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
        conditions::condition(lowering, node)
    }
}

/// The parent, past parentheses and casts, and the child of it that holds the node.
fn outer(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let mut at = node;
    let mut parent = node.parent()?;
    while matches!(
        parent.kind(),
        "parenthesized_expression" | "cast_expression"
    ) {
        at = parent;
        parent = parent.parent()?;
    }
    Some((at, parent))
}

/// Whether an identifier names a method or a member of something, and no variable.
fn names_a_member(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    let is = |field: &str| {
        parent
            .child_by_field_name(field)
            .is_some_and(|child| child.id() == node.id())
    };
    match parent.kind() {
        "method_invocation" => is("name"),
        "field_access" => is("field"),
        _ => false,
    }
}

/// The variable that an expression names, by the one name that it has here: `this.count` is
/// `count` where no local variable hides it.
fn variable(lowering: &Lowering<'_>, node: Node<'_>) -> Option<String> {
    let node = unwrapped(node);
    match node.kind() {
        "identifier" => Some(lowering.file.normal(node)),
        "field_access"
            if node
                .child_by_field_name("object")
                .is_some_and(|object| object.kind() == "this") =>
        {
            let name = lowering.file.normal(node.child_by_field_name("field")?);
            if locals::is_hidden(node, &name, lowering.file.source.bytes) {
                Some(format!("this.{name}"))
            } else {
                Some(name)
            }
        }
        _ => None,
    }
}
