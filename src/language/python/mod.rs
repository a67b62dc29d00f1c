//! Python.

mod conditions;
mod expressions;
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
pub struct Python;

pub static PYTHON: Python = Python;

/// Functions that run a coroutine by itself.
const STARTS_TASK: &[&str] = &["ensure_future", "create_task", "run_coroutine_threadsafe"];

/// Methods of a stack of contexts that enter what they are given: the stack frees what it took so,
/// nothing else.
const ENTERS: [&str; 2] = ["enter_context", "enter_async_context"];

/// The parent, past parentheses.
fn outer(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
        .find(|parent| parent.kind() != "parenthesized_expression")
}

/// `… is False`, `… == False`.
fn is_compared_to_false(comparison: Node<'_>, text: &[u8]) -> bool {
    comparison.named_child_count() == 2
        && comparison
            .named_child(1)
            .is_some_and(|right| right.kind() == "false")
        && !text[comparison.byte_range()]
            .windows(3)
            .any(|operator| operator == b"not" || operator.starts_with(b"!="))
}

/// The expression of the one statement in `async def f(): EXPRESSION`.
fn pattern_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "expression_statement")?
        .named_child(0)
}

fn binding_node(root: Node<'_>) -> Option<Node<'_>> {
    descendants(root, |_| true)
        .find(|node| node.kind() == "assignment")?
        .child_by_field_name("left")
}

impl Grammar for Python {
    fn language(&self) -> Language {
        Language::Python
    }

    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_python::LANGUAGE.into()
    }

    fn default_indent(&self) -> &'static str {
        "    "
    }

    fn is_nothing(&self, text: &str) -> bool {
        text == "None"
    }

    fn own_prefixes(&self) -> &'static [&'static str] {
        &["self.", "cls."]
    }

    fn throws(&self) -> &'static str {
        "raises"
    }

    fn default_exceptions(&self) -> Exceptions {
        Exceptions::Operators
    }

    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(
            code,
            &self.grammar(),
            "async def f():\n    {}\n",
            pattern_node,
        )
    }

    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern> {
        Pattern::parse(code, &self.grammar(), "{} = 0\n", binding_node)
    }

    fn names(&self, root: Node<'_>, text: &[u8]) -> Names {
        names::collect(root, text)
    }

    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
        names::type_of_value(node, at.text, at.names)
    }

    fn is_function(&self, kind: &str) -> bool {
        matches!(kind, "function_definition" | "lambda" | "class_definition")
    }

    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String {
        match function.child_by_field_name("name") {
            Some(name) => normal(name, text),
            None if function.parent().is_none() => "<module>".to_owned(),
            None => "<lambda>".to_owned(),
        }
    }

    fn function_kind(&self, function: Node<'_>, text: &[u8]) -> (bool, bool) {
        let is_async = function
            .child(0)
            .is_some_and(|first| &text[first.byte_range()] == b"async");
        let own = |node: Node<'_>| !self.is_function(node.kind());
        let is_generator = descendants(function, own).any(|node| node.kind() == "yield");
        (is_async, is_generator)
    }

    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>> {
        function.child_by_field_name("parameters")?.named_child(0)
    }

    fn may_match(&self, kind: &str) -> bool {
        matches!(kind, "call" | "await")
    }

    fn is_call(&self, kind: &str) -> bool {
        matches!(kind, "call" | "await")
    }

    fn is_name(&self, kind: &str) -> bool {
        kind == "identifier"
    }

    fn member<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        node.child_by_field_name("attribute")
    }

    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String> {
        let mut node = node;
        while node.kind() == "await" {
            node = unwrapped(node.named_child(0)?);
        }
        let function = match node.kind() {
            "call" => node.child_by_field_name("function")?,
            _ => node,
        };
        let word = match function.kind() {
            "attribute" => function.child_by_field_name("attribute")?,
            "identifier" => function,
            _ => return None,
        };
        Some(String::from_utf8_lossy(&text[word.byte_range()]).into_owned())
    }

    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>) {
        for node in descendants(node, |_| true) {
            let name = match node.kind() {
                // Not the attribute's own name, nor a keyword argument's.
                "identifier" => node.parent().is_none_or(|parent| {
                    let named = parent
                        .child_by_field_name("attribute")
                        .or_else(|| parent.child_by_field_name("name"));
                    named.map(|named| named.id()) != Some(node.id())
                        || !matches!(parent.kind(), "attribute" | "keyword_argument")
                }),
                "attribute" => node
                    .child_by_field_name("object")
                    .is_some_and(|object| object.kind() == "identifier"),
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
        (node.kind() == "await")
            .then(|| node.named_child(0))
            .flatten()
            .map(unwrapped)
    }

    fn awaiting<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        let parent = outer(node)?;
        (parent.kind() == "await").then_some(parent)
    }

    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t> {
        let Some(parent) = outer(node) else {
            return Binding::Other;
        };
        let target = match parent.kind() {
            "expression_statement" => return Binding::Dropped,
            "return_statement" => return Binding::Given { returned: true },
            // `yield lock.acquire()` waits for the lock, and comes back without a value.
            "yield"
                if outer(parent).is_some_and(|outer| outer.kind() == "expression_statement") =>
            {
                return Binding::Dropped;
            }
            "if_statement" | "elif_clause" | "while_statement" | "not_operator" => {
                return Binding::Condition;
            }
            "assignment" => parent.child_by_field_name("left"),
            "named_expression" => parent.child_by_field_name("name"),
            _ => None,
        };
        match target {
            Some(target) => Binding::Target {
                target,
                whole: Span::new(parent.start_byte(), node.start_byte()),
            },
            None => Binding::Other,
        }
    }

    fn is_managed(&self, name: Node<'_>) -> bool {
        name.parent()
            .is_some_and(|parent| parent.kind() == "as_pattern_target")
    }

    fn held_context<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        if node.kind() != "with_item" {
            return None;
        }
        let value = node.child_by_field_name("value")?;
        match value.kind() {
            "as_pattern" => value.named_child(0),
            _ => Some(value),
        }
    }

    fn takes_nothing(&self, acquire: Node<'_>, text: &[u8]) -> bool {
        let mut asserted = acquire;
        let mut negated = false;
        while let Some(parent) = asserted.parent() {
            match parent.kind() {
                "parenthesized_expression" => {}
                "not_operator" => negated = !negated,
                "comparison_operator" => negated ^= is_compared_to_false(parent, text),
                "assert_statement" => return negated,
                "argument_list" => {
                    let word = parent
                        .parent()
                        .and_then(|call| self.called_word(call, text))
                        .unwrap_or_default();
                    return match word.as_str() {
                        "assertFalse" => !negated,
                        "assertTrue" => negated,
                        "assertIs" | "assertEqual" => {
                            parent.named_child(1).is_some_and(|is| is.kind() == "false")
                        }
                        _ => STARTS_TASK.contains(&word.as_str()) && asserted.kind() == "call",
                    };
                }
                _ => return false,
            }
            asserted = parent;
        }
        false
    }

    fn declares_by_assigning(&self) -> bool {
        true
    }

    fn lays_open(&self, name: Node<'_>, _text: &[u8]) -> bool {
        name.parent().is_some_and(|parent| {
            matches!(parent.kind(), "global_statement" | "nonlocal_statement")
        })
    }

    fn passes_on(&self, name: Node<'_>) -> bool {
        let Some(parent) = name.parent() else {
            return false;
        };
        match parent.kind() {
            "argument_list" | "return_statement" | "list" | "tuple" | "dictionary" | "pair"
            | "yield" | "expression_list" => true,
            "keyword_argument" => {
                parent.child_by_field_name("value").map(|value| value.id()) == Some(name.id())
            }
            "assignment" => {
                parent.child_by_field_name("right").map(|right| right.id()) == Some(name.id())
            }
            _ => false,
        }
    }

    fn is_entered(&self, name: Node<'_>, text: &[u8]) -> bool {
        let called = name
            .parent()
            .filter(|arguments| arguments.kind() == "argument_list")
            .and_then(|arguments| self.called_word(arguments.parent()?, text));
        called.is_some_and(|word| ENTERS.contains(&word.as_str()))
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
        conditions::condition(lowering, node)
    }
}
