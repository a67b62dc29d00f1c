//! Locks that are freed by the very next statement, which is left to the end of the function: `mu.Lock()` and, on the
//! line below, `defer mu.Unlock()`. Of a function that takes locks in no other way nothing can be found.

use super::scan::is_name;
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// Methods without arguments that take a lock, each with those that free it.
pub type Pairs = HashMap<String, HashSet<String>>;

/// Where the word is that frees the lock which the method `word` takes, if that is done by the next line; `deferral` is
/// what a statement begins with that is left to the end.
pub fn freed_by(text: &[u8], word: Span, pairs: &Pairs, deferral: &str) -> Option<usize> {
    let frees = pairs.get(std::str::from_utf8(text.get(word.start..word.end)?).ok()?)?;
    let before = text[..word.start].strip_suffix(b".")?;
    let start = before.iter().rposition(|byte| !is_part(*byte))? + 1;
    let receiver = &before[start..];
    // Nothing else stands on the line.
    let line = before[..start].iter().rposition(|byte| *byte == b'\n')? + 1;
    if receiver.is_empty() || !before[line..start].trim_ascii().is_empty() {
        return None;
    }
    let behind = ends_line(text[word.end..].strip_prefix(b"()")?)?;
    let method = behind
        .trim_ascii_start()
        .strip_prefix(deferral.as_bytes())?
        .strip_prefix(receiver)?
        .strip_prefix(b".")?;
    let length = method.iter().take_while(|byte| is_name(**byte)).count();
    let name = std::str::from_utf8(&method[..length]).ok()?;
    ends_line(method[length..].strip_prefix(b"()")?)?;
    frees.contains(name).then_some(text.len() - method.len())
}

/// The lines behind this one, if nothing but its end stands here.
fn ends_line(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b"\n")
        .or_else(|| rest.strip_prefix(b"\r\n"))
}

fn is_part(byte: u8) -> bool {
    is_name(byte) || byte == b'.'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freed(text: &str) -> bool {
        let pairs = [("Lock", "Unlock"), ("RLock", "RUnlock")];
        let pairs: Pairs = pairs
            .into_iter()
            .map(|(takes, frees)| (takes.to_owned(), HashSet::from([frees.to_owned()])))
            .collect();
        let start = text.find("Lock").expect("a word");
        let start = start - usize::from(text[..start].ends_with('R'));
        let end = text[start..].find('(').expect("a call") + start;
        let found = freed_by(text.as_bytes(), Span::new(start, end), &pairs, "defer ");
        if let Some(at) = found {
            assert!(text[at..].starts_with("Unlock") || text[at..].starts_with("RUnlock"));
        }
        found.is_some()
    }

    #[test]
    fn the_next_line_frees_the_same_lock() {
        for text in [
            "{\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n",
            "{\r\n  mu.RLock()\r\n  defer mu.RUnlock()\r\n",
        ] {
            assert!(freed(text), "{text}");
        }
        for text in [
            "{\n\ts.mu.Lock()\n\tdefer t.mu.Unlock()\n",
            "{\n\ts.mu.Lock()\n\tdefer s.mu.Unlock(1)\n",
            "{\n\ts.mu.Lock()\n\ts.mu.Unlock()\n",
            "{\n\ts.mu.Lock()\n\twork()\n\tdefer s.mu.Unlock()\n",
            "{\n\ts.mu.Lock()\n\tdefer s.mu.Unlock(); work()\n",
            "{\n\ts.mu.RLock()\n\tdefer s.mu.Unlock()\n",
            "{\n\tx := s.mu.Lock()\n\tdefer s.mu.Unlock()\n",
            "{\n\tif s { s.mu.Lock()\n\tdefer s.mu.Unlock()\n",
            "{\n\ts.mu(1).Lock()\n\tdefer s.mu(1).Unlock()\n",
            "{\n\tdefer s.mu.Lock()\n\tdefer s.mu.Unlock()\n",
        ] {
            assert!(!freed(text), "{text}");
        }
    }
}
