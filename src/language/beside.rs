//! What stands beside a text: the headers that it includes, the other files of its package.

use super::names::Names;
use crate::engine::Past;
use std::cell::LazyCell;
use std::sync::Arc;

/// What several files say of names.
type Told = Vec<Arc<Names>>;

/// What the engine is told of a text's surroundings.
pub struct Beside {
    /// What the headers that the text includes say of names.
    pub headers: Names,
    /// What was found out of functions when the text was another one.
    pub past: Past,
    rest: LazyCell<Told, Box<dyn FnOnce() -> Told>>,
}

impl Default for Beside {
    fn default() -> Self {
        Beside::new(Names::default(), Vec::new)
    }
}

impl Beside {
    /// `rest` gives what the other files of the package say of names. It is called only if a fix needs
    /// more than the text itself tells.
    pub fn new(headers: Names, rest: impl FnOnce() -> Told + 'static) -> Beside {
        Beside {
            headers,
            past: Past::default(),
            rest: LazyCell::new(Box::new(rest)),
        }
    }

    /// What the other files of the package say of names.
    pub fn rest_of_package(&self) -> &[Arc<Names>] {
        &self.rest
    }
}
