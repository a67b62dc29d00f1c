//! The place behind an acquire at which its lock has been taken.

use crate::finding::Reason;
use crate::flow::{BlockStyle, SiteId};
use crate::plan::build::Builder;
use crate::plan::place::{path_to, starts};
use crate::refusal::reason;

impl Builder<'_> {
    /// Writes a statement where the acquire has taken the lock: `text` makes it, of the condition that
    /// says so where that is not sure. `step` is how much deeper the line will be.
    pub(in crate::plan) fn on_taken(
        &mut self,
        site: SiteId,
        step: &str,
        text: &dyn Fn(Option<&str>) -> String,
    ) -> Result<(), Reason> {
        let in_expression = || {
            reason(
                "acquire-in-expression",
                "the lock is taken again in an expression or under a condition",
            )
        };
        let body = self.task.body;
        let acquire = body.sites[site].acquire().ok_or_else(in_expression)?;
        let starts = starts(body, site);
        let source = self.task.file.source;
        let answered = starts
            .iter()
            .find_map(|start| start.acquire.filter(|_| start.maybe))
            .zip(self.was_taken(acquire));
        // The answer says it at once.
        let (start, set) = match (answered, starts.first()) {
            (Some((stmt, taken)), _) => (Ok(stmt), text(Some(&taken))),
            (None, Some(start)) => (start.acquire.ok_or(start), text(None)),
            (None, None) => return Err(in_expression()),
        };
        let one_line = || {
            reason(
                "one-line",
                "the lock is taken again on a line with other code",
            )
        };
        let indent_at = |at| String::from_utf8_lossy(source.indent_at(at)).into_owned();
        match start {
            Ok(stmt) => {
                let block = path_to(body, site).and_then(|path| path.last().map(|at| at.block));
                let single = block.is_none_or(|block| block.style == BlockStyle::Single);
                if single || !source.first_on_line(stmt.span.start) {
                    return Err(one_line());
                }
                let indent = indent_at(stmt.span.start);
                let at = source.behind_comment(stmt.span.end);
                self.draft
                    .insert(at, format!("{}{indent}{step}{set}", source.newline));
            }
            Err(start) => {
                let stmt = start
                    .block
                    .stmts
                    .get(start.first)
                    .ok_or_else(in_expression)?;
                if start.block.style == BlockStyle::Single || !source.first_on_line(stmt.span.start)
                {
                    return Err(one_line());
                }
                let indent = indent_at(stmt.span.start);
                let at = self.draft.start_with_comments(stmt, start.block);
                self.draft
                    .insert(at, format!("{set}{}{indent}{step}", source.newline));
            }
        }
        Ok(())
    }
}
