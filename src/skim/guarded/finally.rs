//! Locks that a `try` right behind them frees, first thing in its `finally`.

use super::{Pairs, may_change};
use crate::skim::lexis::without_comments;
use crate::skim::scan::is_name;
use crate::source::Span;

/// A lock that is taken right in front of a `try`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarding {
    /// What the lock is called, and the method behind it.
    receiver: Span,
    word: Span,
    /// Where the block of the `try` begins.
    pub block: usize,
}

/// What follows a block.
#[derive(Debug, PartialEq, Eq)]
pub enum Behind {
    /// A `catch`, whose block begins here.
    Catch(usize),
    /// A `finally`, whose block begins here.
    Finally(usize),
    Other,
}

/// The lock that the method `word` takes, if the next statement is a `try`.
pub fn begins(text: &[u8], word: Span, pairs: &Pairs) -> Option<Guarding> {
    pairs.of(text, word)?;
    let before = text[..word.start].strip_suffix(b".")?;
    let receiver = Span::new(receiver_start(before, pairs)?, before.len());
    if !begins_statement(&text[..receiver.start]) {
        return None;
    }
    let behind = text[word.end..].strip_prefix(b"();")?;
    let at = block_behind(text, text.len() - behind.len(), b"try")?;
    Some(Guarding {
        receiver,
        word,
        block: at,
    })
}

impl Guarding {
    /// The same, where a further clause with a block of its own follows.
    pub fn until(self, block: usize) -> Guarding {
        Guarding { block, ..self }
    }

    /// What takes the lock and what frees it, if the `finally` whose block begins at `block` does so.
    pub fn ends(&self, text: &[u8], block: usize, pairs: &Pairs) -> Option<[Span; 2]> {
        let frees = pairs.of(text, self.word)?;
        let at = code_from(text, block + 1);
        let receiver = &text[self.receiver.start..self.receiver.end];
        let (method, rest) = Pairs::freeing(&text[at..], receiver, frees)?;
        let certain = rest.starts_with(b";") && !may_change(receiver, &text[self.word.end..at]);
        let takes = Span::new(self.receiver.start, self.word.end);
        certain.then_some([takes, Span::new(at, at + method.end)])
    }
}

/// What follows a block that ends in front of `at`.
pub fn behind(text: &[u8], at: usize) -> Behind {
    if let Some(block) = block_behind(text, at, b"finally") {
        return Behind::Finally(block);
    }
    let caught = || {
        let open = code_from(text, word_at(text, at, b"catch")?);
        let inside = text[open..].strip_prefix(b"(")?;
        let close = open + 1 + memchr::memchr(b')', inside)?;
        let block = code_from(text, close + 1);
        (text.get(block) == Some(&b'{')).then_some(block)
    };
    caught().map_or(Behind::Other, Behind::Catch)
}

/// Where the block begins that stands behind `word`, if nothing else comes from `at` on.
fn block_behind(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let block = code_from(text, word_at(text, at, word)?);
    (text.get(block) == Some(&b'{')).then_some(block)
}

/// Where the word ends that comes next from `at` on, if it is this one.
fn word_at(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let start = code_from(text, at);
    let behind = text[start..].strip_prefix(word)?;
    let whole = !behind.first().is_some_and(|byte| is_name(*byte));
    whole.then_some(start + word.len())
}

/// The first byte from `at` on that is neither blank nor of a comment.
fn code_from(text: &[u8], at: usize) -> usize {
    let mut rest = text.get(at..).unwrap_or_default();
    loop {
        rest = rest.trim_ascii_start();
        let end = match rest {
            [b'/', b'/', ..] => memchr::memchr(b'\n', rest),
            [b'/', b'*', ..] => memchr::memmem::find(&rest[2..], b"*/").map(|at| at + 4),
            _ => return text.len() - rest.len(),
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
}

/// Where names with dots between them begin that end where the text does; calls of views may be among them.
fn receiver_start(text: &[u8], pairs: &Pairs) -> Option<usize> {
    let mut rest = text;
    loop {
        let called = rest.strip_suffix(b"()");
        let names = called.unwrap_or(rest);
        let length = names
            .iter()
            .rev()
            .take_while(|byte| is_name(**byte))
            .count();
        let start = names.len() - length;
        let name = std::str::from_utf8(&names[start..]).ok()?;
        if name.is_empty() || called.is_some() && !pairs.views.contains(name) {
            return None;
        }
        match names[..start].strip_suffix(b".") {
            Some(before) => rest = before,
            None => return called.is_none().then_some(start),
        }
    }
}

/// Whether a statement of a block begins behind the text. Says no when in doubt.
fn begins_statement(text: &[u8]) -> bool {
    let before = without_comments(text);
    before.is_some_and(|text| text.last().is_some_and(|byte| b";{}".contains(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skim::guarded::tests::pairs;

    fn begun(text: &str) -> Option<Guarding> {
        let start = text.find(".lock()").expect("a call") + 1;
        begins(text.as_bytes(), Span::new(start, start + 4), &pairs())
    }

    #[test]
    fn a_try_comes_next() {
        for text in [
            "{ this.lock.lock(); try { } }",
            "x(); // first\n  // second\n  /* third */\n  l.lock(); // fourth\n\n  try\n  { } }",
            "} rw.readLock().lock(); try { } }",
        ] {
            let guarding = begun(text).expect(text);
            assert_eq!(guarding.block, text.rfind("{ }").expect("a block"));
        }
        for text in [
            "{ if (x) l.lock(); try { } }",
            "{ else\n l.lock(); try { } }",
            "{ x = l.lock(); try { } }",
            "{ f(\"; // \")\n l.lock(); try { } }",
            "{ l.lock(); try (r) { } }",
            "{ l.lock(); trying { } }",
            "{ l.lock(); work(); try { } }",
            "{ get().lock(); try { } }",
            "{ a.get().l.lock(); try { } }",
            "{ a[0].lock(); try { } }",
        ] {
            assert_eq!(begun(text), None, "{text}");
        }
    }

    #[test]
    fn the_finally_frees_it() {
        let freed = |block: &str, last: &str| {
            let text = format!("{{ l.lock(); try {{ {block} }} finally {{ {last} }} }}");
            let guarding = begun(&text).expect("a try");
            let at = text.rfind(" finally").expect("a word");
            let Behind::Finally(at) = behind(text.as_bytes(), at) else {
                panic!("no finally: {text}");
            };
            let spans = guarding.ends(text.as_bytes(), at, &pairs());
            spans.map(|spans| spans.map(|span| text[span.start..span.end].to_owned()))
        };
        let both = ["l.lock", "l.unlock"].map(str::to_owned);
        assert_eq!(freed("work();", "l.unlock();"), Some(both.clone()));
        assert_eq!(
            freed("if (l == k) { }", "/* x */ l.unlock(); more();"),
            Some(both)
        );
        for (block, last) in [
            ("work();", "more(); l.unlock();"),
            ("work();", "k.unlock();"),
            ("work();", "l.unlock(1);"),
            ("work();", "if (held) l.unlock();"),
            ("l = k;", "l.unlock();"),
        ] {
            assert_eq!(freed(block, last), None, "{block} {last}");
        }
    }

    #[test]
    fn clauses_are_followed() {
        let text = b"} /* x */ catch (A | B e) { } finally { }";
        let Behind::Catch(block) = behind(text, 1) else {
            panic!("no catch");
        };
        assert_eq!(&text[block..block + 3], b"{ }");
        let end = block + 3;
        assert_eq!(behind(text, end), Behind::Finally(text.len() - 3));
        assert_eq!(behind(text, text.len()), Behind::Other);
    }
}
