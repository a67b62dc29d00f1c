//! Whether a text can hold a lock at all: one pass over its bytes, no parse.

use crate::catalog::Need;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};
use memchr::memmem::Finder;
use std::collections::HashMap;

/// The search for the words of a catalogue.
#[derive(Debug)]
pub struct Prefilter {
    calls: AhoCorasick,
    /// By word: the needs of whose calls it is one.
    of_call: Vec<Vec<usize>>,
    /// By need: the modules one of which has to be mentioned; none: nothing in particular.
    modules: Vec<Vec<Finder<'static>>>,
    /// Needs without calls.
    wordless: Vec<usize>,
}

impl Prefilter {
    /// Prepares the search for `needs`.
    ///
    /// # Errors
    /// When the words are too many for one automaton.
    pub fn new(needs: Vec<Need>) -> Result<Prefilter, BuildError> {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut words: Vec<&str> = Vec::new();
        let mut of_call: Vec<Vec<usize>> = Vec::new();
        for (index, need) in needs.iter().enumerate() {
            for word in &need.calls {
                let number = *numbers.entry(word).or_insert_with(|| {
                    words.push(word);
                    of_call.push(Vec::new());
                    words.len() - 1
                });
                of_call[number].push(index);
            }
        }
        // Words are names: a whole name that begins where another one does is the longest match there, and
        // no match reaches into it from the front.
        let calls = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)?;
        let modules = needs.iter().map(|need| {
            let modules = need.modules.iter();
            modules
                .map(|module| Finder::new(module.as_bytes()).into_owned())
                .collect()
        });
        Ok(Prefilter {
            calls,
            of_call,
            modules: modules.collect(),
            wordless: (0..needs.len())
                .filter(|need| needs[*need].calls.is_empty())
                .collect(),
        })
    }

    /// Whether some need is met. Says yes when in doubt.
    pub fn passes(&self, text: &[u8]) -> bool {
        let mentioned = |need: usize| {
            let modules = &self.modules[need];
            modules.is_empty() || modules.iter().any(|module| module.find(text).is_some())
        };
        let mut missing: Vec<usize> = Vec::new();
        for found in self.calls.find_iter(text) {
            if !is_call(text, found.start(), found.end()) {
                continue;
            }
            for need in &self.of_call[found.pattern().as_usize()] {
                if missing.contains(need) {
                    continue;
                }
                if mentioned(*need) {
                    return true;
                }
                missing.push(*need);
            }
        }
        self.wordless.iter().any(|need| mentioned(*need))
    }
}

/// Whether the word at `start..end` is a whole name with a parenthesis behind it, or given another
/// name.
fn is_call(text: &[u8], start: usize, end: usize) -> bool {
    let part_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let begins = start == 0 || !part_of_name(&text[start - 1]);
    let called = text[end..]
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        // A comment in between, a type argument or an optional call: not worth a miss.
        .is_some_and(|byte| matches!(byte, b'(' | b'/' | b'#' | b'<' | b'?' | b'\\'));
    begins && (called || is_renamed(&text[end..]))
}

/// Whether what follows a name gives it another one: `lock as l`, `{ lock: l }`.
fn is_renamed(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.starts_with(b":")
        || rest
            .strip_prefix(b"as")
            .is_some_and(|rest| rest.starts_with(b" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefilter() -> Prefilter {
        let need = |calls: &[&str], modules: &[&str]| Need {
            calls: calls.iter().map(|word| (*word).to_owned()).collect(),
            modules: modules.iter().map(|word| (*word).to_owned()).collect(),
        };
        Prefilter::new(vec![
            need(&["acquire", "lock"], &["async-mutex"]),
            need(&["lockRead"], &[]),
            need(&[], &["mutexify"]),
        ])
        .expect("three needs")
    }

    #[test]
    fn a_need_is_a_call_and_a_module() {
        let prefilter = prefilter();
        assert!(prefilter.passes(b"require('async-mutex'); m.acquire()"));
        assert!(prefilter.passes(b"m.acquire /* now */ (); import 'async-mutex'"));
        assert!(!prefilter.passes(b"m.acquire()"));
        assert!(!prefilter.passes(b"require('async-mutex'); clock(); m.acquired"));
        assert!(prefilter.passes(b"import { lock as l } from 'async-mutex'; l()"));
        assert!(prefilter.passes(b"x.lockRead\n()"));
        assert!(prefilter.passes(b"import m from 'mutexify/promise'"));
        assert!(!prefilter.passes(b"lock()"));
    }
}
