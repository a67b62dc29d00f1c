//! JavaScript and TypeScript: three grammars, one lowering.

mod bindings;
mod conditions;
mod expressions;
mod names;
mod print;
mod promises;
mod statements;

use super::names::{Names, TypeRef};
use super::{Binding, Grammar, Language, Settling};
use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Value};
use crate::lower::{Lowering, descendants};
use crate::tree::Node;

/// One of the dialects.
pub struct Script {
    language: Language,
    grammar: fn() -> tree_sitter::Language,
}

pub static JAVASCRIPT: Script = Script {
    language: Language::JavaScript,
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
};
pub static TYPESCRIPT: Script = Script {
    language: Language::TypeScript,
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
};
pub static TSX: Script = Script {
    language: Language::Tsx,
    grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
};

/// The expression of `async () => EXPRESSION`, where patterns stand while they are parsed: there
/// `await` is an operator.
fn pattern_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "arrow_function")?
        .child_by_field_name("body")
}

fn binding_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "variable_declarator")?
        .child_by_field_name("name")
}

impl Grammar for Script {
    fn language(&self) -> Language {
        self.language
    }

    fn grammar(&self) -> tree_sitter::Language {
        (self.grammar)()
    }

    fn default_indent(&self) -> &'static str {
        "  "
    }

    fn default_exceptions(&self) -> Exceptions {
        Exceptions::Operators
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &JAVASCRIPT.grammar(), "async () => {};", pattern_node)
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &JAVASCRIPT.grammar(), "let {} = 0;", binding_node)
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        let element = || {
            let held = normal(names::collection(node)?, at.text);
            at.names
                .type_at(&format!("{held}[]"), node.start_byte())
                .cloned()
        };
        names::type_of_value(node, at.text, at.names).or_else(element)
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(
            kind,
            "function_declaration"
                | "function_expression"
                | "function"
                | "arrow_function"
                | "method_definition"
                | "generator_function"
                | "generator_function_declaration"
                | "class_static_block"
        )
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        let own = function.child_by_field_name("name");
        let given = || {
            let parent = function.parent()?;
            match parent.kind() {
                "variable_declarator" | "public_field_definition" => {
                    parent.child_by_field_name("name")
                }
                "field_definition" => parent.child_by_field_name("property"),
                "pair" => parent.child_by_field_name("key"),
                "assignment_expression" => parent.child_by_field_name("left"),
                _ => None,
            }
        };
        match own.or_else(given) {
            Some(name) => normal(name, text),
            None => match function.parent() {
                None => crate::lower::MODULE.to_owned(),
                // A callback goes by the name of the function it stands in.
                Some(parent) => {
                    let outer = std::iter::successors(Some(parent), Node::parent)
                        .find(|node| self.is_function(node.kind()) || node.parent().is_none());
                    outer.map_or_else(String::new, |outer| self.function_name(outer, text))
                }
            },
        }
    }

    fn function_kind(&self, function: Node<'_>, text: &[u8]) -> (bool, bool) {
        let head_end = function
            .child_by_field_name("body")
            .map_or(function.end_byte(), |body| body.start_byte());
        let mut is_async = function.parent().is_none();
        let mut is_generator = false;
        for child in function.children() {
            if child.start_byte() < head_end {
                is_async |= &text[child.byte_range()] == b"async";
                is_generator |= child.kind() == "*";
            }
        }
        (is_async, is_generator)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        if let Some(one) = function.child_by_field_name("parameter") {
            return Some(one);
        }
        let first = function.child_by_field_name("parameters")?.named_child(0)?;
        Some(first.child_by_field_name("pattern").unwrap_or(first))
    }

    fn may_match(&self, kind: &str) -> bool {
        matches!(
            kind,
            "call_expression" | "await_expression" | "yield_expression"
        )
    }

    fn is_call(&self, kind: &str) -> bool {
        matches!(
            kind,
            "call_expression" | "new_expression" | "await_expression"
        )
    }

    fn is_name(&self, kind: &str) -> bool {
        matches!(kind, "identifier" | "shorthand_property_identifier")
    }

    fn is_member_name(&self, kind: &str) -> bool {
        kind == "property_identifier"
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let mut node = node;
        while matches!(node.kind(), "await_expression" | "yield_expression") {
            node = crate::catalog::pattern::unwrapped(node.named_child(0)?);
        }
        let function = node.child_by_field_name("function").unwrap_or(node);
        let word = match function.kind() {
            "member_expression" => function.child_by_field_name("property")?,
            "identifier" => function,
            _ => return None,
        };
        Some(String::from_utf8_lossy(&text[word.byte_range()]).into_owned())
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                "identifier" | "shorthand_property_identifier" => true,
                "member_expression" => node
                    .child_by_field_name("object")
                    .is_some_and(|object| matches!(object.kind(), "this" | "identifier")),
                _ => false,
            };
            if name {
                let name = normal(node, text);
                if !out.contains(&name) {
                    out.push(name);
                }
            }
        }
    }

    fn awaited_operand<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        (node.kind() == "await_expression")
            .then(|| node.named_child(0))
            .flatten()
            .map(crate::catalog::pattern::unwrapped)
    }

    fn awaiting<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        let parent = outer_parent(node)?;
        (parent.kind() == "await_expression").then_some(parent)
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        bindings::binding(node)
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        let Some(parent) = outer_parent(name) else {
            return false;
        };
        match parent.kind() {
            "arguments" | "return_statement" | "pair" | "array" | "object" | "spread_element"
            | "yield_expression" | "arrow_function" | "export_specifier" => true,
            "assignment_expression" => {
                parent.child_by_field_name("right").map(|right| right.id()) == Some(name.id())
            }
            "variable_declarator" => {
                parent.child_by_field_name("value").map(|value| value.id()) == Some(name.id())
            }
            // Called in a way that no release pattern knows: with a callback, say.
            "call_expression" => {
                parent
                    .child_by_field_name("function")
                    .map(|callee| callee.id())
                    == Some(name.id())
            }
            // `release.bind(null, cb)`.
            "member_expression" => {
                parent
                    .child_by_field_name("property")
                    .is_some_and(|property| property.end_byte() - property.start_byte() == 4)
                    && parent
                        .parent()
                        .is_some_and(|call| call.kind() == "call_expression")
            }
            _ => false,
        }
    }

    fn settling<'t>(&self, call: Node<'t>, text: &[u8]) -> Option<Settling<'t>> {
        promises::settling(call, text)
    }

    fn is_optional_call(&self, call: Node<'_>) -> bool {
        is_optional(self.awaited_operand(call).unwrap_or(call))
    }

    fn constant(&self, literal: Node<'_>, text: &[u8]) -> Value {
        expressions::constant(literal, text)
    }

    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block {
        statements::root(lowering)
    }

    fn lower_callback(&self, lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
        statements::callback_body(lowering, callback)
    }

    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
        expressions::expression(lowering, node, out);
    }

    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
        conditions::condition(lowering, node)
    }
}

/// Whether the call or member access has a `?.` of its own.
fn is_optional(node: Node<'_>) -> bool {
    crate::lower::children(node)
        .into_iter()
        .any(|child| child.kind() == "optional_chain")
}

/// Parentheses around one expression; nobody writes more.
const MOST_PARENTHESES: usize = 10;

/// The parent, past parentheses and casts.
fn outer_parent(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
        .take(MOST_PARENTHESES)
        .find(|parent| {
            !matches!(
                parent.kind(),
                "parenthesized_expression"
                    | "as_expression"
                    | "non_null_expression"
                    | "satisfies_expression"
            )
        })
}
