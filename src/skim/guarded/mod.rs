//! Locks that are freed on whatever way they are left, as far as the text shows that without a parse: of a function that
//! takes locks in no other way nothing can be found.

pub(super) mod deferred;
pub(super) mod finally;
pub(super) mod straight;

use super::scan::is_name;
use crate::source::Span;
use memchr::memmem;
use std::collections::{HashMap, HashSet};

/// What a catalogue tells of methods without arguments.
#[derive(Debug, Default)]
pub struct Pairs {
    /// Methods that take a lock, whichever lock it is, each with those that free it.
    pub frees: HashMap<String, HashSet<String>>,
    /// Methods that give the lock which is taken: `readLock()`.
    pub views: HashSet<String>,
}

impl Pairs {
    /// The methods that free what the method at `word` takes.
    fn of(&self, text: &[u8], word: Span) -> Option<&HashSet<String>> {
        let method = std::str::from_utf8(text.get(word.start..word.end)?).ok()?;
        self.frees.get(method).filter(|frees| !frees.is_empty())
    }

    /// The call at the start of `rest` that frees what was taken of `receiver`: where its method stands in there, and
    /// what stands behind the call.
    fn freeing<'t>(
        rest: &'t [u8],
        receiver: &[u8],
        frees: &HashSet<String>,
    ) -> Option<(Span, &'t [u8])> {
        let method = rest.strip_prefix(receiver)?.strip_prefix(b".")?;
        let start = rest.len() - method.len();
        let length = method.iter().take_while(|byte| is_name(**byte)).count();
        let name = std::str::from_utf8(&method[..length]).ok()?;
        let behind = method[length..].strip_prefix(b"()")?;
        let word = Span::new(start, start + length);
        frees.contains(name).then_some((word, behind))
    }
}

/// The names with dots between them that end where the text does.
fn path_before(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| is_name(*byte) || *byte == b'.';
    let start = text.iter().rposition(|byte| !is_part(byte));
    &text[start.map_or(0, |at| at + 1)..]
}

/// What a call that is all of its line is made on: `s.mu` of `s.mu.Lock()`.
fn alone_on_its_line(text: &[u8], word: Span) -> Option<&[u8]> {
    let before = text[..word.start].strip_suffix(b".")?;
    let receiver = path_before(before);
    let start = before.len() - receiver.len();
    let line = before[..start].iter().rposition(|byte| *byte == b'\n')? + 1;
    let alone = before[line..start].trim_ascii().is_empty();
    (alone && !receiver.is_empty()).then_some(receiver)
}

/// The lines behind this one, if nothing but its end stands here.
fn ends_line(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b"\n")
        .or_else(|| rest.strip_prefix(b"\r\n"))
}

/// Whether one of the names that `receiver` is made of may be given another value in the text. Says yes when in doubt.
fn may_change(receiver: &[u8], text: &[u8]) -> bool {
    let mut names = receiver.split(|byte| !is_name(*byte));
    names.any(|name| {
        if matches!(name, b"" | b"this") {
            return false;
        }
        memmem::find_iter(text, name).any(|at| {
            let end = at + name.len();
            let behind = text[end..].trim_ascii_start();
            let assigned = match behind {
                [b'=', second, ..] => *second != b'=',
                [b':', b'=', ..] | [b',', ..] => true,
                _ => false,
            };
            assigned && super::is_whole_word(text, at, end)
        })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn pairs() -> Pairs {
        let methods = [("Lock", "Unlock"), ("RLock", "RUnlock"), ("lock", "unlock")];
        let frees =
            methods.map(|(takes, frees)| (takes.to_owned(), HashSet::from([frees.to_owned()])));
        Pairs {
            frees: HashMap::from(frees),
            views: HashSet::from(["readLock".to_owned()]),
        }
    }

    #[test]
    fn a_receiver_changes_where_one_of_its_names_is_assigned() {
        for text in ["s = t", "mu=x", "s, ok := f()", "t.s := 1"] {
            assert!(may_change(b"s.mu", text.as_bytes()), "{text}");
        }
        for text in ["s.count = 1", "if s == t {", "mus = 1", "x := s.mu.n"] {
            assert!(!may_change(b"s.mu", text.as_bytes()), "{text}");
        }
    }
}
