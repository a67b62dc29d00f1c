//! PHP.

mod callback;
mod conditions;
mod expressions;
mod jumps;
mod locals;
mod names;
mod print;
mod statements;

use super::names::{Names, TypeRef};
use super::{Binding, Grammar, Language};
use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal, unwrapped};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Value};
use crate::lower::{Lowering, descendants};
use crate::source::Span;
use crate::tree::Node;

/// The language.
pub struct Php;

pub static PHP: Php = Php;

/// The expression of `<?php EXPRESSION;`.
fn pattern_node(root: Node<'_>) -> Option<Node<'_>> {
    crate::lower::named_children(root)
        .into_iter()
        .find(|node| node.kind() == "expression_statement")?
        .named_child(0)
}

/// The expression with the parentheses and the `@` around it.
fn with_wrapping(node: Node<'_>) -> (Node<'_>, Option<Node<'_>>) {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if !matches!(
            parent.kind(),
            "parenthesized_expression" | "error_suppression_expression"
        ) {
            return (at, Some(parent));
        }
        at = parent;
    }
    (at, None)
}

/// Whether the operator compares or combines truths.
fn asks(operator: &str) -> bool {
    matches!(
        operator,
        "===" | "!==" | "==" | "!=" | "<>" | "&&" | "||" | "and" | "or" | "xor"
    )
}

impl Grammar for Php {
    fn language(&self) -> Language {
        Language::Php
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_php::LANGUAGE_PHP.into()
    }

    fn default_indent(&self) -> &'static str {
        "    "
    }

    fn default_exceptions(&self) -> Exceptions {
        Exceptions::Operators
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &self.grammar(), "<?php\n{};\n", pattern_node)
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        self.parse_pattern(code)
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        names::type_of_value(node, at.text, at.names)
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(
            kind,
            "function_definition"
                | "method_declaration"
                | "anonymous_function"
                | "arrow_function"
                | "property_hook"
        )
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        match function.child_by_field_name("name") {
            Some(name) => normal(name, text),
            None if function.parent().is_none() => crate::lower::MODULE.to_owned(),
            None => "{closure}".to_owned(),
        }
    }

    fn function_kind(&self, function: Node<'_>, _text: &[u8]) -> (bool, bool) {
        let own = |node: Node<'_>| !self.is_function(node.kind());
        let yields = descendants(function, own).any(|node| node.kind() == "yield_expression");
        (false, yields)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        function
            .child_by_field_name("parameters")?
            .named_child(0)?
            .child_by_field_name("name")
    }

    fn may_match(&self, kind: &str) -> bool {
        self.is_call(kind)
    }

    fn is_call(&self, kind: &str) -> bool {
        matches!(
            kind,
            "function_call_expression"
                | "member_call_expression"
                | "nullsafe_member_call_expression"
                | "scoped_call_expression"
                | "yield_expression"
        )
    }

    fn own_prefixes(&self) -> &'static [&'static str] {
        &["$this->"]
    }

    fn is_name(&self, kind: &str) -> bool {
        kind == "variable_name"
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let call = self.awaited_operand(node).unwrap_or(node);
        let word = match call.kind() {
            "function_call_expression" => {
                let function = unwrapped(call.child_by_field_name("function")?);
                match function.kind() {
                    "qualified_name" | "relative_name" => {
                        function.named_child(function.named_child_count().checked_sub(1)? as u32)?
                    }
                    _ => function,
                }
            }
            _ => call.child_by_field_name("name")?,
        };
        Some(String::from_utf8_lossy(&text[word.byte_range()]).into_owned())
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                "variable_name" | "scoped_property_access_expression" => true,
                "member_access_expression" | "nullsafe_member_access_expression" => node
                    .child_by_field_name("object")
                    .is_some_and(|object| object.kind() == "variable_name"),
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
        (node.kind() == "yield_expression" && node.named_child_count() == 1)
            .then(|| node.named_child(0))
            .flatten()
            .map(unwrapped)
    }

    fn awaiting<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        with_wrapping(node)
            .1
            .filter(|parent| parent.kind() == "yield_expression")
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        let (value, parent) = with_wrapping(node);
        let Some(parent) = parent else {
            return Binding::Other;
        };
        let is_condition = || {
            let condition = parent.child_by_field_name("condition");
            condition.map(|condition| condition.id()) == Some(value.id())
        };
        match parent.kind() {
            "expression_statement" => Binding::Dropped,
            "unary_op_expression" => Binding::Condition,
            "binary_expression"
                if parent
                    .child_by_field_name("operator")
                    .is_some_and(|operator| asks(operator.kind())) =>
            {
                Binding::Condition
            }
            "assignment_expression" => match parent.child_by_field_name("left") {
                Some(target) if target.id() != value.id() => Binding::Target {
                    target,
                    whole: Span::new(parent.start_byte(), node.start_byte()),
                },
                _ => Binding::Other,
            },
            _ if is_condition() => Binding::Condition,
            _ => Binding::Other,
        }
    }

    fn takes_nothing(&self, acquire: Node<'_>, text: &[u8]) -> bool {
        expressions::asserts_failure(acquire, text)
    }

    fn keeps(&self, name: Node<'_>) -> bool {
        let lent = name
            .parent()
            .is_some_and(|parent| matches!(parent.kind(), "argument" | "by_ref"));
        !lent && self.passes_on(name)
    }

    fn dies_with(&self, function: Node<'_>, name: &str, text: &[u8]) -> bool {
        locals::dies_with(function, name, text)
    }

    fn declares_by_assigning(&self) -> bool {
        true
    }

    fn lays_open(&self, name: Node<'_>, _text: &[u8]) -> bool {
        locals::lays_open(name)
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        let Some(parent) = name.parent() else {
            return false;
        };
        match parent.kind() {
            "argument"
            | "return_statement"
            | "array_element_initializer"
            | "yield_expression"
            | "by_ref" => true,
            "assignment_expression" | "reference_assignment_expression" => {
                parent.child_by_field_name("right").map(|right| right.id()) == Some(name.id())
            }
            _ => false,
        }
    }

    fn callee(&self, call: Node<'_>, text: &[u8]) -> Option<String> {
        if let Some(function) = call.child_by_field_name("function") {
            return Some(normal(unwrapped(function), text));
        }
        let name = call.child_by_field_name("name")?;
        let (receiver, separator) = match call.child_by_field_name("scope") {
            Some(scope) => (scope, "::"),
            None => (call.child_by_field_name("object")?, "->"),
        };
        let receiver = normal(unwrapped(receiver), text);
        Some(format!("{receiver}{separator}{}", normal(name, text)))
    }

    fn receiver<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("object")
            .or_else(|| call.child_by_field_name("scope"))
    }

    fn constant(&self, literal: Node<'_>, text: &[u8]) -> Value {
        match literal.kind() {
            "null" => Value::Null,
            "boolean" if text[literal.byte_range()].eq_ignore_ascii_case(b"true") => Value::True,
            "boolean" => Value::False,
            _ => Value::Unknown,
        }
    }

    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block {
        let function = lowering.function;
        statements::body(lowering, function)
    }

    fn lower_callback(&self, lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
        statements::body(lowering, callback)
    }

    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
        expressions::expression(lowering, node, out);
    }

    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
        conditions::condition(lowering, node)
    }
}
