//! Whether a text can hold a lock at all: one pass over its bytes, no parse.

use crate::catalog::Need;
use aho_corasick::{AhoCorasick, BuildError, Input, Match, MatchKind, packed};
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;
use std::ops::{ControlFlow, Range};

/// The search for the words of a catalogue.
#[derive(Debug)]
pub struct Prefilter {
    /// Pieces of the words, one of which each word contains: few enough for a search by vectors.
    pieces: Pieces,
    /// By word: the needs of whose calls it is one.
    of_call: FxHashMap<Vec<u8>, Vec<usize>>,
    /// By need: the modules one of which has to be mentioned, each as the parts that spell it; none: nothing in
    /// particular.
    modules: Vec<Vec<Vec<usize>>>,
    /// What modules are spelled of.
    parts: Vec<Finder<'static>>,
    /// Needs without calls.
    wordless: Vec<usize>,
}

/// Bytes of a piece, where its words have as many. What is shorter is met too often, what is longer is shared by
/// fewer words.
const PIECE: usize = 4;

impl Prefilter {
    /// Prepares the search for `needs`.
    ///
    /// # Errors
    /// When the words are too many for one automaton.
    pub fn new(needs: &[Need]) -> Result<Prefilter, BuildError> {
        let mut of_call: FxHashMap<Vec<u8>, Vec<usize>> = FxHashMap::default();
        let mut numbers: FxHashMap<&str, usize> = FxHashMap::default();
        let mut parts = Vec::new();
        let mut modules = Vec::new();
        for (index, need) in needs.iter().enumerate() {
            for word in &need.calls {
                let of_word = of_call.entry(word.as_bytes().to_vec()).or_default();
                of_word.push(index);
            }
            let spelled = need.modules.iter().map(|module| {
                let spelled = module.iter().map(|part| {
                    *numbers.entry(part).or_insert_with(|| {
                        parts.push(Finder::new(part.as_bytes()).into_owned());
                        parts.len() - 1
                    })
                });
                spelled.collect()
            });
            modules.push(spelled.collect());
        }
        Ok(Prefilter {
            pieces: Pieces::new(&pieces(of_call.keys()))?,
            of_call,
            modules,
            parts,
            wordless: (0..needs.len())
                .filter(|need| needs[*need].calls.is_empty())
                .collect(),
        })
    }

    /// Whether some need is met. Says yes when in doubt.
    pub fn passes(&self, text: &[u8]) -> bool {
        self.search(text, |_| ControlFlow::Break(())).is_break()
    }

    /// Which needs are met, in their order.
    pub fn met(&self, text: &[u8]) -> Vec<bool> {
        let mut met = vec![false; self.modules.len()];
        let _ = self.search(text, |need| {
            met[need] = true;
            ControlFlow::Continue(())
        });
        met
    }

