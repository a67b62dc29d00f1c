//! One pass over the bytes of a file that finds the bodies of its outermost functions.

use super::guarded::Pairs;
use super::guarded::deferred::{self, Around};
use super::guarded::finally::{self, Behind, Guarding};
use super::lexis::{Head, Lexis};
use crate::source::Span;
use memchr::{memchr, memchr3, memmem};

/// Words in front of parentheses with a block behind them that is no class.
const CONTROL: [&[u8]; 8] = [
    b"if",
    b"for",
    b"while",
    b"switch",
    b"catch",
    b"synchronized",
    b"try",
    b"do",
];

/// A word that makes a body worth reading.
pub(super) struct Mark {
    pub(super) word: Span,
    pub(super) guarded: Guarded,
    /// It is the word of a lock.
    pub(super) of_lock: bool,
}

/// Whether a word takes or frees a lock in such a way that it is no reason to read the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarded {
    No,
    /// If no loop of its function stands around it: it takes a lock that the next statement frees at the end of the
    /// function, or frees it.
    Once,
    /// If there is no lock in the body: it is no lock itself.
    Alone,
    /// Wherever it stands.
    Anywhere,
    /// It stands in a comment or a string.
    NoCode,
}

/// An open bracket.
struct Open {
    bracket: u8,
    at: usize,
    kind: Kind,
    /// The lock that is taken in front of this block, a `try` or a `catch` of it.
    guarding: Option<Guarding>,
}

/// What a bracket holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Declarations, functions among them.
    Container,
    /// The body of a function.
    Body,
    /// A value in front of the body of a constructor.
    Initializer,
    /// Anything else.
    Other,
}

/// The head of a declaration, as far as it has been read.
#[derive(Default)]
struct Declaration {
    start: usize,
    /// The last parentheses that are closed.
    parentheses: Option<(usize, usize)>,
    assigned: bool,
    initialized: bool,
    /// It begins with the word for a function.
    worded: bool,
}

/// A pass over a text. [`None`] anywhere means that the text is not what it seems.
pub(super) struct Scan<'a> {
    lexis: &'a Lexis,
    text: &'a [u8],
    at: usize,
    /// The words that make a body worth reading, in order.
    marks: Vec<Mark>,
    pairs: &'a Pairs,
    /// What is guarded by blocks that are still to come.
    awaited: Vec<Guarding>,
    open: Vec<Open>,
    /// How many brackets were open where the body begins that is being read.
    code: Option<usize>,
    worth_reading: bool,
    declaration: Declaration,
    /// Where the parentheses began that were closed last.
    closed: usize,
    /// The brackets open at each `#if`.
    conditions: Vec<usize>,
    found: Vec<Span>,
}

impl<'a> Scan<'a> {
    /// A pass over `text` with these marks; `blocks` are in front of locks that `pairs` may free behind them.
    pub(super) fn new(
        lexis: &'a Lexis,
        text: &'a [u8],
        marks: Vec<Mark>,
        pairs: &'a Pairs,
        blocks: &[Guarding],
    ) -> Scan<'a> {
        Scan {
            lexis,
            text,
            at: 0,
            marks,
            pairs,
            // The next one last.
            awaited: blocks.iter().rev().copied().collect(),
            open: Vec::new(),
            code: None,
            worth_reading: false,
            declaration: Declaration::default(),
            closed: 0,
            conditions: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The insides of the bodies that hold no mark that counts, and what was found out of the marks.
    pub(super) fn run(mut self) -> Option<(Vec<Span>, Vec<Mark>)> {
        self.line_begins();
        let special = self.special();
        while let Some(step) = self.text[self.at..]
            .iter()
            .position(|byte| special[usize::from(*byte)])
        {
            self.at += step;
            self.step()?;
        }
        let balanced = self.open.is_empty() && self.conditions.is_empty();
        balanced.then_some((self.found, self.marks))
    }

    /// The bytes that mean something.
    fn special(&self) -> [bool; 256] {
        let mut special = [false; 256];
        let mut add = |byte: u8| special[usize::from(byte)] = true;
        b"{}()[];=".iter().copied().for_each(&mut add);
        if matches!(self.lexis.head, Head::Word(_)) {
            add(b'\n');
        }
        if self.lexis.preprocessed {
            add(b'#');
        }
        let quotes = self.lexis.quotes.iter().map(|quote| quote.open);
        quotes
            .chain([self.lexis.line_comment, self.lexis.block_comment.0])
            .filter_map(|open| open.bytes().next())
            .for_each(&mut add);
        special
    }

    fn step(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let byte = rest[0];
        match byte {
            b'{' | b'(' | b'[' => self.opens(byte),
            b'}' | b')' | b']' => return self.closes(byte),
            b'\n' => {
                self.at += 1;
                self.line_begins();
            }
            b';' => {
                self.at += 1;
                if self.code.is_none() && self.open.last().is_none_or(|open| open.bracket == b'{') {
                    self.begin_declaration();
                }
            }
            b'=' => {
                let in_head =
                    self.code.is_none() && self.open.last().is_none_or(|open| open.bracket == b'{');
                let before = &self.text[self.at.saturating_sub(12)..self.at];
                if in_head && memmem::find(before, b"operator").is_none() {
                    self.declaration.assigned = true;
                }
                self.at += 1;
            }
            b'#' if self.lexis.preprocessed => return self.directive(),
            _ => return self.quoted(),
        }
        Some(())
    }

    fn line_begins(&mut self) {
        if let Head::Word(word) = self.lexis.head
            && self.open.is_empty()
        {
            let line = &self.text[self.at..];
            if line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                self.begin_declaration();
                let behind = line.strip_prefix(word.as_bytes());
                self.declaration.worded = behind
                    .is_some_and(|behind| behind.starts_with(b" ") || behind.starts_with(b"("));
            }
        }
    }

