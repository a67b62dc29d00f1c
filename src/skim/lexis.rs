//! What skimming has to know of a language: where its comments and strings are, and what the bodies of its
//! functions look like from afar.

use memchr::{memchr, memmem, memrchr};

/// How a language looks from afar.
pub struct Lexis {
    pub line_comment: &'static str,
    pub block_comment: (&'static str, &'static str),
    /// The longest first, where one begins like another.
    pub quotes: &'static [Quote],
    pub head: Head,
    /// Words in front of braces that hold declarations: `class`.
    pub containers: &'static [&'static str],
    /// Words that make a body worth reading, whatever the locks are: for most, what it says of names that mean
    /// something outside of it.
    pub telling: &'static [Telling],
    /// How a lock is freed on whatever way it is left.
    pub guard: Option<Guard>,
    /// What stands in front of the name of a method that is no call but a value; `None`: whatever name it is.
    pub value: Option<&'static str>,
    /// Variables are declared with their types in front, all of them in the file: `Lock lock`.
    pub typed: bool,
    /// A block behind parentheses may be the body of a class: `new T() { … }`.
    pub anonymous_classes: bool,
    /// Lines that begin with `#`, strings `R"x(…)x"`, and `'` between digits.
    pub preprocessed: bool,
}

impl Lexis {
    /// Whether a skim is sure of what the body of a function is, and all functions in one that is left out go by its
    /// name.
    pub fn is_sure(&self) -> bool {
        self.guard.is_some()
    }
}

/// How a string begins and ends.
pub struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    /// A backslash takes the next byte along.
    pub escapes: bool,
    /// It may reach over several lines.
    pub lines: bool,
}

impl Quote {
    /// `"…"` on one line, as most languages have it.
    pub const DOUBLE: Quote = Quote::on_one_line("\"");
    /// `'…'` on one line.
    pub const SINGLE: Quote = Quote::on_one_line("'");

    const fn on_one_line(mark: &'static str) -> Quote {
        Quote {
            open: mark,
            close: mark,
            escapes: true,
            lines: false,
        }
    }
}

/// How a lock is freed on whatever way it is left, told without a parse.
#[derive(Clone, Copy)]
pub enum Guard {
    /// The next statement, which begins with this, leaves it to the end of the function: `defer `.
    Deferred(&'static str),
    /// The next statement is a `try` whose `finally` frees it first.
    Finally,
}

/// What stands in front of the body of a function.
pub enum Head {
    /// This word at the start of a line.
    Word(&'static str),
    /// A name with parentheses behind it.
    Parentheses {
        /// Nothing need stand in front of the name.
        bare: bool,
        /// A name with a capital is that of a constructor, and constructors tell of fields.
        constructors: bool,
    },
}

/// A word that makes a body worth reading.
pub struct Telling {
    pub word: &'static str,
    pub then: Then,
    pub matters: Matters,
}

/// Where a word matters that makes a body worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matters {
    Always,
    /// Where a lock is taken or freed, however well guarded.
    BesideLocks,
    /// Where names are wanted, and where the name behind it is mentioned outside of what is left out.
    IfMentioned,
}

/// What has to follow the word.
pub enum Then {
    Anything,
    /// A name: `class Local`.
    Name,
    /// A name and what it is made of: `record Local(`.
    Parts,
    /// What it is made of, with or without a name: `struct {`.
    Body,
}

/// Bytes of a comment, or of the line in front of it, that are looked at.
const LONGEST: usize = 1 << 16;

/// The text without the blanks and the comments at its end, as most languages write them; `None` when in doubt.
pub fn without_comments(text: &[u8]) -> Option<&[u8]> {
    let mut text = text;
    loop {
        let rest = text.trim_ascii_end();
        let ends_line = memchr(b'\n', &text[rest.len()..]).is_some();
        let near = rest.len().saturating_sub(LONGEST);
        let line = match memrchr(b'\n', &rest[near..]) {
            Some(at) => near + at + 1,
            None if near == 0 => 0,
            None => return None,
        };
        let comment = memmem::find(&rest[line..], b"//").filter(|_| ends_line);
        if let Some(comment) = comment {
            let before = &rest[line..line + comment];
            // It may be text in a string, or in a comment of another kind.
            let quotes = before.iter().filter(|byte| **byte == b'"').count();
            let certain = quotes % 2 == 0
                && !before.iter().any(|byte| b"\\'`".contains(byte))
                && memmem::find(before, b"/*").is_none()
                && !rest.ends_with(b"*/");
            if !certain {
                return None;
            }
            text = &rest[..line + comment];
        } else if rest.ends_with(b"*/") {
            text = &rest[..near + memmem::rfind(&rest[near..], b"/*")?];
        } else {
            return Some(rest);
        }
    }
}

impl Telling {
    /// Whether the word, which ends at the start of `rest`, tells something.
    pub fn tells(&self, rest: &[u8]) -> bool {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let rest = rest.trim_ascii_start();
        let name = rest.iter().take_while(|byte| is_name(byte)).count();
        let behind = rest[name..].trim_ascii_start();
        match self.then {
            Then::Anything => true,
            Then::Name => name > 0 || rest.starts_with(b"("),
            Then::Parts => name > 0 && (behind.starts_with(b"(") || behind.starts_with(b"<")),
            Then::Body => match behind.strip_prefix(b"{") {
                Some(inside) => !inside.trim_ascii_start().starts_with(b"}"),
                None => behind.starts_with(b":") && !behind.starts_with(b"::"),
            },
        }
    }
}