    /// Tells of each need that is met, until that is enough.
    fn search(
        &self,
        text: &[u8],
        mut tell: impl FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut mentions = Mentions {
            text,
            known: Vec::new(),
        };
        let mut seen: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(found) = self.pieces.find(text, at) {
            let name = name_around(text, found.range(), is_part_of_name);
            at = name.end;
            let known =
                |name: Range<usize>| Some((self.of_call.get(&text[name.clone()])?, name.end));
            // What is not ASCII may be a part of a name as well as a space in front of it.
            let is_part = |byte| is_part_of_name(byte) || !byte.is_ascii();
            let whole = || known(name_around(text, found.range(), is_part));
            let Some((needs, end)) = known(name).or_else(whole) else {
                continue;
            };
            if !is_call(&text[end..]) {
                continue;
            }
            for need in needs {
                if seen.contains(need) {
                    continue;
                }
                seen.push(*need);
                if self.mentioned(*need, &mut mentions) {
                    tell(*need)?;
                }
            }
        }
        for need in &self.wordless {
            if self.mentioned(*need, &mut mentions) {
                tell(*need)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn mentioned(&self, need: usize, mentions: &mut Mentions<'_>) -> bool {
        let modules = &self.modules[need];
        let spelled = |parts: &Vec<usize>| {
            let mut parts = parts.iter();
            parts.all(|part| mentions.holds(&self.parts, *part))
        };
        modules.is_empty() || modules.iter().any(spelled)
    }
}

/// The search for pieces.
#[derive(Debug)]
enum Pieces {
    ByVectors(packed::Searcher),
    /// For processors without, and for too many.
    Automaton(AhoCorasick),
}

impl Pieces {
    fn new(pieces: &[&[u8]]) -> Result<Pieces, BuildError> {
        let by_vectors = packed::Builder::new().extend(pieces).build();
        by_vectors.map(Pieces::ByVectors).map_or_else(
            || {
                let mut builder = AhoCorasick::builder();
                let builder = builder.match_kind(MatchKind::LeftmostFirst);
                builder.build(pieces).map(Pieces::Automaton)
            },
            Ok,
        )
    }

    /// The first piece from `at` on.
    fn find(&self, text: &[u8], at: usize) -> Option<Match> {
        match self {
            Pieces::ByVectors(search) => search.find_in(text, (at..text.len()).into()),
            Pieces::Automaton(search) => search.find(Input::new(text).range(at..)),
        }
    }
}

/// Which parts of modules a text holds, as far as it was asked.
struct Mentions<'t> {
    text: &'t [u8],
    known: Vec<Option<bool>>,
}

impl Mentions<'_> {
    fn holds(&mut self, parts: &[Finder<'static>], part: usize) -> bool {
        self.known.resize(parts.len(), None);
        *self.known[part].get_or_insert_with(|| parts[part].find(self.text).is_some())
    }
}

/// Pieces one of which each word contains: again and again the one that most of the words left have.
fn pieces<'w>(words: impl Iterator<Item = &'w Vec<u8>>) -> Vec<&'w [u8]> {
    let of = |word: &'w Vec<u8>| word.windows(PIECE.min(word.len()).max(1));
    let mut left: Vec<&Vec<u8>> = words.collect();
    let mut counts: FxHashMap<&[u8], usize> = FxHashMap::default();
    for piece in left.iter().copied().flat_map(of) {
        *counts.entry(piece).or_default() += 1;
    }
    let mut pieces = Vec::new();
    // Which of several is taken must not depend on the table.
    while let Some((piece, _)) = counts
        .iter()
        .max_by_key(|(piece, count)| (**count, **piece))
    {
        let piece = *piece;
        pieces.push(piece);
        left.retain(|word| {
            let has = of(word).any(|own| own == piece);
            for own in of(word).filter(|_| has) {
                if let Some(count) = counts.get_mut(own) {
                    *count -= 1;
                }
            }
            !has
        });
        counts.retain(|_, count| *count > 0);
    }
    pieces
}

/// The name of which the piece is a part.
fn name_around(text: &[u8], piece: Range<usize>, is_part: impl Fn(u8) -> bool) -> Range<usize> {
    let before = text[..piece.start].iter().rev();
    let start = piece.start - before.take_while(|byte| is_part(**byte)).count();
    let behind = text[piece.end..].iter();
    start..piece.end + behind.take_while(|byte| is_part(**byte)).count()
}

fn is_part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Whether the name in front of `rest` has a parenthesis behind it, or is given another name.
fn is_call(rest: &[u8]) -> bool {
    let called = rest
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        // A comment in between, a type argument or an optional call: not worth a miss.
        .is_some_and(|byte| matches!(byte, b'(' | b'/' | b'#' | b'<' | b'?' | b'\\'));
    called || is_renamed(rest)
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
            modules: modules
                .iter()
                .map(|module| module.split('.').map(str::to_owned).collect())
                .collect(),
        };
        Prefilter::new(&[
            need(&["acquire", "lock"], &["async-mutex"]),
            need(&["lockRead", "größe"], &[]),
            need(&["get", "orElse"], &["net.locks"]),
            need(&[], &["mutexify"]),
        ])
        .expect("four needs")
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
        assert!(prefilter.passes(b"import net.locks; x.get()"));
        assert!(prefilter.passes(b"from net import locks\nx.get()"));
        assert!(!prefilter.passes(b"import net.wires; x.get()"));
    }

    #[test]
    fn each_need_is_told_apart() {
        let text = b"import net.locks; x.lockRead(); x.get(); m.acquire()";
        assert_eq!(prefilter().met(text), [false, true, true, false]);
    }

    #[test]
    fn a_word_is_a_whole_name() {
        let prefilter = prefilter();
        for text in [
            "clockRead()",
            "lockReads()",
            "$lockRead()",
            "lockRead_()",
            "lockRead = 1",
            "lockLockRead()",
        ] {
            assert!(!prefilter.passes(text.as_bytes()), "{text}");
        }
        for text in [
            "lockRead()",
            "\u{feff}lockRead ()",
            "blockRead(lockRead())",
            "x->lockRead/**/()",
        ] {
            assert!(prefilter.passes(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn every_word_has_a_piece() {
        let words = ["lock", "tryLock", "get", "a", "try_lock", "mutex_lock"];
        let words = words.map(|word| word.as_bytes().to_vec());
        let found = pieces(words.iter());
        assert_eq!(found.len(), 4, "{found:?}");
        for word in &words {
            assert!(
                found
                    .iter()
                    .any(|piece| memchr::memmem::find(word, piece).is_some())
            );
        }
    }
}
