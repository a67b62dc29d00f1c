//! C and C++: two grammars that share their kinds of node, one lowering.

mod cleanup;
mod conditions;
mod contracts;
mod expressions;
mod guards;
mod headers;
mod includes;
mod keys;
mod labels;
mod lexis;
mod macros;
mod names;
mod open;
mod preprocessor;
mod print;
mod results;
mod scopes;
mod statements;

use super::names::{Names, TypeRef};
use super::{Binding, CalledInPlace, Grammar, Language};
use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Key, Value};
use crate::lower::{File, Lowering, descendants, named_children};
use crate::skim::lexis::Lexis;
use crate::source::Span;
use crate::tree::Node;

/// One of the dialects.
pub struct Dialect {
    language: Language,
    grammar: fn() -> tree_sitter::Language,
    exceptions: Exceptions,
}

pub static C: Dialect = Dialect {
    language: Language::C,
    grammar: || tree_sitter_c::LANGUAGE.into(),
    exceptions: Exceptions::Nothing,
};
pub static CPP: Dialect = Dialect {
    language: Language::Cpp,
    grammar: || tree_sitter_cpp::LANGUAGE.into(),
    exceptions: Exceptions::Calls,
};

/// The expression of `return EXPRESSION;`, where patterns stand while they are parsed.
fn pattern_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "return_statement")?
        .named_child(0)
}

/// Whether what the operator gives is an argument: `assert(!mutex.try_lock())`.
fn is_given_on(operator: Node<'_>) -> bool {
    std::iter::successors(operator.parent(), Node::parent)
        .find(|node| {
            !matches!(
                node.kind(),
                "unary_expression"
                    | "binary_expression"
                    | "parenthesized_expression"
                    | "cast_expression"
            )
        })
        .is_some_and(|node| node.kind() == "argument_list")
}

impl Grammar for Dialect {
    fn language(&self) -> Language {
        self.language
    }

    fn grammar(&self) -> tree_sitter::Language {
        (self.grammar)()
    }

