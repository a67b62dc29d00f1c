//! The `try` that stands too low: `acquire; work; try { … } finally { release }`.
//!
//! Its head moves up behind the acquire. Where it has handlers, which must not see what the work
//! in between throws, a construct of its own goes round it and takes its `finally` over.

use super::build::Builder;
use super::region::Lifted;
use crate::edit::Overlap;
use crate::rewrite::Wrapped;
use crate::source::Span;

impl Builder<'_> {
    /// Puts the construct where the lifted `try` was.
    ///
    /// # Errors
    /// [`Overlap`] when the head of the `try` does not have its line to itself.
    pub fn lift(&mut self, lifted: Lifted<'_>) -> Result<(), Overlap> {
        let stmts = self.region.stmts();
        let wrapped = Wrapped {
            block: self.region.start.block,
            acquire: self.region.start.acquire,
            stmts,
            main: None,
        };
        let clause = Span::new(lifted.clause, lifted.stmt.span.end);
        if !lifted.bare {
            match lifted.release {
                Some((block, release)) => {
                    self.draft.remove_stmt(release.span, block, None, false);
                }
                None => self.draft.remove_tail(clause),
            }
            self.draft.wrap(&wrapped, &self.construct);
            return Ok(());
        }
        // The body keeps its depth and, for `try`, its `finally`.
        let keeps_finally = self.construct.middle.is_some();
        self.draft.replace_head(
            &wrapped,
            &self.construct,
            lifted.stmt.span.start,
            self.printer.open_try(),
        )?;
        if !keeps_finally {
            match (&self.construct.close, self.printer.close()) {
                (Some(close), Some(brace)) => {
                    let from = clause.start - brace.len();
                    self.draft
                        .replace(Span::new(from, clause.end), close.as_str());
                }
                _ => self.draft.remove_tail(clause),
            }
        }
        Ok(())
    }
}
