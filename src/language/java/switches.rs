//! `switch`, as a statement and as a value.

use super::names::declarators;
use super::statements::{block, stmts_of};
use crate::flow::{Block, BlockStyle, Case, Cond, Event, StmtKind};
use crate::lower::expressions::{choice, events};
use crate::lower::{Lowering, descendants, label, named_children};
use crate::source::Span;
use crate::tree::Node;

/// A `switch` that is a statement.
pub fn statement(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let condition = node.child_by_field_name("condition")?;
    let subject = events(lowering, condition);
    let asked = lowering.file.normal(condition);
    let groups = named_children(node.child_by_field_name("body")?);
    let mut cases = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let (labels, stmts): (Vec<Node<'_>>, Vec<Node<'_>>) = named_children(*group)
            .into_iter()
            .partition(|child| child.kind() == "switch_label");
        let texts: Vec<String> = labels
            .iter()
            .map(|label| lowering.file.normal(*label))
            .collect();
        let test = (!texts.iter().any(|text| text == "default"))
            .then(|| Cond::unknown(Vec::new(), format!("{} of {asked}", texts.join(" "))));
        let arrow = group.kind() == "switch_rule";
        let body = match stmts.as_slice() {
            [only] if arrow => block(lowering, *only),
            _ => {
                let style = if outlives(lowering, &stmts, &groups[index + 1..]) {
                    BlockStyle::None
                } else {
                    BlockStyle::Plain
                };
                Block {
                    span: Span::new(
                        stmts.first().map_or(group.end_byte(), Node::start_byte),
                        group.end_byte(),
                    ),
                    style,
                    stmts: stmts_of(lowering, &stmts),
                }
            }
        };
        cases.push(Case {
            test,
            body,
            falls_through: !arrow,
        });
    }
    Some(StmtKind::Switch {
        subject,
        cases,
        exhaustive: false,
        breakable: true,
    })
}

/// Whether one of the statements declares what a later group of the switch uses.
fn outlives(lowering: &Lowering<'_>, stmts: &[Node<'_>], later: &[Node<'_>]) -> bool {
    let file = lowering.file;
    let declared: Vec<String> = stmts
        .iter()
        .filter(|stmt| stmt.kind() == "local_variable_declaration")
        .flat_map(|stmt| declarators(*stmt))
        .filter_map(|declarator| declarator.child_by_field_name("name"))
        .map(|name| file.normal(name))
        .collect();
    !declared.is_empty()
        && later
            .iter()
            .flat_map(|group| descendants(*group, |_| true))
            .any(|node| node.kind() == "identifier" && declared.contains(&file.normal(node)))
}

/// A `switch` that gives a value. Where it holds statements, it counts as one call: they can neither
/// jump nor return out of it.
pub fn value(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let body = node.child_by_field_name("body");
    let arms: Vec<Node<'_>> = body.map_or_else(Vec::new, named_children);
    let values: Option<Vec<(Node<'_>, Node<'_>)>> =
        arms.iter().map(|arm| value_arm(*arm)).collect();
    let Some(values) = values else {
        let locks = descendants(node, |_| true).any(|node| lowering.table.does(node).is_some());
        if locks {
            lowering.opaque = Some("the statements of a switch expression take or free a lock");
        }
        out.push(lowering.event(node, label::call));
        return;
    };
    if let Some(subject) = node.child_by_field_name("condition") {
        out.extend(events(lowering, subject));
    }
    let subject = node
        .child_by_field_name("condition")
        .map_or_else(String::new, |subject| lowering.file.normal(subject));
    let mut rest: Option<Vec<Event>> = None;
    for (label, value) in values.into_iter().rev() {
        let inside = events(lowering, value);
        rest = Some(match rest {
            None => inside,
            Some(no) => {
                let label = format!("{} of {subject}", lowering.file.normal(label));
                let mut both = Vec::new();
                let test = Cond::unknown(Vec::new(), label);
                choice(node, test, (inside, no), &mut both);
                both
            }
        });
    }
    out.extend(rest.unwrap_or_default());
}

/// The label and the value of `case A -> value;`; `throw` is a value as well.
fn value_arm(arm: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let parts = named_children(arm);
    match (arm.kind(), parts.as_slice()) {
        ("switch_rule", [label, value]) if value.kind() == "expression_statement" => {
            Some((*label, *value))
        }
        _ => None,
    }
}
