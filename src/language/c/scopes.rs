//! Variables that do something at the end of their block: guards that free a lock, and destructors.

use super::names::{declarators, declared_name, type_text};
use crate::flow::{Cond, Event, EventKind, SiteId, Test, WithExit};
use crate::lower::expressions::{close, event, events};
use crate::lower::sites::Does;
use crate::lower::{Lowering, descendants, label, named_children, span};
use tree_sitter::Node;

/// A guard as it is declared: `std::lock_guard<std::mutex> guard(a, b);`
struct Declared<'t> {
    name: Option<Node<'t>>,
    class: String,
    arguments: Vec<Node<'t>>,
}

/// Registers what the methods of the guards of a function do to their locks.
pub fn find(lowering: &mut Lowering<'_>, function: Node<'_>) {
    let _ = (lowering, function);
}

/// What a declaration takes, and what the end of its block frees or runs; `None` when nothing runs
/// there.
pub fn scoped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    guard(lowering, node).or_else(|| destructor(lowering, node))
}

fn guard(_lowering: &mut Lowering<'_>, _node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    None
}

fn destructor(_lowering: &mut Lowering<'_>, _node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    None
}

/// Whether the declarator calls a constructor that may throw.
pub fn constructs(lowering: &Lowering<'_>, declaration: Node<'_>, declarator: Node<'_>) -> bool {
    let _ = (lowering, declarator);
    declaration
        .child_by_field_name("type")
        .is_none_or(|class| !matches!(class.kind(), "primitive_type" | "sized_type_specifier"))
}
