//! A guard that holds nothing at first, for a lock that is taken under a condition.

use crate::finding::{Form, Reason};
use crate::flow::{BlockStyle, SiteId};
use crate::plan::build::Builder;
use crate::refusal::reason;

impl Builder<'_> {
    /// `std::unique_lock<std::mutex> lock(m, std::defer_lock); if (wanted) lock.lock();`
    pub(in crate::plan) fn late_guard(&mut self) -> Result<(), Reason> {
        let conditional = || {
            reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            )
        };
        let form = self.task.entry().form(Form::UniqueLock).cloned();
        let form = form.ok_or_else(conditional)?;
        let (Some(defer), Some(free), Some(retake)) = (&form.defer, &form.free, &form.retake)
        else {
            return Err(conditional());
        };
        let start = &self.region.start;
        let acquire = self.task.body.sites[self.task.site].acquire();
        let plain = acquire.is_some_and(|acquire| !acquire.conditional && acquire.bound.is_none());
        let asks = start
            .first
            .checked_sub(1)
            .map(|index| &start.block.stmts[index]);
        let (Some(asks), None, true, BlockStyle::Braced) =
            (asks, start.acquire, plain, start.block.style)
        else {
            return Err(conditional());
        };
        let source = self.task.file.source;
        if !source.first_on_line(asks.span.start) {
            return Err(reason(
                "one-line",
                "the code shares its line with other statements",
            ));
        }
        self.taken_once()?;
        let (name, code) = self.made(defer, form.include.as_ref())?;
        let indent = String::from_utf8_lossy(source.indent_at(asks.span.start));
        self.draft
            .insert(asks.span.start, format!("{code}{}{indent}", source.newline));
        let of_guard = |code: &str| code.replace("$GUARD", &name);
        let acquired = self.task.body.sites[self.task.site].span;
        self.draft.replace(acquired, of_guard(retake));
        let region = self.region;
        let releases: Vec<SiteId> = region.dropped.iter().chain(&region.kept).copied().collect();
        for site in releases {
            self.replace_call(site, &of_guard(free))?;
        }
        self.wraps = false;
        Ok(())
    }
}
