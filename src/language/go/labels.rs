//! Labels: places between two statements that a `goto` may name.

use super::statements::stmt;
use crate::flow::{EventKind, Stmt, StmtKind};
use crate::lower::{Lowering, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// A statement with its label.
pub fn labeled(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let label = lowering.file.normal(node.child_by_field_name("label")?);
    let inner = named_children(node)
        .into_iter()
        .find(|child| child.kind() != "label_name");
    let body = match inner {
        Some(inner) => lowering.deeper(|lowering| stmt(lowering, inner))?,
        None => empty(span(node)),
    };
    Some(StmtKind::Labeled {
        label,
        body: Box::new(body),
    })
}

fn empty(span: Span) -> Stmt {
    Stmt {
        span,
        kind: StmtKind::Plain(Vec::new()),
        decls: Vec::new(),
    }
}

/// What takes or frees a lock behind a label, put beside it, so that a region can begin or end there. It is the same
/// to a `goto`; a statement that a `break` may name stays with its label.
pub fn beside(stmt: Stmt) -> Vec<Stmt> {
    match stmt.kind {
        StmtKind::Labeled { label, body } if touches_a_lock(&body) => {
            let place = Span::new(stmt.span.start, body.span.start);
            let mut apart = vec![Stmt {
                span: place,
                kind: StmtKind::Labeled {
                    label,
                    body: Box::new(empty(Span::new(place.end, place.end))),
                },
                decls: Vec::new(),
            }];
            apart.extend(beside(*body));
            apart
        }
        _ => vec![stmt],
    }
}

/// Whether the statement, behind further labels, takes or frees a lock and is nothing that a `break` ends.
fn touches_a_lock(stmt: &Stmt) -> bool {
    let of_lock = |kind: &EventKind| matches!(kind, EventKind::Acquire(_) | EventKind::Release(_));
    match &stmt.kind {
        StmtKind::Labeled { body, .. } => touches_a_lock(body),
        StmtKind::Plain(_) | StmtKind::If { .. } => {
            stmt.own_events().iter().any(|event| of_lock(&event.kind))
        }
        _ => false,
    }
}