    fn begin_declaration(&mut self) {
        self.declaration = Declaration {
            start: self.at,
            ..Declaration::default()
        };
    }

    /// The marks whose words stand between these bytes.
    fn marks_in(&mut self, span: Span) -> &mut [Mark] {
        let first = self
            .marks
            .partition_point(|mark| mark.word.start < span.start);
        let behind = self
            .marks
            .partition_point(|mark| mark.word.start < span.end);
        &mut self.marks[first..behind.max(first)]
    }

    /// The word whose parentheses open here, if no loop stands around it.
    fn called(&mut self) {
        let before = Span::new(0, self.at);
        let last = self.marks_in(before).last();
        if !last.is_some_and(|mark| mark.guarded == Guarded::Once) {
            return;
        }
        let Some(depth) = self.code else {
            return;
        };
        let blocks = self.open[depth + 1..].iter().rev();
        let mut around = blocks.map(|open| deferred::around(self.text, open.at));
        let end = around.find(|around| *around != Around::Block);
        if end.is_none_or(|end| end == Around::Function)
            && let Some(mark) = self.marks_in(before).last_mut()
        {
            mark.guarded = Guarded::Anywhere;
        }
    }

    /// What is guarded by the block that opens here.
    fn guarded_by(&mut self) -> Option<Guarding> {
        // What stood in a comment does not come.
        while self.awaited.last().is_some_and(|next| next.block < self.at) {
            self.awaited.pop();
        }
        let here = self.awaited.last()?.block == self.at;
        here.then(|| self.awaited.pop()).flatten()
    }

    /// A block that guards a lock ends in front of `at`.
    fn guard_ends(&mut self, guarding: Guarding, at: usize) {
        match finally::behind(self.text, at) {
            Behind::Catch(block) => self.awaited.push(guarding.until(block)),
            Behind::Finally(block) => {
                for guarded in guarding
                    .ends(self.text, block, self.pairs)
                    .into_iter()
                    .flatten()
                {
                    for mark in self.marks_in(guarded) {
                        mark.guarded = Guarded::Anywhere;
                    }
                }
            }
            Behind::Other => {}
        }
    }

    fn opens(&mut self, bracket: u8) {
        if bracket == b'(' {
            self.called();
        }
        let mut kind = Kind::Other;
        let mut guarding = None;
        if bracket == b'{' {
            guarding = self.guarded_by();
            if self.code.is_none() {
                kind = self.kind_of_block();
                if kind != Kind::Container {
                    self.code = Some(self.open.len());
                    self.worth_reading = kind != Kind::Body;
                }
            } else if self.lexis.anonymous_classes && !self.worth_reading {
                let before = self.text[..self.at].trim_ascii_end();
                let controls = CONTROL.contains(&word_before(self.text, self.closed));
                self.worth_reading = match before.last() {
                    Some(b')') => !controls,
                    // A comment in between.
                    Some(b'/') => true,
                    _ => false,
                };
            }
        }
        self.open.push(Open {
            bracket,
            at: self.at,
            kind,
            guarding,
        });
        self.at += 1;
        if kind == Kind::Container {
            self.begin_declaration();
        }
    }

