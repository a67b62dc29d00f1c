//! What receivers are, remembered: each call that may take or free a lock is held against many patterns, by
//! several stages.

use super::Surroundings;
use super::pattern::normal;
use crate::language::names::TypeRef;
use crate::tree::Node;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// What a receiver says of itself.
#[derive(Debug)]
pub struct Receiver {
    /// Its text without blanks and what else does not matter.
    pub name: String,
    /// Its type, by its own syntax or by its name.
    pub class: Option<TypeRef>,
    /// Whether some library knows that type.
    pub(super) is_known: OnceCell<bool>,
}

/// The receivers of one tree by node. Begins empty.
#[derive(Debug, Default)]
pub struct Receivers(RefCell<FxHashMap<usize, Rc<Receiver>>>);

impl Receivers {
    /// What `node` says of itself.
    pub(super) fn of(&self, node: Node<'_>, at: Surroundings<'_>) -> Rc<Receiver> {
        let known = self.0.borrow().get(&node.id()).cloned();
        known.unwrap_or_else(|| {
            let name = normal(node, at.text);
            let class = at.grammar.type_of(node, at).or_else(|| {
                let declared = at.names.type_at(&name, node.start_byte());
                declared.cloned()
            });
            let receiver = Rc::new(Receiver {
                name,
                class,
                is_known: OnceCell::new(),
            });
            let mut known = self.0.borrow_mut();
            known.insert(node.id(), Rc::clone(&receiver));
            receiver
        })
    }
}
