//! `acquire; try { … } finally { release }`

use crate::finding::Reason;
use crate::flow::{Acquire, EventKind, SiteId, SiteKind, Stmt, StmtKind};
use crate::plan::build::{Builder, would_move};
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// `acquire; try { … } finally { release }`
    pub(in crate::plan) fn try_finally(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        self.bind_ticket()?;
        if !self.region.kept.is_empty() && !self.again_harmless() {
            return Err(would_move(&self.task, self.region.kept[0]));
        }
        self.drop_releases();
        self.await_returned();
        let finals = self.finals()?;
        self.open_try();
        self.finally(finals);
        Ok(())
    }

    /// Opens a `try`, or has the one that is there extended.
    pub(in crate::plan) fn open_try(&mut self) {
        self.construct.extends = self.is_one_try();
        if !self.construct.extends {
            self.construct.open.push(self.printer.open_try().to_owned());
        }
    }

    pub(in crate::plan) fn again_harmless(&self) -> bool {
        let by_ticket = self.release.is_some()
            || self.region.kept.iter().all(|site| {
                matches!(
                    self.task.body.sites[*site].what,
                    SiteKind::Release {
                        ticket: Some(_),
                        ..
                    }
                )
            });
        !self.task.entry().again_harmful(by_ticket)
    }

    /// A promise that was returned with the lock held is waited for before it is released.
    pub(in crate::plan) fn await_returned(&mut self) {
        let Some(wait) = self.printer.waits_for_returned() else {
            return;
        };
        if !self.task.body.is_async || self.task.body.is_generator {
            return;
        }
        for span in leaking_returns(self.region.stmts(), &self.region.kept) {
            let file = self.task.file;
            let operand = file
                .root
                .descendant_for_byte_range(span.start, span.end)
                .and_then(|node| node.named_child(0));
            if let Some(operand) = operand
                && file.grammar.is_call(operand.kind())
                && file.grammar.awaited_operand(operand).is_none()
            {
                self.draft.insert(operand.start_byte(), wait);
            }
        }
    }

    /// The region is one `try` with handlers and no `finally`, on lines of its own.
    pub(in crate::plan) fn is_one_try(&self) -> bool {
        let source = self.task.file.source;
        let own_line = |stmt: &Stmt| source.first_on_line(stmt.span.start);
        let [stmt] = self.region.stmts() else {
            return false;
        };
        matches!(stmt.kind, StmtKind::Try { finally: None, .. })
            && self.region.absorbed.is_none()
            && own_line(stmt)
            && self.region.main.is_none_or(own_line)
    }

    /// The lines of a `finally` into which no release of the text moves.
    pub(in crate::plan) fn finals(&self) -> Result<Vec<String>, Reason> {
        if self.region.main.is_some() && self.region.absorbed.is_none() {
            return Ok(Vec::new());
        }
        let statement = format!("{}{}", self.release_text()?, self.terminator());
        if !self.region.start.maybe {
            return Ok(vec![statement]);
        }
        // The main release asked before it released; without it, ask what was bound.
        let bound = self.task.body.sites[self.task.site]
            .acquire()
            .and_then(|acquire| self.was_taken(acquire))
            .ok_or_else(|| {
                reason(
                    "acquire-conditional",
                    "the acquire stands under a condition",
                )
            })?;
        let indent = &self.task.file.source.indent;
        Ok(self.printer.when(&bound, &statement, indent))
    }

    /// The condition that the variable which is bound to the result says that the lock was taken.
    pub(in crate::plan) fn was_taken(&self, acquire: &Acquire) -> Option<String> {
        let bound = acquire.bound.as_deref()?;
        if acquire.negative_when_not {
            return None;
        }
        if acquire.zero_when_taken {
            return self.printer.is_nothing(bound, acquire.is_number);
        }
        Some(if acquire.null_when_not {
            self.printer.is_something(bound, acquire.is_number)
        } else {
            bound.to_owned()
        })
    }
}

/// The returns that call something while the lock is held and no handler of the region would see
/// what the call comes to.
fn leaking_returns(stmts: &[Stmt], kept: &[SiteId]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut released = false;
    for stmt in stmts {
        released |= matches!(stmt.kind, StmtKind::Plain(_))
            && kept.iter().any(|site| stmt.holds_site(*site));
        if released {
            break;
        }
        match &stmt.kind {
            StmtKind::Return { value, .. } => {
                if let Some(last) = value.last()
                    && matches!(last.kind, EventKind::Call { .. })
                {
                    found.push(stmt.span);
                }
            }
            StmtKind::Try { handlers, .. } if !handlers.is_empty() => {}
            _ => {
                for block in stmt.blocks() {
                    found.extend(leaking_returns(&block.stmts, kept));
                }
            }
        }
    }
    found
}