    fn closes(&mut self, bracket: u8) -> Option<()> {
        let open = self.open.pop()?;
        let pair = [open.bracket, bracket];
        if !matches!(&pair, b"{}" | b"()" | b"[]") {
            return None;
        }
        let end = self.at;
        self.at += 1;
        if bracket == b')' {
            self.closed = open.at;
        }
        if let Some(guarding) = open.guarding {
            self.guard_ends(guarding, self.at);
        }
        match self.code {
            None if bracket == b'}' => self.begin_declaration(),
            None if bracket == b')'
                && self.open.last().is_none_or(|outer| outer.bracket == b'{') =>
            {
                self.declaration.parentheses = Some((open.at, end));
            }
            Some(depth) if depth == self.open.len() => {
                self.code = None;
                let inside = Span::new(open.at, end);
                let marks = self.marks_in(inside);
                let lonely = marks.iter().all(|mark| mark.guarded == Guarded::Alone);
                let counts =
                    |mark: &Mark| !matches!(mark.guarded, Guarded::Anywhere | Guarded::NoCode);
                let marked = !lonely && marks.iter().any(counts);
                if open.kind == Kind::Body && !marked && !self.worth_reading {
                    self.found.push(Span::new(open.at + 1, end));
                }
                if open.kind == Kind::Initializer {
                    self.declaration.initialized = true;
                } else if self.open.last().is_none_or(|outer| outer.bracket == b'{') {
                    self.begin_declaration();
                }
            }
            _ => {}
        }
        Some(())
    }

    /// What the block that opens here is, by the head in front of it.
    fn kind_of_block(&self) -> Kind {
        if self.open.last().is_some_and(|open| open.bracket != b'{') {
            return Kind::Other;
        }
        let declaration = &self.declaration;
        let head = self
            .text
            .get(declaration.start..self.at)
            .unwrap_or_default();
        let has_container = |text: &[u8]| words(text).any(|word| self.is_container(word));
        let (bare, constructors) = match self.lexis.head {
            Head::Word(_) => {
                let made_of = matches!(word_before(self.text, self.at), b"struct" | b"interface");
                return match declaration.worded && !made_of {
                    true => Kind::Body,
                    false => Kind::Other,
                };
            }
            Head::Parentheses { bare, constructors } => (bare, constructors),
        };
        if declaration.assigned {
            return Kind::Other;
        }
        if let Some((open, close)) = declaration.parentheses {
            let tail = &self.text[close + 1..self.at];
            let name = word_before(self.text, open);
            let start = open - name.len() - blanks_before(self.text, open);
            let before = word_before(self.text, start);
            let is_first = head.trim_ascii_start().len() == self.at - start;
            if declaration.initialized {
                return Kind::Body;
            }
            if !has_container(tail) && !self.is_container(before) {
                let plain = |byte: &u8| {
                    byte.is_ascii_alphanumeric()
                        || byte.is_ascii_whitespace()
                        || b"_.,&*<>-:".contains(byte)
                };
                let constructs = constructors && name.first().is_some_and(u8::is_ascii_uppercase);
                let is_name = !name.is_empty()
                    && !CONTROL.contains(&name)
                    && (bare || !is_first)
                    && !constructs;
                if !is_name || !tail.iter().all(plain) {
                    return Kind::Other;
                }
                let colon =
                    memmem::find(tail, b":").is_some_and(|at| tail.get(at + 1) != Some(&b':'));
                return if colon { Kind::Initializer } else { Kind::Body };
            }
        }
        if has_container(head) {
            Kind::Container
        } else {
            Kind::Other
        }
    }

    fn is_container(&self, word: &[u8]) -> bool {
        let mut containers = self.lexis.containers.iter();
        containers.any(|container| container.as_bytes() == word)
    }

