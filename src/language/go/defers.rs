//! `defer`: what runs when the function is left.
//!
//! At the top level of a function a `defer` is a [`StmtKind::Scoped`]: it runs when control leaves
//! from there on, the last one first. In a branch it sets a flag; in front of the statement that
//! holds the branch stands a `Scoped` that asks the flag.

use super::expressions::operands;
use super::labels::beside;
use super::statements::{in_place, list, stmt};
use crate::catalog::pattern::unwrapped;
use crate::flow::{Block, BlockStyle, Event, EventKind, Stmt, StmtKind, Test, Value, WithExit};
use crate::lower::expressions::{event, plain};
use crate::lower::sites::Does;
use crate::lower::{Lowering, descendants, label, span};
use crate::source::Span;
use crate::tree::Node;

/// Lowers the body of a function with everything that it defers.
pub fn function_body(lowering: &mut Lowering<'_>, body: Node<'_>) -> Block {
    let mut stmts = Vec::new();
    for node in list(body) {
        if node.kind() == "defer_statement" {
            stmts.push(scoped(lowering, node));
            continue;
        }
        for deferred in deferred_in(lowering, node) {
            stmts.push(flagged(lowering, node, deferred));
        }
        let lowered = lowering.deeper(|lowering| stmt(lowering, node));
        stmts.extend(lowered.into_iter().flat_map(beside));
    }
    Block {
        span: span(body),
        style: BlockStyle::Braced,
        stmts,
    }
}

/// The `defer` statements of a branch, those of functions inside left out.
fn deferred_in<'t>(lowering: &Lowering<'_>, node: Node<'t>) -> Vec<Node<'t>> {
    let grammar = lowering.file.grammar;
    descendants(node, |inner| !grammar.is_function(inner.kind()))
        .filter(|inner| inner.kind() == "defer_statement")
        .collect()
}

fn in_loop(defer: Node<'_>) -> bool {
    std::iter::successors(defer.parent(), Node::parent)
        .take_while(|around| {
            !around.kind().starts_with("func") && around.kind() != "method_declaration"
        })
        .any(|around| around.kind() == "for_statement")
}

/// The flag of a `defer`: its place among those of the function, which no rewrite of others changes
/// as it counts only those in branches.
fn flag(lowering: &Lowering<'_>, defer: Node<'_>) -> String {
    let grammar = lowering.file.grammar;
    let function = std::iter::successors(defer.parent(), Node::parent)
        .find(|around| grammar.is_function(around.kind()))
        .unwrap_or(lowering.function);
    let number = function
        .child_by_field_name("body")
        .map(|body| {
            deferred_in(lowering, body)
                .into_iter()
                .filter(|other| other.start_byte() < defer.start_byte() && !is_top_level(*other))
                .count()
        })
        .unwrap_or_default();
    format!("defer#{number}")
}

fn is_top_level(defer: Node<'_>) -> bool {
    defer
        .parent()
        .and_then(|list| list.parent())
        .and_then(|block| block.parent())
        .is_some_and(|function| function.child_by_field_name("parameters").is_some())
}

fn scoped(lowering: &mut Lowering<'_>, defer: Node<'_>) -> Stmt {
    let (enter, block, swallows) = deferred(lowering, defer);
    Stmt {
        span: span(defer),
        kind: StmtKind::Scoped {
            enter,
            exit: WithExit::Block { block, swallows },
        },
        decls: Vec::new(),
    }
}

/// What asks at the end whether a `defer` within `around` was reached.
fn flagged(lowering: &mut Lowering<'_>, around: Node<'_>, defer: Node<'_>) -> Stmt {
    let var = flag(lowering, defer);
    let at = Span::new(around.start_byte(), around.start_byte());
    let (_, block, swallows) = deferred(lowering, defer);
    let asks = Stmt {
        span: at,
        kind: StmtKind::If {
            cond: plain(Test::Var(var.clone())),
            then: block,
            otherwise: None,
        },
        decls: Vec::new(),
    };
    let no = Event {
        span: at,
        kind: EventKind::Assign {
            var,
            value: Value::False,
        },
    };
    Stmt {
        span: at,
        kind: StmtKind::Scoped {
            enter: vec![no],
            exit: WithExit::Block {
                block: hidden(vec![asks], at),
                swallows,
            },
        },
        decls: Vec::new(),
    }
}

fn hidden(stmts: Vec<Stmt>, at: Span) -> Block {
    Block {
        span: at,
        style: BlockStyle::None,
        stmts,
    }
}

/// A `defer` in a branch is reached.
pub fn registered(lowering: &mut Lowering<'_>, defer: Node<'_>) -> Vec<Event> {
    let mut out = evaluated(lowering, defer);
    let var = flag(lowering, defer);
    out.push(event(
        defer,
        EventKind::Assign {
            var,
            value: Value::True,
        },
    ));
    out
}

/// What a `defer` evaluates at once.
fn evaluated(lowering: &mut Lowering<'_>, defer: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    if let Some(call) = defer.named_child(0).map(unwrapped)
        && lowering.table.does(call).is_none()
    {
        operands(lowering, call, &mut out);
    }
    out
}

/// What a `defer` evaluates at once, what it does in the end, and whether that may swallow a panic.
fn deferred(lowering: &mut Lowering<'_>, defer: Node<'_>) -> (Vec<Event>, Block, Option<String>) {
    let at = span(defer);
    let Some(call) = defer.named_child(0).map(unwrapped) else {
        return (Vec::new(), hidden(Vec::new(), at), None);
    };
    let literal = call
        .child_by_field_name("function")
        .map(unwrapped)
        .filter(|function| function.kind() == "func_literal");
    let enter = evaluated(lowering, defer);
    let plain = |events: Vec<Event>| Stmt {
        span: at,
        kind: StmtKind::Plain(events),
        decls: Vec::new(),
    };
    if let Some(Does::Release(site)) = lowering.table.does(call) {
        if in_loop(defer) {
            lowering.opaque = Some("it defers a release in a loop");
        }
        let release = plain(vec![event(call, EventKind::Release(site))]);
        return (enter, hidden(vec![release], at), None);
    }
    if let Some(literal) = literal
        && lowering.file.runs_in_place(literal)
    {
        let stmts = vec![Stmt {
            span: span(call),
            kind: StmtKind::InPlace(in_place(lowering, literal)),
            decls: Vec::new(),
        }];
        return (enter, hidden(stmts, at), None);
    }
    let label = lowering.file.normal(call);
    let runs = plain(vec![Event {
        span: span(call),
        kind: label::call(format!("deferred {label}")),
    }]);
    (enter, hidden(vec![runs], at), Some(label))
}
