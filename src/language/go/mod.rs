//! Go.

mod defers;
mod enclosing;
mod expressions;
mod labels;
mod lexis;
mod names;
mod outline;
mod print;
mod reach;
mod scopes;
mod statements;
mod types;

use super::beside::Declared;
use super::names::{Names, TypeRef};
use super::{Binding, CalledInPlace, Grammar, Language};
use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal, unwrapped};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Value};
use crate::lower::{Bindings, Lowering, descendants, named_children};
use crate::skim::lexis::Lexis;
use crate::source::Span;
use crate::tree::Node;
use std::sync::Arc;

/// The language.
pub struct Go;

pub static GO: Go = Go;

/// The expression of the one statement in `func f() { EXPRESSION }`.
fn pattern_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "expression_statement")?
        .named_child(0)
}

/// The left side of the one declaration; alone where it is one name.
fn binding_node(root: Node<'_>) -> Option<Node<'_>> {
    let left = descendants(root, |_| true)
        .find(|node| node.kind() == "short_var_declaration")?
        .child_by_field_name("left")?;
    Some(alone(left))
}

/// What a list of one holds.
fn alone(list: Node<'_>) -> Node<'_> {
    match list.named_child(0) {
        Some(only) if list.kind() == "expression_list" && list.named_child_count() == 1 => only,
        _ => list,
    }
}

fn parent_of_parentheses(node: Node<'_>) -> Option<Node<'_>> {
    let mut parent = node.parent()?;
    while parent.kind() == "parenthesized_expression" {
        parent = parent.parent()?;
    }
    Some(parent)
}

fn calls_recover(literal: Node<'_>, text: &[u8]) -> bool {
    descendants(literal, |inner| {
        inner.id() == literal.id() || inner.kind() != "func_literal"
    })
    .filter(|node| node.kind() == "call_expression")
    .filter_map(|call| call.child_by_field_name("function"))
    .any(|function| &text[function.byte_range()] == b"recover")
}

impl Grammar for Go {
    fn language(&self) -> Language {
        Language::Go
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_go::LANGUAGE.into()
    }

    fn lexis(&self) -> Option<&'static Lexis> {
        Some(&lexis::LEXIS)
    }

    fn default_indent(&self) -> &'static str {
        "\t"
    }

    fn throws(&self) -> &'static str {
        "panics"
    }

    fn default_exceptions(&self) -> Exceptions {
        Exceptions::Calls
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        let frame = "package p\nfunc f() {\n\t{}\n}\n";
        Pattern::parse(code, &self.grammar(), frame, pattern_node)
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        let frame = "package p\nfunc f() {\n\t{} := 0\n}\n";
        Pattern::parse(code, &self.grammar(), frame, binding_node)
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn shares_package(&self, own: &str, other: &str) -> bool {
        let is_test = |name: &str| name.ends_with("_test.go");
        other.ends_with(".go") && (is_test(own) || !is_test(other))
    }

    fn declared(&self, text: &[u8]) -> Vec<Declared> {
        outline::declared(text)
    }

    fn names_among(&self, root: Node<'_>, text: &[u8], rest: &[Arc<Names>]) -> Names {
        names::collect_among(root, text, rest)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        let known = types::type_text(node, at.text, at.names).or_else(|| {
            // A field of something whose type is not known: as all structs of the file have it.
            let field = unwrapped(node).child_by_field_name("field")?;
            let field = normal(field, at.text);
            at.hidden.ask_field(&field);
            match at.names.fields.get(&field)?.as_ref()? {
                TypeRef::Named(text) => Some(text.clone()),
                TypeRef::Known { .. } | TypeRef::Local(_) => None,
            }
        })?;
        Some(types::type_ref(&known, at.names))
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(
            kind,
            "function_declaration" | "method_declaration" | "func_literal"
        )
    }

    fn called_in_place(&self, function: Node<'_>, text: &[u8]) -> Option<CalledInPlace> {
        let call = parent_of_parentheses(function)?;
        let is_callee = call.kind() == "call_expression"
            && call.child_by_field_name("function").map(unwrapped) == Some(function);
        let lone = is_callee
            && call
                .child_by_field_name("arguments")
                .is_some_and(|arguments| arguments.named_child_count() == 0);
        if !lone {
            return None;
        }
        match parent_of_parentheses(call)?.kind() {
            "expression_statement" => Some(CalledInPlace::AtOnce),
            "if_statement" => Some(CalledInPlace::Asked),
            "defer_statement" if !calls_recover(function, text) => Some(CalledInPlace::AtTheEnd),
            _ => None,
        }
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        match function.child_by_field_name("name") {
            Some(name) => normal(name, text),
            None if function.parent().is_none() => "<module>".to_owned(),
            // A literal goes by the name of the function it stands in.
            None => {
                let outer = std::iter::successors(function.parent(), Node::parent)
                    .find(|node| self.is_function(node.kind()) || node.parent().is_none());
                outer.map_or_else(String::new, |outer| self.function_name(outer, text))
            }
        }
    }

    fn function_kind(&self, _function: Node<'_>, _text: &[u8]) -> (bool, bool) {
        (false, false)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        function
            .child_by_field_name("parameters")?
            .named_child(0)?
            .child_by_field_name("name")
    }

    fn may_match(&self, kind: &str) -> bool {
        kind == "call_expression"
    }

    fn is_call(&self, kind: &str) -> bool {
        kind == "call_expression"
    }

    fn is_name(&self, kind: &str) -> bool {
        kind == "identifier"
    }

    fn is_member_name(&self, kind: &str) -> bool {
        kind == "field_identifier"
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let function = unwrapped(node.child_by_field_name("function")?);
        let word = function.child_by_field_name("field").unwrap_or(function);
        matches!(word.kind(), "identifier" | "field_identifier").then(|| normal(word, text))
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                "identifier" => scopes::variable(node, text),
                "selector_expression" => normal(node, text),
                _ => continue,
            };
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }

    fn bindings(&self, function: Node<'_>, text: &[u8]) -> Bindings {
        scopes::bindings(function, text)
    }

    fn awaited_operand<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn awaiting<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        let Some(mut parent) = parent_of_parentheses(node) else {
            return Binding::Other;
        };
        if parent.kind() == "expression_list" && parent.named_child_count() == 1 {
            let Some(around) = parent.parent() else {
                return Binding::Other;
            };
            parent = around;
        }
        match parent.kind() {
            "expression_statement" | "defer_statement" | "go_statement" => Binding::Dropped,
            "short_var_declaration" | "assignment_statement" => {
                match parent.child_by_field_name("left") {
                    Some(target) => Binding::Target {
                        target: alone(target),
                        whole: Span::new(parent.start_byte(), node.start_byte()),
                    },
                    None => Binding::Other,
                }
            }
            "if_statement" | "for_statement" | "unary_expression" | "binary_expression" => {
                Binding::Condition
            }
            _ => Binding::Other,
        }
    }

    fn results<'t>(&self, target: Node<'t>) -> Vec<Node<'t>> {
        if target.kind() == "expression_list" {
            named_children(target)
        } else {
            vec![target]
        }
    }

    fn takes_nothing(&self, acquire: Node<'_>, _text: &[u8]) -> bool {
        acquire
            .parent()
            .is_some_and(|parent| matches!(parent.kind(), "go_statement" | "defer_statement"))
    }

    fn lays_open(&self, name: Node<'_>, _text: &[u8]) -> bool {
        parent_of_parentheses(name).is_some_and(|parent| {
            parent.kind() == "unary_expression"
                && parent
                    .child_by_field_name("operator")
                    .is_some_and(|operator| operator.kind() == "&")
        })
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        let Some(parent) = parent_of_parentheses(name) else {
            return false;
        };
        let is_value_of = |node: Node<'_>, list: Node<'_>| {
            node.child_by_field_name("left").map(|left| left.id()) != Some(list.id())
        };
        match parent.kind() {
            "argument_list" | "literal_element" | "return_statement" | "send_statement" => true,
            "expression_list" => parent.parent().is_some_and(|node| match node.kind() {
                "return_statement" => true,
                "short_var_declaration" | "assignment_statement" => is_value_of(node, parent),
                "var_spec" => true,
                _ => false,
            }),
            "unary_expression" => parent
                .child_by_field_name("operator")
                .is_some_and(|operator| operator.kind() == "&"),
            _ => false,
        }
    }

    fn receiver<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("function")?
            .child_by_field_name("operand")
    }

    fn constant(&self, literal: Node<'_>, _text: &[u8]) -> Value {
        expressions::constant(literal)
    }

    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block {
        statements::root(lowering)
    }

    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
        expressions::expression(lowering, node, out);
    }

    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
        expressions::condition(lowering, node)
    }
}
