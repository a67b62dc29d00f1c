//! Statements that give back what they took: resources and monitors.

use super::statements::{block, clauses};
use crate::catalog::pattern::unwrapped;
use crate::flow::{Block, BlockStyle, EventKind, Stmt, StmtKind, Value, WithExit};
use crate::lower::expressions::{all_events, event, events, value_of};
use crate::lower::sites::Does;
use crate::lower::{Lowering, children, label, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// `try (R r = open()) { … }`: what was opened last is closed first, before any handler runs.
pub fn with_resources(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let resources: Vec<Node<'_>> = named_children(node.child_by_field_name("resources")?)
        .into_iter()
        .filter(|child| child.kind() == "resource")
        .collect();
    let mut opened = Vec::new();
    for resource in resources {
        let value = resource.child_by_field_name("value");
        let mut enter = Vec::new();
        match value {
            Some(value) => enter.extend(events(lowering, value)),
            None => enter.extend(all_events(lowering, resource)),
        }
        let exit = match value.and_then(|value| lowering.table.does(unwrapped(value))) {
            Some(Does::Acquire(site)) => WithExit::Release(lowering.table.hold_to_the_end(site)),
            _ => WithExit::Call {
                label: format!("close {}", lowering.file.normal(resource)),
                swallows: false,
            },
        };
        if let Some(name) = resource.child_by_field_name("name") {
            let var = lowering.file.normal(name);
            let value = value.map_or(Value::Unknown, |value| value_of(lowering, value));
            enter.push(event(name, EventKind::Assign { var, value }));
        }
        opened.push((enter, exit));
    }
    let body = block(lowering, node.child_by_field_name("body")?);
    let inner = opened
        .into_iter()
        .rev()
        .fold(body, |body, (enter, exit)| Block {
            span: body.span,
            style: BlockStyle::None,
            stmts: vec![Stmt {
                span: span(node),
                kind: StmtKind::With { enter, exit, body },
                decls: Vec::new(),
            }],
        });
    let (handlers, finally) = clauses(lowering, node);
    if handlers.is_empty() && finally.is_none() {
        return inner.stmts.into_iter().next().map(|stmt| stmt.kind);
    }
    Some(StmtKind::Try {
        body: inner,
        handlers,
        otherwise: None,
        finally,
    })
}

/// `synchronized (x) { … }`: others see the monitor taken and given back, which never fails.
pub fn synchronised(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let monitor = children(node)
        .into_iter()
        .find(|child| child.kind() == "parenthesized_expression")?;
    let mut enter = events(lowering, monitor);
    let text = lowering.file.normal(monitor);
    enter.push(event(monitor, label::effect(format!("enter {text}"))));
    let leave = event(monitor, label::effect(format!("leave {text}")));
    let body = block(lowering, node.child_by_field_name("body")?);
    let silent = |kind: StmtKind, at: Span| Stmt {
        span: at,
        kind,
        decls: Vec::new(),
    };
    let end = Span::new(node.end_byte(), node.end_byte());
    let guarded = StmtKind::Try {
        body,
        handlers: Vec::new(),
        otherwise: None,
        finally: Some(Block {
            span: end,
            style: BlockStyle::None,
            stmts: vec![silent(StmtKind::Plain(vec![leave]), end)],
        }),
    };
    Some(StmtKind::Block(Block {
        span: span(node),
        style: BlockStyle::None,
        stmts: vec![
            silent(StmtKind::Plain(enter), span(monitor)),
            silent(guarded, span(node)),
        ],
    }))
}
