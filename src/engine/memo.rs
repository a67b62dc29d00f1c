//! What texts say of names, remembered for those that many files look at: headers, other files of a package.

use crate::language::Language;
use crate::language::names::Names;
use crate::parse::{DEEPEST, too_deep};
use crate::skim::parse_for_names;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of text whose names are remembered. Beyond that all are forgotten.
const MOST_BYTES: usize = 8 << 20;

/// The names of texts, by language and text.
#[derive(Debug, Default)]
pub struct Memo(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// `None`: nothing can be told.
    names: HashMap<(Language, [u8; 32]), Option<Arc<Names>>>,
    bytes: usize,
}

impl Memo {
    /// What a text says of names, bodies of functions left out; `None` when it cannot be read.
    pub fn names(&self, language: Language, text: &[u8]) -> Option<Arc<Names>> {
        let key = (language, Sha256::digest(text).into());
        if let Some(known) = self.known().names.get(&key) {
            return known.clone();
        }
        // Nobody waits for this. Who asks meanwhile finds out the same.
        let grammar = language.grammar();
        let told = parse_for_names(grammar, text)
            .filter(|tree| !too_deep(tree.root_node(), DEEPEST))
            .map(|tree| Arc::new(grammar.names(tree.root_node(), text)));
        let mut known = self.known();
        if known.bytes + text.len() > MOST_BYTES {
            *known = Known::default();
        }
        known.bytes += text.len();
        known.names.insert(key, told.clone());
        told
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_and_the_memo_forgets() {
        let memo = Memo::default();
        let text = b"struct box { std::mutex lid; };".as_slice();
        let first = memo.names(Language::Cpp, text).expect("names");
        let again = memo.names(Language::Cpp, text).expect("names");
        assert!(Arc::ptr_eq(&first, &again));
        let giant = vec![b' '; MOST_BYTES];
        memo.names(Language::Cpp, &giant);
        let anew = memo.names(Language::Cpp, text).expect("names");
        assert!(!Arc::ptr_eq(&first, &anew));
    }
}
