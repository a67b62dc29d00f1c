//! Short lists, of which states have many and change few.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A list that copies share until one of them is changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Few<T>(Rc<Vec<T>>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(Rc::new(Vec::new()))
    }
}

impl<T> Deref for Few<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T: Clone> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        Rc::make_mut(&mut self.0)
    }
}

impl<T: Clone> Few<T> {
    /// Takes out what the test holds of.
    pub fn remove_where(&mut self, test: impl Fn(&T) -> bool) {
        if self.iter().any(&test) {
            self.retain(|one| !test(one));
        }
    }
}
