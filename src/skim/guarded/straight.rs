//! Locks that are freed a few lines further down, with nothing in between by which these lines could be left: no call
//! that may throw, no jump.

use super::{Pairs, alone_on_its_line, ends_line, may_change, path_before};
use crate::skim::scan::is_name;
use crate::source::Span;
use std::collections::HashSet;

/// Words by which code is left, or at which other code begins.
const LEAVING: [&[u8]; 9] = [
    b"return",
    b"break",
    b"continue",
    b"goto",
    b"fallthrough",
    b"func",
    b"go",
    b"defer",
    b"select",
];

/// Where the word is that frees the lock which the method `word` takes, if that is sure to come next; calls of `quiet`
/// neither throw nor end the function.
pub fn freed_by(text: &[u8], word: Span, pairs: &Pairs, quiet: &HashSet<&str>) -> Option<usize> {
    let frees = pairs.of(text, word)?;
    let receiver = alone_on_its_line(text, word)?;
    let behind = text[word.end..].strip_prefix(b"()")?;
    ends_line(behind)?;
    let mut walk = Walk {
        text,
        at: text.len() - behind.len(),
        depth: 0,
    };
    let first = walk.at;
    loop {
        let line_ends = text.get(walk.at) == Some(&b'\n');
        if line_ends && walk.depth == 0 {
            let next = text[walk.at..].trim_ascii_start();
            if let Some((method, rest)) = Pairs::freeing(next, receiver, frees)
                && ends_line(rest).is_some()
            {
                let at = text.len() - next.len() + method.start;
                return (!may_change(receiver, &text[first..at])).then_some(at);
            }
        }
        walk.step(quiet)?;
    }
}

/// A walk over code of Go that cannot be left.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    /// Blocks that were opened on the way.
    depth: usize,
}

impl Walk<'_> {
    /// One step on; `None` where the code may be left, or is not understood.
    fn step(&mut self, quiet: &HashSet<&str>) -> Option<()> {
        let rest = &self.text[self.at..];
        match *rest.first()? {
            b'{' => self.depth += 1,
            b'}' => self.depth = self.depth.checked_sub(1)?,
            b'(' => self.opens(quiet)?,
            b'`' => return None,
            b'/' if rest.starts_with(b"/*") => return None,
            b'/' if rest.starts_with(b"//") => {
                self.at += memchr::memchr(b'\n', rest)?;
                return Some(());
            }
            quote @ (b'"' | b'\'') => {
                self.at += 1 + length_inside(&rest[1..], quote)?;
                return Some(());
            }
            byte if is_name(byte) => return self.word(),
            _ => {}
        }
        self.at += 1;
        Some(())
    }

    /// Parentheses: around a part of an expression, or around the arguments of a call.
    fn opens(&self, quiet: &HashSet<&str>) -> Option<()> {
        let before = &self.text[..self.at];
        let callee = path_before(before);
        if !callee.is_empty() {
            let callee = std::str::from_utf8(callee).ok()?;
            return quiet.contains(callee).then_some(());
        }
        let of_value = before.trim_ascii_end().last()?;
        (!is_name(*of_value) && !b")]}.".contains(of_value)).then_some(())
    }

    fn word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| is_name(**byte)).count();
        let (word, behind) = rest.split_at(length);
        let line = &behind[..memchr::memchr(b'\n', behind)?];
        let ends = match word {
            // It comes to an end.
            b"for" => !line
                .split(|byte| !is_name(*byte))
                .any(|word| word == b"range"),
            b"case" | b"default" => self.depth == 0,
            _ => LEAVING.contains(&word),
        };
        self.at += length;
        (!ends).then_some(())
    }
}

/// How long the inside of a string on one line is, with its end.
fn length_inside(inside: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match *inside.get(at)? {
            b'\\' => at += 2,
            b'\n' => return None,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skim::guarded::tests::pairs;

    fn is_freed(between: &str) -> bool {
        let text = format!("func f() {{\n\ts.mu.Lock()\n{between}\ts.mu.Unlock()\n}}\n");
        let start = text.find("Lock").expect("a word");
        let quiet = HashSet::from(["len", "time.Now"]);
        let found = freed_by(
            text.as_bytes(),
            Span::new(start, start + 4),
            &pairs(),
            &quiet,
        );
        if let Some(at) = found {
            assert_eq!(text[at..].trim_end(), "Unlock()\n}");
        }
        found.is_some()
    }

    #[test]
    fn what_cannot_be_left_is_freed() {
        for between in [
            "",
            "\tx := s.n // not (this) one: return\n",
            "\ts.n = len(s.all) + (1 + x)*2\n",
            "\ts.at = time.Now()\n",
            "\tif s.n > 1 {\n\t\ts.text = \"}(\\\"\"\n\t} else {\n\t\ts.c = '{'\n\t}\n",
            "\tfor _, one := range s.all {\n\t\ts.sum += one\n\t}\n",
            "\tswitch s.n {\n\tcase 1:\n\t\ts.n = 2\n\tdefault:\n\t\ts.n = 3\n\t}\n",
            "\tx := <-s.all\n\ts.m = map[string]int{}\n",
        ] {
            assert!(is_freed(between), "{between}");
        }
    }

    #[test]
    fn what_may_be_left_is_not() {
        for between in [
            "\twork()\n",
            "\tx.len(1)\n",
            "\tx := y.(T)\n",
            "\tx := T(1)(2)\n",
            "\tif s.n > 1 {\n\t\treturn\n\t}\n",
            "\tfor {\n\t}\n",
            "\tfor s.n > 1 {\n\t}\n",
            "\tgo (s.work)\n",
            "\t}\n\tif s.n {\n",
            "\tcase 2:\n",
            "\tx := `\n",
            "\t/* x */\n",
            "\ts = t\n",
            "\tx, mu := y, z\n",
            "\ts.mu.Lock()\n",
        ] {
            assert!(!is_freed(between), "{between}");
        }
    }
}
