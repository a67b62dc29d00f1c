//! Who else is given a lock.

use super::intent::{field, same_lock};
use crate::lower::{File, descendants};
use crate::tree::Node;
use std::cell::RefCell;
use std::collections::HashMap;

/// What is passed, stored or given another name, by its last name.
type Passed<'t> = HashMap<String, Vec<(String, Node<'t>)>>;

/// What is given away below nodes that were asked about: each is searched once, however many locks
/// there are.
#[derive(Debug, Default)]
pub struct Lent<'t> {
    below: RefCell<HashMap<usize, Passed<'t>>>,
}

/// Bytes of an expression that may name a lock.
const LONGEST: usize = 1_000;

impl<'t> Lent<'t> {
    /// Whether somebody else gets the lock itself below `root`. Who has it may free it. A lock that
    /// is a function is taken by calling it, not given.
    pub fn is_lent(&self, file: &File<'_>, root: Node<'t>, lock: &str) -> bool {
        if root.id() == file.root.id() {
            file.hidden.ask(&field(lock));
        }
        let mut below = self.below.borrow_mut();
        let passed = below.entry(root.id()).or_insert_with(|| passed(file, root));
        let known = passed.get(&field(lock)).into_iter().flatten();
        known
            .filter(|(text, _)| same_lock(text, lock))
            .any(|(_, node)| {
                !is_operand(file, *node) && !file.grammar.is_entered(*node, file.source.bytes)
            })
    }
}

fn passed<'t>(file: &File<'_>, root: Node<'t>) -> Passed<'t> {
    let mut passed = Passed::new();
    descendants(root, |_| true)
        .filter(|node| node.byte_range().len() <= LONGEST)
        .filter(|node| file.grammar.passes_on(*node) && !file.grammar.is_callee(*node))
        .for_each(|node| {
            let text = file.normal(node);
            let known = passed.entry(field(&text)).or_default();
            known.push((text, node));
        });
    passed
}

/// Whether the node is what a function of its library is given: `flock($handle, LOCK_UN)`.
fn is_operand(file: &File<'_>, node: Node<'_>) -> bool {
    // The argument, the list of them, the call.
    const LEVELS: usize = 3;
    std::iter::successors(node.parent(), Node::parent)
        .take(LEVELS)
        .filter(|around| file.grammar.may_match(around.kind()))
        .any(|call| {
            file.catalog
                .find(call, file.surroundings(), |_| true)
                .is_some()
        })
}