    fn lexis(&self) -> Option<&'static Lexis> {
        Some(match self.language {
            Language::C => &lexis::C,
            _ => &lexis::CPP,
        })
    }

    fn default_indent(&self) -> &'static str {
        "    "
    }

    fn default_exceptions(&self) -> Exceptions {
        self.exceptions
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(
            code,
            &self.grammar(),
            "int f() { return {}; }",
            pattern_node,
        )
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        self.parse_pattern(code)
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn included(&self, text: &[u8]) -> Vec<String> {
        includes::beside(text)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        names::type_of(node, at.text, at.names)
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(kind, "function_definition" | "lambda_expression")
    }

    fn called_in_place(&self, function: Node<'_>, _text: &[u8]) -> Option<CalledInPlace> {
        headers::is_macro_block(function).then_some(CalledInPlace::AtOnce)
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        match names::declared_name(function) {
            Some(name) => normal(name, text),
            None => match function.parent() {
                None => crate::lower::MODULE.to_owned(),
                // A lambda goes by the name of the function it stands in.
                Some(parent) => {
                    let outer = std::iter::successors(Some(parent), Node::parent)
                        .find(|node| self.is_function(node.kind()) || node.parent().is_none());
                    outer.map_or_else(String::new, |outer| self.function_name(outer, text))
                }
            },
        }
    }

    fn function_kind(&self, function: Node<'_>, _text: &[u8]) -> (bool, bool) {
        // A coroutine gives up control, and its frame may be destroyed, where it waits.
        let waits = descendants(function, |node| !self.is_function(node.kind())).any(|node| {
            matches!(
                node.kind(),
                "co_await_expression" | "co_yield_statement" | "co_return_statement"
            )
        });
        (waits, false)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        descendants(function.child_by_field_name("declarator")?, |_| true)
            .find(|node| node.kind() == "parameter_declaration")?
            .child_by_field_name("declarator")
    }

    fn keeps_locks(&self, file: &File<'_>, function: Node<'_>) -> bool {
        self.language == Language::C && contracts::annotated(file, function)
    }

    fn speaks_of_kept_locks(&self, file: &File<'_>, function: Node<'_>, locks: &[Key]) -> bool {
        self.language == Language::C && contracts::speaks_of_kept_locks(file, function, locks)
    }

    fn is_private(&self, file: &File<'_>, function: Node<'_>) -> bool {
        names::is_static(function, file.source.bytes)
    }

    fn is_private_variable(&self, file: &File<'_>, name: &str) -> bool {
        named_children(file.root)
            .into_iter()
            .filter(|node| node.kind() == "declaration")
            .filter(|node| names::is_static(*node, file.source.bytes))
            .flat_map(names::declarators)
            .filter_map(names::declared_name)
            .any(|declared| file.normal(declared) == name)
    }

    fn is_constant(&self, text: &str) -> bool {
        let named = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let text = text.strip_prefix('-').unwrap_or(text);
        !text.is_empty() && (text.chars().all(named) || matches!(text, "true" | "false"))
    }

    fn is_failure(&self, operand: &str) -> bool {
        self.is_nothing(operand) || (operand.starts_with('-') && self.is_constant(operand))
    }

    fn reached_through(&self, node: Node<'_>, text: &[u8]) -> Vec<String> {
        keys::reached_through(node, text)
    }

    fn owner_of(&self, lock: Node<'_>, at: Surroundings<'_>) -> Option<String> {
        names::owner_of(lock, at.text, at.names)
    }

    fn hands_out_locks(&self) -> bool {
        self.language == Language::C
    }

    fn is_nothing(&self, text: &str) -> bool {
        matches!(text, "NULL" | "nullptr")
    }

    fn own_prefixes(&self) -> &'static [&'static str] {
        &["this->"]
    }

    fn takes_nothing(&self, acquire: Node<'_>, _text: &[u8]) -> bool {
        (self.language == Language::C && contracts::is_returned(acquire))
            || contracts::is_switched_on(acquire)
    }

    fn is_harmless(&self, mistake: Node<'_>, text: &[u8]) -> bool {
        headers::is_harmless(mistake, text)
    }

    fn may_match(&self, kind: &str) -> bool {
        kind == "call_expression"
    }

    fn is_call(&self, kind: &str) -> bool {
        matches!(
            kind,
            "call_expression" | "new_expression" | "co_await_expression"
        )
    }

    fn is_name(&self, kind: &str) -> bool {
        kind == "identifier"
    }

    fn is_member_name(&self, kind: &str) -> bool {
        kind == "field_identifier"
    }

    fn members_are_bare(&self) -> bool {
        self.language == Language::Cpp
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let mut word = node.child_by_field_name("function").unwrap_or(node);
        loop {
            word = match word.kind() {
                "field_expression" => word.child_by_field_name("field")?,
                "qualified_identifier" | "template_function" | "template_method" => {
                    word.child_by_field_name("name")?
                }
                // `guard(mutex)(&lock)`
                "call_expression" => word.child_by_field_name("function")?,
                "identifier" | "field_identifier" => break,
                _ => return None,
            };
        }
        Some(String::from_utf8_lossy(&text[word.byte_range()]).into_owned())
    }

    fn known_as(&self, node: Node<'_>, text: &[u8]) -> String {
        keys::known_as(node, text)
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                "identifier" => true,
                "field_expression" => node.child_by_field_name("argument").is_some_and(|object| {
                    matches!(object.kind(), "this" | "identifier" | "field_expression")
                }),
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

    fn awaited_operand<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn awaiting<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn is_taken_for_failure(&self, file: &File<'_>, node: Node<'_>) -> bool {
        conditions::is_taken_for_failure(file, node)
    }

    fn compared<'t>(&self, file: &File<'_>, node: Node<'t>) -> Option<(Node<'t>, bool)> {
        conditions::compared(file, node)
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        let mut at = node;
        let parent = loop {
            let Some(parent) = at.parent() else {
                return Binding::Other;
            };
            match parent.kind() {
                "cast_expression" => at = parent,
                "parenthesized_expression" | "condition_clause"
                    if !matches!(
                        parent.parent().map(|outer| outer.kind()),
                        Some("if_statement" | "while_statement" | "do_statement")
                    ) =>
                {
                    at = parent;
                }
                _ => break parent,
            }
        };
        match parent.kind() {
            "expression_statement" => Binding::Dropped,
            "init_declarator" => {
                let Some(target) = parent.child_by_field_name("declarator") else {
                    return Binding::Other;
                };
                Binding::Target {
                    target,
                    whole: Span::new(parent.start_byte(), node.start_byte()),
                }
            }
            "assignment_expression" => match parent.child_by_field_name("left") {
                Some(target) => Binding::Target {
                    target,
                    whole: Span::new(parent.start_byte(), node.start_byte()),
                },
                None => Binding::Other,
            },
            "unary_expression" | "binary_expression" if is_given_on(parent) => Binding::Other,
            "condition_clause"
            | "parenthesized_expression"
            | "unary_expression"
            | "binary_expression"
            | "for_statement" => Binding::Condition,
            _ => Binding::Other,
        }
    }

    fn results<'t>(&self, target: Node<'t>) -> Vec<Node<'t>> {
        // `FILE *f = …`
        let mut name = target;
        while name.kind() == "pointer_declarator"
            && let Some(inner) = name.child_by_field_name("declarator")
        {
            name = inner;
        }
        vec![name]
    }

    fn keeps_results(&self, kind: &str) -> bool {
        matches!(
            kind,
            "identifier" | "pointer_expression" | "field_expression"
        )
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        // There are no tickets that functions could be handed.
        let _ = name;
        false
    }

    fn lays_open(&self, name: Node<'_>, text: &[u8]) -> bool {
        open::lays_open(name, text, self.language == Language::Cpp)
    }

    fn told_to_others<'t>(&self, file: &File<'_>, node: Node<'t>) -> Option<Node<'t>> {
        guards::told_to_others(file, node)
    }

    fn receiver<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("function")?
            .child_by_field_name("argument")
    }

    fn constant(&self, literal: Node<'_>, text: &[u8]) -> Value {
        match literal.kind() {
            "true" => Value::True,
            "false" => Value::False,
            "null" => Value::Null,
            "number_literal" if &text[literal.byte_range()] == b"0" => Value::False,
            "number_literal" if &text[literal.byte_range()] == b"1" => Value::True,
            _ => Value::Unknown,
        }
    }

    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block {
        statements::root(lowering)
    }

    fn lower_callback(&self, lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
        statements::callback(lowering, callback)
    }

    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
        expressions::expression(lowering, node, out);
    }

    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
        conditions::condition(lowering, node)
    }
}
