//! Labels, and which of them a goto may name.

use super::statements::stmt;
use crate::flow::{Stmt, StmtKind};
use crate::lower::{Lowering, named_children};
use crate::source::Span;
use crate::tree::Node;

/// Whether the label that a goto names stands in a block around the goto.
pub fn is_in_sight(lowering: &Lowering<'_>, goto: Node<'_>, label: Node<'_>) -> bool {
    let name = lowering.text(label);
    std::iter::successors(goto.parent(), Node::parent)
        .take_while(|node| !lowering.file.grammar.is_function(node.kind()))
        .filter(|node| matches!(node.kind(), "compound_statement" | "case_statement"))
        .flat_map(named_children)
        .any(|stmt| {
            let mut at = stmt;
            while at.kind() == "labeled_statement" {
                let own = at.child_by_field_name("label");
                if own.is_some_and(|own| lowering.text(own) == name) {
                    return true;
                }
                match named_children(at).pop() {
                    Some(inner) => at = inner,
                    None => return false,
                }
            }
            false
        })
}

/// A statement with its label.
pub fn labeled(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let label = node.child_by_field_name("label")?;
    let inner = named_children(node)
        .pop()
        .filter(|inner| inner.id() != label.id());
    let body = inner.and_then(|inner| lowering.deeper(|lowering| stmt(lowering, inner)));
    let body = body.unwrap_or_else(|| Stmt {
        span: Span::new(node.end_byte(), node.end_byte()),
        kind: StmtKind::Plain(Vec::new()),
        decls: Vec::new(),
    });
    Some(StmtKind::Labeled {
        label: lowering.file.normal(label),
        body: Box::new(body),
    })
}
