//! Conditional compilation within a function.

use super::statements::stmts;
use crate::flow::{Block, BlockStyle, Cond, Decl, DeclKind, EventKind, Stmt, StmtKind, Test};
use crate::lower::{Lowering, named_children, span};
use crate::tree::Node;

/// `#if … #else … #endif`: a branch on a condition that never changes.
pub fn conditional(lowering: &mut Lowering<'_>, node: Node<'_>, decls: &mut Vec<Decl>) -> StmtKind {
    let asked = node
        .child_by_field_name("condition")
        .or_else(|| node.child_by_field_name("name"));
    let alternative = node.child_by_field_name("alternative");
    let inside: Vec<Node<'_>> = named_children(node)
        .into_iter()
        .filter(|child| {
            let id = Some(child.id());
            id != asked.map(|asked| asked.id()) && id != alternative.map(|other| other.id())
        })
        .collect();
    let then = preprocessed(lowering, node, &inside, decls);
    let otherwise = alternative.map(|other| {
        let stmts = match other.kind() {
            "preproc_else" => {
                return preprocessed(lowering, other, &named_children(other), decls);
            }
            _ => {
                let kind = lowering.deeper(|lowering| Some(conditional(lowering, other, decls)));
                kind.map(|kind| Stmt {
                    span: span(other),
                    kind,
                    decls: Vec::new(),
                })
            }
        };
        Block {
            span: span(other),
            style: BlockStyle::None,
            stmts: stmts.into_iter().collect(),
        }
    });
    let label = asked.map_or_else(String::new, |asked| lowering.file.normal(asked));
    let negated = lowering.text(node).starts_with("#ifndef");
    let test = Cond::Test {
        events: Vec::new(),
        test: Test::Unknown {
            label: format!("#if {label}"),
            names: Vec::new(),
            pure: true,
        },
    };
    StmtKind::If {
        cond: crate::lower::expressions::negated_if(negated, test),
        then,
        otherwise,
    }
}

/// The statements of one branch: what they declare lives on behind it.
fn preprocessed(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    nodes: &[Node<'_>],
    decls: &mut Vec<Decl>,
) -> Block {
    let mut found = lowering.deeper(|lowering| stmts(lowering, nodes));
    for stmt in &mut found {
        for decl in std::mem::take(&mut stmt.decls) {
            decls.push(Decl {
                kind: DeclKind::Fixed,
                ..decl
            });
        }
        if let StmtKind::Scoped { enter, .. } = &mut stmt.kind {
            // It lives to the end of the block around.
            let enter = std::mem::take(enter);
            let locks = enter
                .iter()
                .any(|event| matches!(event.kind, EventKind::Acquire(_)));
            if locks {
                lowering.opaque = Some("a guard stands under conditional compilation");
            }
            stmt.kind = StmtKind::Plain(enter);
        }
    }
    Block {
        span: span(node),
        style: BlockStyle::None,
        stmts: found,
    }
}
