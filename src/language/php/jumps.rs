//! `break 2` and `continue 2`: which loop or switch they mean.

use crate::flow::StmtKind;
use crate::lower::{Lowering, descendants};
use crate::tree::Node;

fn is_breakable(kind: &str) -> bool {
    matches!(
        kind,
        "for_statement"
            | "foreach_statement"
            | "while_statement"
            | "do_statement"
            | "switch_statement"
    )
}

fn is_jump(kind: &str) -> bool {
    matches!(kind, "break_statement" | "continue_statement")
}

/// The number behind the keyword.
fn levels(lowering: &Lowering<'_>, jump: Node<'_>) -> usize {
    jump.named_child(0)
        .and_then(|count| lowering.text(count).parse::<usize>().ok())
        .map_or(1, |count| count.max(1))
}

/// The loop or switch that the jump leaves or goes on with. A `switch` counts.
fn target<'t>(lowering: &Lowering<'_>, jump: Node<'t>) -> Option<Node<'t>> {
    let mut left = levels(lowering, jump);
    let mut at = jump;
    while let Some(parent) = at.parent() {
        at = parent;
        if lowering.file.grammar.is_function(at.kind()) {
            return None;
        }
        if is_breakable(at.kind()) {
            left -= 1;
            if left == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The label of a loop or switch, if a jump over more than one level means it.
pub fn label_of(lowering: &Lowering<'_>, breakable: Node<'_>) -> Option<String> {
    let named = descendants(breakable, |_| true)
        .filter(|node| is_jump(node.kind()) && levels(lowering, *node) > 1)
        .any(|jump| target(lowering, jump).map(|node| node.id()) == Some(breakable.id()));
    named.then(|| breakable.start_byte().to_string())
}

/// `break` and `continue`. In a `switch`, `continue` does what `break` does.
pub fn jump(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let Some(target) = target(lowering, node) else {
        lowering.opaque = Some("it jumps out of nothing");
        return None;
    };
    let label = label_of(lowering, target);
    let breaks = node.kind() == "break_statement" || target.kind() == "switch_statement";
    Some(if breaks {
        StmtKind::Break(label)
    } else {
        StmtKind::Continue(label)
    })
}
