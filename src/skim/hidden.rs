//! What was left out of a parse, and what an analysis asks of it.

use super::is_whole_word;
use super::scan::is_name;
use crate::source::Span;
use memchr::memmem;
use std::cell::{Cell, RefCell};

/// What may be asked of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Whether it is there.
    Word,
    /// Whether it is called.
    Call,
    /// Whether a type without a name has a field of this name.
    Field,
}

/// What was left out of a parse.
#[derive(Debug, Default)]
pub struct Hidden<'a> {
    text: &'a [u8],
    bodies: Vec<Span>,
    /// What was asked for and is in there.
    missed: RefCell<Vec<(String, Asked)>>,
    /// How often something was asked for.
    asked: Cell<usize>,
}

impl<'a> Hidden<'a> {
    /// Nothing was asked for yet of the bodies of `text`.
    pub fn new(text: &'a [u8], bodies: Vec<Span>) -> Hidden<'a> {
        Hidden {
            text,
            bodies,
            missed: RefCell::default(),
            asked: Cell::default(),
        }
    }

    /// The bodies that were left out.
    pub fn bodies(&self) -> &[Span] {
        &self.bodies
    }

    /// Notes that the analysis depends on whether the word stands somewhere in the file.
    pub fn ask(&self, word: &str) {
        self.ask_of(word, Asked::Word);
    }

    /// Notes that the analysis depends on whether something of this name is called somewhere in the file.
    pub fn ask_call(&self, name: &str) {
        self.ask_of(name, Asked::Call);
    }

    /// Notes that the analysis depends on which types without a name have a field of this name.
    pub fn ask_field(&self, name: &str) {
        self.ask_of(name, Asked::Field);
    }

    /// What may be called in the bodies, each with the body.
    pub fn calls(&self) -> impl Iterator<Item = (&'a [u8], Span)> {
        let text = self.text;
        self.bodies.iter().flat_map(move |body| {
            let inside = &text[body.start..body.end];
            let names = inside.chunk_by(|one, next| is_name(*one) == is_name(*next));
            let mut end = 0;
            names.filter_map(move |name| {
                end += name.len();
                (is_name(name[0]) && is_called(&inside[end..])).then_some((name, *body))
            })
        })
    }

    /// How often something was asked for by now.
    pub fn asked(&self) -> usize {
        self.asked.get()
    }

    fn ask_of(&self, word: &str, asked: Asked) {
        self.asked.set(self.asked.get() + 1);
        let known = |missed: &(String, Asked)| missed.0 == word && missed.1 == asked;
        if !self.missed.borrow().iter().any(known)
            && self
                .bodies
                .iter()
                .any(|body| self.holds(*body, word, asked))
        {
            self.missed.borrow_mut().push((word.to_owned(), asked));
        }
    }

    /// Whether something was asked for that is hidden: what is made of the tree will not be used.
    pub fn is_missed(&self) -> bool {
        !self.missed.borrow().is_empty()
    }

    fn holds(&self, body: Span, word: &str, asked: Asked) -> bool {
        let text = &self.text[body.start..body.end];
        if asked == Asked::Field && memmem::find(text, b"struct").is_none() {
            return false;
        }
        word.is_empty()
            || memmem::find_iter(text, word.as_bytes()).any(|at| {
                let (before, behind) = (&text[..at], &text[at + word.len()..]);
                is_whole_word(text, at, at + word.len())
                    && match asked {
                        Asked::Word => true,
                        Asked::Call => is_called(behind),
                        Asked::Field => may_be_field(before, behind),
                    }
            })
    }

    /// The bodies that may still be left out after what was asked; `None` when nothing was missed.
    pub fn without_missed(&self) -> Option<Vec<Span>> {
        let missed = self.missed.borrow();
        if missed.is_empty() {
            return None;
        }
        let asked = |body: &Span| {
            let mut missed = missed.iter();
            missed.any(|(word, asked)| self.holds(*body, word, *asked))
        };
        let kept = self.bodies.iter().filter(|body| !asked(body));
        Some(kept.copied().collect())
    }
}

/// Whether a name in front of `behind` is that of a call.
fn is_called(behind: &[u8]) -> bool {
    // A type argument, an optional call or a comment may stand in between.
    let first = behind.trim_ascii_start().first();
    first.is_some_and(|byte| b"([<?/".contains(byte))
}

/// Whether a name may be that of a field of a struct type of Go: `a, b int`, `sync.Mutex`. Says yes when in doubt.
fn may_be_field(before: &[u8], behind: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let before = before[line..].trim_ascii();
    let line = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
    let behind = behind[..line].trim_ascii();
    let first = behind.first();
    let ends = first.is_none_or(|byte| b"};\"`/".contains(byte));
    match before.last() {
        // It is embedded.
        Some(b'.' | b'*') => ends && !before.contains(&b'='),
        None | Some(b'{' | b';' | b',') => {
            let of_type = |byte: &u8| is_name(*byte) || b"*[(<".contains(byte);
            let is_list = first == Some(&b',') && !assigns(behind);
            ends || is_list || first.is_some_and(of_type)
        }
        Some(_) => false,
    }
}

/// Whether the rest of a line gives something a value: `, err := f()`.
fn assigns(behind: &[u8]) -> bool {
    // What stands in a tag does not count.
    let quoted = behind.iter().position(|byte| b"\"`".contains(byte));
    let code = &behind[..quoted.unwrap_or(behind.len())];
    [":=", " = "]
        .iter()
        .any(|sign| memmem::find(code, sign.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_read_the_next_time() {
        let text = b"f() { one } g() { two }";
        let hidden = Hidden::new(text, vec![Span::new(5, 10), Span::new(17, 22)]);
        hidden.ask("on");
        hidden.ask_call("one");
        assert!(!hidden.is_missed());
        assert_eq!(hidden.without_missed(), None);
        hidden.ask("one");
        assert_eq!(hidden.without_missed(), Some(vec![Span::new(17, 22)]));
    }

    #[test]
    fn only_a_type_without_a_name_has_fields_to_ask_for() {
        let text = b"f() { x.one } g() { struct { one T } }";
        let hidden = Hidden::new(text, vec![Span::new(5, 12), Span::new(19, 37)]);
        hidden.ask_field("two");
        assert!(!hidden.is_missed());
        hidden.ask_field("one");
        assert_eq!(hidden.without_missed(), Some(vec![Span::new(5, 12)]));
    }

    #[test]
    fn a_field_is_told_from_other_names() {
        let found = |line: &str| {
            let at = line.find("one").expect("a name");
            may_be_field(&line.as_bytes()[..at], &line.as_bytes()[at + 3..])
        };
        for line in [
            "\tone int",
            "\tone, two int `a:\"b := c\"`",
            "\ttwo, one *T // ten",
            "x := struct { one []T }{}",
            "\tp.one `tag`",
            "\t*one",
            "\tone",
        ] {
            assert!(found(line), "{line}");
        }
        for line in [
            "\tone: 1,",
            "\tone = 2",
            "\tx.one.f()",
            "\tone, err := f()",
            "\tone.f()",
            "\tf(x.one, 2)",
            "\tx := y.one",
        ] {
            assert!(!found(line), "{line}");
        }
    }
}
