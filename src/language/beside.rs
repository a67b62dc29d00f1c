//! What stands beside a text: the headers that it includes, the other files of its package.

use super::Language;
use super::names::Names;
use crate::parse::{DEEPEST, too_deep};
use crate::skim::parse_for_names;
use crate::tree::{Node, Tree};
use std::cell::LazyCell;

/// A text and its tree.
struct Parsed {
    text: Vec<u8>,
    tree: Tree,
}

/// What the engine is told of a text's surroundings.
pub struct Beside {
    /// What the headers that the text includes say of names.
    pub headers: Names,
    rest: LazyCell<Vec<Parsed>, Box<dyn FnOnce() -> Vec<Parsed>>>,
}

impl Default for Beside {
    fn default() -> Self {
        Beside::new(Language::C, Names::default(), Vec::new)
    }
}

impl Beside {
    /// `read` gives the texts of the other files of the package. It is called only if a fix needs
    /// more than the text itself tells.
    pub fn new(
        language: Language,
        headers: Names,
        read: impl FnOnce() -> Vec<Vec<u8>> + 'static,
    ) -> Beside {
        let parsed = move || {
            let texts = read().into_iter();
            texts
                .filter_map(|text| {
                    let tree = parse_for_names(language.grammar(), &text)
                        .filter(|tree| !too_deep(tree.root_node(), DEEPEST))?;
                    Some(Parsed { text, tree })
                })
                .collect()
        };
        Beside {
            headers,
            rest: LazyCell::new(Box::new(parsed)),
        }
    }

    /// The other files of the package, read by now.
    pub fn rest_of_package(&self) -> Vec<(Node<'_>, &[u8])> {
        self.rest
            .iter()
            .map(|one| (one.tree.root_node(), one.text.as_slice()))
            .collect()
    }
}
