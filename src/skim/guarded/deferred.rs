//! Locks that are freed by the very next statement, which is left to the end of the function: `mu.Lock()` and, on the
//! line below, `defer mu.Unlock()`.

use super::{Pairs, alone_on_its_line, ends_line};
use crate::source::Span;
use memchr::memmem;

/// Where the word is that frees the lock which the method `word` takes, if that is done by the next line; `deferral` is
/// what a statement begins with that is left to the end.
pub fn freed_by(text: &[u8], word: Span, pairs: &Pairs, deferral: &str) -> Option<usize> {
    let frees = pairs.of(text, word)?;
    let receiver = alone_on_its_line(text, word)?;
    let behind = ends_line(text[word.end..].strip_prefix(b"()")?)?;
    let next = behind
        .trim_ascii_start()
        .strip_prefix(deferral.as_bytes())?;
    let (method, rest) = Pairs::freeing(next, receiver, frees)?;
    ends_line(rest)?;
    Some(text.len() - next.len() + method.start)
}

/// What a bracket around a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// A block that runs at most once when its function does.
    Block,
    /// The body of a function.
    Function,
    /// A loop, or something else.
    Other,
}

/// What opens at `at`, by its line.
pub fn around(text: &[u8], at: usize) -> Around {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let head = text[line..at].trim_ascii();
    if text[at] != b'{' {
        return Around::Other;
    }
    if let Some(function) = memmem::rfind(head, b"func(")
        && !head.starts_with(b"for")
    {
        // Not a function in a condition: `if any(func() bool { … }) {`.
        return match memchr::memchr(b'}', &head[function..]) {
            None => Around::Function,
            Some(_) => Around::Other,
        };
    }
    let begins = |words: &str| head.starts_with(words.as_bytes());
    let is_block = matches!(head, b"" | b"switch" | b"select")
        || ["if ", "} else", "switch "].into_iter().any(begins);
    match is_block {
        true => Around::Block,
        false => Around::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skim::guarded::tests::pairs;

    fn freed(text: &str) -> bool {
        let pairs = pairs();
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

    #[test]
    fn a_block_is_told_by_its_line() {
        let found = |text: &str| around(text.as_bytes(), text.len() - 1);
        for text in [
            "x()\n\t{",
            "if a {",
            "} else if b {",
            "} else {",
            "switch a {",
            "select {",
        ] {
            assert_eq!(found(text), Around::Block, "{text}");
        }
        for text in [
            "go func() {",
            "t.Run(a, func(t *testing.T) {",
            "x := func(a int) error {",
        ] {
            assert_eq!(found(text), Around::Function, "{text}");
        }
        for text in [
            "for {",
            "for _, f := range func() []int {",
            "if any(func() bool { return a }) {",
            "x := []int{",
            "work(",
            "forth {",
        ] {
            assert_eq!(found(text), Around::Other, "{text}");
        }
    }
}
