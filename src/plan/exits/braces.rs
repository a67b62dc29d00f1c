//! Branches without braces that get some, for the release to stand in front of the exit.

use super::{Exit, Exits, indent_of};
use crate::finding::Reason;
use crate::refusal::reason;
use crate::source::Span;
use crate::tree::Node;

impl Exits<'_> {
    /// Whether other code follows the exit on its line, which began in front of it.
    pub(super) fn shares_line(&self, exit: Exit<'_>) -> bool {
        let source = self.task.file.source;
        let span = exit.stmt.span;
        let rest = Span::new(span.end, source.line_content_end(span.end));
        let rest = source.slice(rest).trim_ascii();
        let follows = !rest.is_empty()
            && !rest.starts_with(b"//")
            && !rest.starts_with(b"/*")
            && !rest.starts_with(b"else");
        follows && !source.first_on_line(span.start)
    }

    pub(super) fn braced(&mut self, exit: Exit<'_>, lines: &[String]) -> Result<(), Reason> {
        if self.shares_line(exit) {
            let span = exit.stmt.span;
            self.draft
                .insert(span.start, format!("{{ {} ", lines.join(" ")));
            self.draft.insert(span.end, " }");
            return Ok(());
        }
        self.open_brace(exit)?;
        let at = exit.stmt.span.start;
        let source = self.task.file.source;
        let indent = if source.first_on_line(at) {
            indent_of(self, at)
        } else {
            self.inner_indent(exit)
        };
        let newline = source.newline;
        let text: String = lines
            .iter()
            .map(|line| format!("{line}{newline}{indent}"))
            .collect();
        self.draft.insert(at, text);
        self.close_brace(exit)
    }

    /// The indentation of what stands in braces on lines of their own.
    pub(super) fn inner_indent(&self, exit: Exit<'_>) -> String {
        let source = self.task.file.source;
        let head = self.head(exit).map_or(exit.stmt.span.start, |head| head);
        format!("{}{}", indent_of(self, head), source.indent)
    }

    /// Where the head of a branch without braces ends.
    fn head(&self, exit: Exit<'_>) -> Option<usize> {
        let node = self.node(exit)?;
        std::iter::successors(node.prev_sibling(), Node::prev_sibling)
            .find(|sibling| !sibling.is_extra())
            .map(|sibling| sibling.end_byte())
    }

    pub(super) fn open_brace(&mut self, exit: Exit<'_>) -> Result<(), Reason> {
        let source = self.task.file.source;
        let head = self
            .head(exit)
            .ok_or_else(|| reason("one-line", "the branch has no place for braces"))?;
        let at = exit.stmt.span.start;
        let outer = indent_of(self, head);
        let brace = match source.braces_on_lines() {
            true => format!("{}{outer}{{", source.newline),
            false => " {".to_owned(),
        };
        if source.first_on_line(at) {
            self.draft.insert(head, brace);
            return Ok(());
        }
        let gap = Span::new(head, at);
        let blank = source.slice(gap).iter().all(u8::is_ascii_whitespace);
        if !blank {
            return Err(reason("one-line", "a comment stands where braces would go"));
        }
        let text = format!("{brace}{}{}", source.newline, self.inner_indent(exit));
        self.draft.replace(gap, text);
        Ok(())
    }

    pub(super) fn close_brace(&mut self, exit: Exit<'_>) -> Result<(), Reason> {
        let source = self.task.file.source;
        let span = exit.stmt.span;
        let head = self.head(exit).unwrap_or(span.start);
        let outer = indent_of(self, head);
        let newline = source.newline;
        let content_end = source.line_content_end(span.end);
        let rest = source.slice(Span::new(span.end, content_end)).trim_ascii();
        let comment = rest.starts_with(b"//") || (rest.starts_with(b"/*") && rest.ends_with(b"*/"));
        let behind = if rest.is_empty() || comment {
            content_end
        } else {
            span.end
        };
        // `} else`
        let follows = self
            .node(exit)
            .and_then(|node| node.next_sibling())
            .filter(|next| !next.is_extra())
            .map(|next| next.start_byte());
        match follows {
            Some(next)
                if source
                    .slice(Span::new(behind, next.max(behind)))
                    .iter()
                    .all(u8::is_ascii_whitespace)
                    && source
                        .slice(Span::new(next, source.bytes.len()))
                        .starts_with(b"else") =>
            {
                let gap = match source.braces_on_lines() {
                    true => format!("{newline}{outer}}}{newline}{outer}"),
                    false => format!("{newline}{outer}}} "),
                };
                self.draft.replace(Span::new(behind, next), gap);
            }
            _ if behind == content_end => {
                self.draft.insert(behind, format!("{newline}{outer}}}"));
            }
            _ => {
                return Err(reason(
                    "one-line",
                    "the branch shares its line with other code",
                ));
            }
        }
        Ok(())
    }
}
