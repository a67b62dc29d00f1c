//! A construct put round statements.

use super::{Draft, braces::Braces};
use crate::edit::Overlap;
use crate::flow::{Block, Stmt};
use crate::source::Span;

/// The lines that a construct puts round a region, without indentation.
#[derive(Debug, Clone, Default)]
pub struct Construct {
    /// In front of the acquire: declarations that have to live outside.
    pub above: Vec<String>,
    /// Instead of the acquire.
    pub instead: Option<String>,
    /// Between the acquire and the region.
    pub open: Vec<String>,
    /// Behind the region: `} finally {`.
    pub middle: Option<String>,
    /// What the middle begins, when the text has no release that could stand there.
    pub finals: Vec<String>,
    /// At the very end: `}`.
    pub close: Option<String>,
    /// The region is one `try` without a `finally`: it gets one.
    pub extends: bool,
}

/// What a construct is put round.
pub struct Wrapped<'b> {
    pub block: &'b Block,
    /// The acquire statement in front of the region.
    pub acquire: Option<&'b Stmt>,
    /// Not empty.
    pub stmts: &'b [Stmt],
    /// The release behind the region, which the construct's middle takes in.
    pub main: Option<&'b Stmt>,
}

impl Draft<'_> {
    /// Puts the construct round the region.
    pub fn wrap(&mut self, what: &Wrapped<'_>, construct: &Construct) {
        let (Some(first), Some(last)) = (what.stmts.first(), what.stmts.last()) else {
            return;
        };
        let head = what.acquire.map_or(first.span, |acquire| acquire.span);
        let (indent, own_line) = self.indent_of(what.block, head);
        let construct = &self.in_style(construct, &indent);
        if !own_line {
            // `{ acquire(); …` and `if x: acquire(); …`: the statements get lines of their own.
            self.break_before(head.start, &indent);
        }
        let place = self.place_above(what, head);
        self.above(place, &indent, own_line, &construct.above);
        if let (Some(text), Some(acquire)) = (&construct.instead, what.acquire) {
            self.edits.replace(acquire.span, text.as_str());
        }
        if construct.extends {
            return self.extend(last, what.main, &indent, construct);
        }
        let from = self.open(what, first, &indent, own_line, &construct.open);
        let begins_block = |text: &String| text.ends_with([':', '{']);
        if let Some(acquire) = what.acquire
            && (construct.instead.as_ref().is_some_and(begins_block)
                || construct.open.len() == 1 && construct.open.iter().all(begins_block))
            && from > acquire.span.end
        {
            // A block does not begin with a blank line, and it stands right behind the acquire.
            self.remove_blank_lines_above(from, acquire.span.end);
        }
        match what.main {
            Some(main) => self.close_with_main(what, last, main, &indent, construct, from),
            None => {
                self.deeper.push(Span::new(from, last.span.end));
                self.close_without_main(last.span, &indent, construct);
            }
        }
    }

    /// The construct with its braces where the file has them.
    fn in_style(&self, construct: &Construct, indent: &str) -> Construct {
        let braces = Braces::of(self.source.bytes);
        let join = format!("{}{indent}", self.source.newline);
        Construct {
            open: braces.lay_out(&construct.open),
            middle: construct
                .middle
                .as_ref()
                .map(|middle| braces.lay_out(std::slice::from_ref(middle)).join(&join)),
            finals: braces.lay_out(&construct.finals),
            ..construct.clone()
        }
    }

    /// Puts the construct's opening behind the acquire, and takes away the line `head` on which
    /// the last of the statements begins: from there on, everything is deep enough already.
    ///
    /// # Errors
    /// [`Overlap`] when that line holds anything else.
    pub fn replace_head(
        &mut self,
        what: &Wrapped<'_>,
        construct: &Construct,
        at: usize,
        head: &str,
    ) -> Result<(), Overlap> {
        let start = self.source.line_start(at);
        let line = Span::new(start, self.source.line_content_end(at));
        if self.source.slice(line).trim_ascii() != head.as_bytes() {
            return Err(Overlap(at));
        }
        let Some(first) = what.stmts.first() else {
            return Err(Overlap(at));
        };
        let before = what.acquire.map_or(first.span, |acquire| acquire.span);
        let (indent, own_line) = self.indent_of(what.block, before);
        if !own_line {
            return Err(Overlap(at));
        }
        let place = self.place_above(what, before);
        self.above(place, &indent, own_line, &construct.above);
        if let (Some(text), Some(acquire)) = (&construct.instead, what.acquire) {
            self.edits.replace(acquire.span, text.as_str());
        }
        let from = self.open(what, first, &indent, own_line, &construct.open);
        if from < start {
            self.deeper.push(Span::new(from, start));
        }
        self.removed
            .push(Span::new(start, self.source.line_end(at)));
        Ok(())
    }

    /// Puts a function that is called where it stands round the lines from `head` to `tail`, and
    /// `above` in front of it.
    ///
    /// # Errors
    /// [`Overlap`] when other code stands on these lines.
    pub fn enclose(
        &mut self,
        (head, tail): (Span, Span),
        above: &[String],
        (open, close): (&str, &str),
    ) -> Result<(), Overlap> {
        let start = self.source.line_start(head.start);
        if !self.source.first_on_line(head.start) || !self.source.first_on_line(tail.start) {
            return Err(Overlap(head.start));
        }
        let indent = String::from_utf8_lossy(self.source.indent_at(head.start)).into_owned();
        let nl = self.source.newline;
        self.above(head.start, &indent, true, above);
        self.edits.insert(start, format!("{indent}{open}{nl}"));
        self.deeper.push(Span::new(start, tail.end));
        self.after(tail, &indent, format!("{nl}{indent}{close}"));
        Ok(())
    }

    /// Where declarations go: in front of the acquire, or of the first statement and what is said of it.
    fn place_above(&self, what: &Wrapped<'_>, head: Span) -> usize {
        match what.acquire {
            Some(_) => head.start,
            None => self
                .with_comments_above(head.start, what.block.span.start)
                .min(head.start),
        }
    }

    /// Declarations in front of what stands at `at`.
    fn above(&mut self, at: usize, indent: &str, own_line: bool, lines: &[String]) {
        let nl = self.source.newline;
        for line in lines {
            if own_line {
                let at = self.source.line_start(at);
                self.edits.insert(at, format!("{indent}{line}{nl}"));
            } else {
                self.edits.insert(at, format!("{line}{nl}{indent}"));
            }
        }
    }

    /// Gives the `try` a `finally`, into which the release behind it moves.
    fn extend(&mut self, tried: &Stmt, main: Option<&Stmt>, indent: &str, construct: &Construct) {
        let nl = self.source.newline;
        let head = self.source.line_start(tried.span.start);
        for line in &construct.open {
            self.edits.insert(head, format!("{indent}{line}{nl}"));
        }
        let middle = construct.middle.as_deref().unwrap_or_default();
        let joined = match &construct.close {
            // `} finally {`: the brace is there.
            Some(close) => middle
                .strip_prefix(close.as_str())
                .unwrap_or(middle)
                .to_owned(),
            None => format!("{nl}{indent}{middle}"),
        };
        let Some(main) = main else {
            let only = Construct {
                middle: None,
                ..construct.clone()
            };
            let deeper = format!("{indent}{}", self.source.indent);
            let lines: String = construct
                .finals
                .iter()
                .map(|line| format!("{nl}{deeper}{line}"))
                .collect();
            self.edits
                .insert(tried.span.end, format!("{joined}{lines}"));
            self.close_without_main(tried.span, indent, &only);
            return;
        };
        self.edits.insert(tried.span.end, joined);
        let at = self.with_comments_above(main.span.start, tried.span.end);
        self.remove_blank_lines_above(at, tried.span.end);
        self.deeper.push(Span::new(at, main.span.end));
        self.end_line(main.span, indent, construct.close.as_deref());
    }

    /// Inserts the opening lines; returns where the deeper lines begin.
    fn open(
        &mut self,
        what: &Wrapped<'_>,
        first: &Stmt,
        indent: &str,
        own_line: bool,
        open: &[String],
    ) -> usize {
        let nl = self.source.newline;
        let deeper = format!("{indent}{}", self.source.indent);
        let before = what.acquire.map(|acquire| acquire.span.end);
        let same_line = match before {
            Some(end) => self.source.line_of(end) == self.source.line_of(first.span.start),
            None => !own_line,
        };
        if same_line {
            let mut text = String::new();
            for line in open {
                text.push_str(&format!("{nl}{indent}{line}"));
            }
            text.push_str(&format!("{nl}{deeper}"));
            let gap = match before {
                Some(end) => Span::new(end, first.span.start),
                // The line was broken in front of it already.
                None => {
                    let text: String = open
                        .iter()
                        .map(|line| format!("{line}{nl}{deeper}"))
                        .collect();
                    self.edits.insert(first.span.start, text);
                    return first.span.end;
                }
            };
            if self.is_gap(gap) {
                self.edits.replace(gap, text);
            } else {
                self.edits.insert(first.span.start, text);
            }
            return first.span.end;
        }
        let at = match before {
            Some(end) => self.next_line_with_text(end),
            None => self.with_comments_above(first.span.start, what.block.span.start),
        };
        for line in open {
            self.edits.insert(at, format!("{indent}{line}{nl}"));
        }
        at
    }

    fn close_with_main(
        &mut self,
        what: &Wrapped<'_>,
        last: &Stmt,
        main: &Stmt,
        indent: &str,
        construct: &Construct,
        from: usize,
    ) {
        let nl = self.source.newline;
        let Some(middle) = &construct.middle else {
            // The construct releases by itself. What a comment says of the release, it says of the
            // end of the construct.
            let line = self.source.line_start(main.span.start);
            let mut at = main.span.end;
            if self.source.first_on_line(main.span.start) {
                at = self.with_comments_above(main.span.start, last.span.end);
                if at == line && self.is_blank_behind(main.span.end) {
                    self.remove_blank_lines_above(at, last.span.end);
                }
            }
            self.deeper.push(Span::new(from, at));
            self.remove_stmt(main.span, what.block, Some(last.span.end), false);
            if let Some(close) = &construct.close {
                let end = self.source.line_content_end(last.span.end);
                self.tails.push((end, format!("{nl}{indent}{close}")));
            }
            return;
        };
        self.deeper.push(Span::new(from, main.span.end));
        if self.source.first_on_line(main.span.start) {
            let at = self.with_comments_above(main.span.start, last.span.end);
            self.edits.insert(at, format!("{indent}{middle}{nl}"));
            self.remove_blank_lines_above(at, last.span.end);
        } else {
            let deeper = format!("{indent}{}", self.source.indent);
            let text = format!("{nl}{indent}{middle}{nl}{deeper}");
            self.edits
                .replace(Span::new(last.span.end, main.span.start), text);
        }
        self.end_line(main.span, indent, construct.close.as_deref());
    }

    fn close_without_main(&mut self, last: Span, indent: &str, construct: &Construct) {
        let nl = self.source.newline;
        let deeper = format!("{indent}{}", self.source.indent);
        let mut text = String::new();
        if let Some(middle) = &construct.middle {
            text.push_str(&format!("{nl}{indent}{middle}"));
            for line in &construct.finals {
                text.push_str(&format!("{nl}{deeper}{line}"));
            }
        }
        if let Some(close) = &construct.close {
            text.push_str(&format!("{nl}{indent}{close}"));
        }
        self.after(last, indent, text);
    }

    /// Ends the line of the main release with `close`.
    fn end_line(&mut self, main: Span, indent: &str, close: Option<&str>) {
        let nl = self.source.newline;
        let text = close.map_or_else(String::new, |close| format!("{nl}{indent}{close}"));
        self.after(main, indent, text);
    }

    /// Puts `text` behind what ends at `span`, behind a comment on its line, and in front of a
    /// statement or brace that shares the line, which gets a line of its own.
    fn after(&mut self, span: Span, indent: &str, text: String) {
        let end = self.source.line_content_end(span.end);
        let rest = &self.source.bytes[span.end..end];
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b';');
        let skipped = rest.iter().take_while(|byte| blank(byte)).count();
        let follows = &rest[skipped..];
        let comment =
            follows.starts_with(b"//") || follows.starts_with(b"#") || follows.starts_with(b"/*");
        if follows.is_empty() || comment {
            if !text.is_empty() {
                self.tails.push((end, text));
            }
            return;
        }
        let mut text = text;
        let closing = follows.starts_with(b"}");
        let own = if closing {
            indent
                .strip_suffix(self.source.indent.as_str())
                .unwrap_or(indent)
        } else {
            indent
        };
        text.push_str(self.source.newline);
        text.push_str(own);
        self.edits
            .replace(Span::new(span.end, span.end + skipped), text);
    }
}
