//! What texts say of names, remembered for those that many files look at: headers, other files of a package.

use crate::language::Language;
use crate::language::beside::{Declared, Reader};
use crate::language::names::Names;
use crate::parse::{DEEPEST, too_deep};
use crate::skim::{self, Pairs, Skimmer, parse_for_names};
use crate::source::Span;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Bytes of text whose names are remembered. Beyond that all are forgotten.
const MOST_BYTES: usize = 8 << 20;

/// The names of texts, by language and text.
#[derive(Debug, Default)]
pub struct Memo {
    known: Mutex<Known>,
    /// By language: the search for bodies that tell nothing of names.
    skimmers: [OnceLock<Option<Skimmer>>; Language::ALL.len()],
}

/// A memo for texts of one language.
pub struct Reading {
    pub memo: Arc<Memo>,
    pub language: Language,
}

impl Reader for Reading {
    fn declared(&self, text: &[u8]) -> Vec<Declared> {
        let bodies = self.memo.silent_bodies(self.language, text);
        let grammar = self.language.grammar();
        grammar.declared(&skim::without(text, &bodies))
    }

    fn names(&self, text: &[u8]) -> Option<Arc<Names>> {
        self.memo.names(self.language, text)
    }
}

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
        let bodies = self.silent_bodies(language, text);
        let told = parse_for_names(grammar, text, &bodies)
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

    /// Bodies of functions that tell nothing of names.
    fn silent_bodies(&self, language: Language, text: &[u8]) -> Vec<Span> {
        let Some(lexis) = language.grammar().lexis() else {
            return Vec::new();
        };
        let index = Language::ALL.iter().position(|known| *known == language);
        let skimmer = self.skimmers[index.unwrap_or_default()]
            .get_or_init(|| Skimmer::new(lexis, Vec::new(), Pairs::default()).ok());
        let skim = |skimmer: &Skimmer| skimmer.skim(lexis, text, &[]);
        let skimmed = skimmer.as_ref().map(skim);
        skimmed.map(|skimmed| skimmed.bodies).unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
