//! What the acquire gives is closed at the end of a block that is opened with it.

use crate::finding::Reason;
use crate::plan::build::{Builder, would_move};
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// `try (Ticket ticket = lock.acquire()) {`: the end of the block closes the ticket.
    pub(in crate::plan) fn resource(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let site = &self.task.body.sites[self.task.site];
        let start = &self.region.start;
        let (Some(stmt), Some(acquire), false) = (start.acquire, site.acquire(), start.maybe)
        else {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        };
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        let declared = acquire
            .binding
            .is_some_and(|binding| binding.start == stmt.span.start);
        let ticket = acquire.ticket.as_deref().filter(|_| declared);
        let Some(ticket) = ticket else {
            return Err(reason(
                "no-form",
                "the statement of the acquire declares nothing that could be closed",
            ));
        };
        let rest = self.region.rest();
        if let (Some(first), Some(last)) = (rest.first(), rest.last())
            && self.region.absorbed.is_none()
            && self.used_in(ticket, Span::new(first.span.start, last.span.end))
        {
            return Err(reason(
                "declared-in-span",
                format!("`{ticket}` is used after the span"),
            ));
        }
        let text = self.task.file.source.text(stmt.span);
        let declaration = text.trim_end_matches(self.printer.terminator());
        let head = self
            .printer
            .with_resource(declaration)
            .ok_or_else(|| reason("no-form", "this language has no such form"))?;
        self.drop_releases();
        self.construct.instead = Some(head);
        self.construct.close = self.printer.close().map(str::to_owned);
        Ok(())
    }
}
