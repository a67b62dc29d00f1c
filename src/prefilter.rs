//! Whether a text can hold a lock at all: one pass over its bytes, no parse.

use crate::catalog::Need;
use aho_corasick::{AhoCorasick, BuildError};
use std::collections::HashMap;

/// The search for the words of a catalogue.
#[derive(Debug)]
pub struct Prefilter {
    search: AhoCorasick,
    /// By pattern: the needs of whose calls (modules) it is one.
    calls: Vec<Vec<usize>>,
    modules: Vec<Vec<usize>>,
    needs: Vec<Need>,
}

impl Prefilter {
    /// Prepares the search for `needs`.
    ///
    /// # Errors
    /// When the words are too many for one automaton.
    pub fn new(needs: Vec<Need>) -> Result<Prefilter, BuildError> {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut words: Vec<&str> = Vec::new();
        for word in needs
            .iter()
            .flat_map(|need| need.calls.iter().chain(&need.modules))
        {
            numbers.entry(word).or_insert_with(|| {
                words.push(word);
                words.len() - 1
            });
        }
        let search = AhoCorasick::new(&words)?;
        let mut calls = vec![Vec::new(); words.len()];
        let mut modules = vec![Vec::new(); words.len()];
        for (index, need) in needs.iter().enumerate() {
            for word in &need.calls {
                calls[numbers[word.as_str()]].push(index);
            }
            for word in &need.modules {
                modules[numbers[word.as_str()]].push(index);
            }
        }
        Ok(Prefilter {
            search,
            calls,
            modules,
            needs,
        })
    }

    /// Whether some need is met. Says yes when in doubt.
    pub fn passes(&self, text: &[u8]) -> bool {
        let mut called: Vec<bool> = self
            .needs
            .iter()
            .map(|need| need.calls.is_empty())
            .collect();
        let mut mentioned: Vec<bool> = self
            .needs
            .iter()
            .map(|need| need.modules.is_empty())
            .collect();
        let met = |needs: &[usize], own: &mut Vec<bool>, other: &[bool]| {
            needs.iter().any(|need| {
                own[*need] = true;
                other[*need]
            })
        };
        for found in self.search.find_overlapping_iter(text) {
            let word = found.pattern().as_usize();
            let modules = &self.modules[word];
            if !modules.is_empty() && met(modules, &mut mentioned, &called) {
                return true;
            }
            let calls = &self.calls[word];
            if !calls.is_empty()
                && is_call(text, found.start(), found.end())
                && met(calls, &mut called, &mentioned)
            {
                return true;
            }
        }
        false
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