    /// A comment or a string, if there is one here. What stands in it is no mark.
    fn quoted(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let lexis = self.lexis;
        let start = self.at;
        let is_comment;
        if rest.starts_with(lexis.line_comment.as_bytes()) {
            is_comment = true;
            self.at += line_length(rest, lexis.preprocessed);
        } else if rest.starts_with(lexis.block_comment.0.as_bytes()) {
            is_comment = true;
            let (open, close) = lexis.block_comment;
            let inside = &rest[open.len()..];
            self.at += open.len() + memmem::find(inside, close.as_bytes())? + close.len();
        } else {
            is_comment = false;
            let mut quotes = lexis.quotes.iter();
            let Some(quote) = quotes.find(|quote| rest.starts_with(quote.open.as_bytes())) else {
                self.at += 1;
                return Some(());
            };
            let raw = lexis.preprocessed && rest[0] == b'"' && self.is_raw();
            if lexis.preprocessed && rest[0] == b'\'' && self.divides_digits() {
                self.at += 1;
                return Some(());
            }
            let inside = &rest[quote.open.len()..];
            let length = if raw {
                let delimiter = &inside[..memchr(b'(', inside)?];
                let close = [b")", delimiter, b"\""].concat();
                memmem::find(inside, &close)? + close.len()
            } else {
                length_inside(inside, quote.close.as_bytes(), quote.escapes, quote.lines)?
            };
            self.at += quote.open.len() + length;
        }
        let quoted = Span::new(start, self.at);
        for mark in self.marks_in(quoted) {
            mark.guarded = Guarded::NoCode;
        }
        let head = self
            .text
            .get(self.declaration.start..start)
            .unwrap_or_default();
        if is_comment && self.code.is_none() && head.trim_ascii().is_empty() {
            self.declaration.start = self.at;
        }
        Some(())
    }

    /// Whether the string that begins here is `R"x(…)x"`.
    fn is_raw(&self) -> bool {
        let before = &self.text[..self.at];
        let name = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        matches!(
            &before[before.len() - name..],
            b"R" | b"LR" | b"uR" | b"UR" | b"u8R"
        )
    }

    /// Whether the `'` here stands in a number: `1'000`.
    fn divides_digits(&self) -> bool {
        let before = &self.text[..self.at];
        let number = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\''))
            .count();
        before[before.len() - number..]
            .first()
            .is_some_and(u8::is_ascii_digit)
    }

    /// A line for the preprocessor.
    fn directive(&mut self) -> Option<()> {
        let line = memchr::memrchr(b'\n', &self.text[..self.at]).map_or(0, |at| at + 1);
        if !self.text[line..self.at].trim_ascii().is_empty() {
            self.at += 1;
            return Some(());
        }
        let rest = &self.text[self.at..];
        let mut length = line_length(rest, true);
        if let Some(comment) = memmem::find(&rest[..length], b"/*") {
            length = comment;
        }
        let word = words(&rest[1..length]).next().unwrap_or_default();
        match word {
            b"if" | b"ifdef" | b"ifndef" => self.conditions.push(self.open.len()),
            b"else" | b"elif" | b"elifdef" | b"elifndef" => {
                if *self.conditions.last()? != self.open.len() {
                    return None;
                }
            }
            b"endif" => {
                if self.conditions.pop()? != self.open.len() {
                    return None;
                }
            }
            b"error" | b"pragma" | b"line" | b"warning" => {}
            _ => self.worth_reading = true,
        }
        self.at += length;
        if self.code.is_none() && self.open.last().is_none_or(|open| open.bracket == b'{') {
            self.begin_declaration();
        }
        Some(())
    }
}

/// How long the rest of the line is, with the lines that it goes on in.
fn line_length(rest: &[u8], continues: bool) -> usize {
    let mut from = 0;
    while let Some(end) = memchr(b'\n', &rest[from..]) {
        let end = from + end;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if !(continues && line.ends_with(b"\\")) {
            return end;
        }
        from = end + 1;
    }
    rest.len()
}

/// How long the inside of a string is, with its end.
fn length_inside(inside: &[u8], close: &[u8], escapes: bool, lines: bool) -> Option<usize> {
    let first = *close.first()?;
    let escape = if escapes { b'\\' } else { first };
    let newline = if lines { first } else { b'\n' };
    let mut from = 0;
    while let Some(step) = memchr3(first, escape, newline, &inside[from..]) {
        let at = from + step;
        match inside[at] {
            b'\\' if escapes => from = at + 2,
            b'\n' if !lines => return None,
            _ if inside[at..].starts_with(close) => return Some(at + close.len()),
            _ => from = at + 1,
        }
        if from > inside.len() {
            return None;
        }
    }
    None
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_name(*byte))
        .filter(|word| !word.is_empty())
}

fn blanks_before(text: &[u8], at: usize) -> usize {
    at - text[..at].trim_ascii_end().len()
}

/// The word right before `at`, or nothing.
fn word_before(text: &[u8], at: usize) -> &[u8] {
    let before = text[..at].trim_ascii_end();
    let start = before.iter().rposition(|byte| !is_name(*byte));
    &before[start.map_or(0, |at| at + 1)..]
}
