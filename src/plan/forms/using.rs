//! `using`: the end of the block releases.

use crate::finding::{Form, Reason};
use crate::plan::build::{Builder, would_move};
use crate::plan::names;
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// `using release = await lock.acquire()`: the block's end releases.
    pub(in crate::plan) fn using(&mut self) -> Result<(), Reason> {
        let code = self
            .task
            .entry()
            .form_code(Form::Using)
            .ok_or_else(|| reason("no-form", "this library has no disposable ticket"))?
            .to_owned();
        self.taken_once()?;
        let site = &self.task.body.sites[self.task.site];
        let (Some(stmt), Some(acquire)) = (self.region.start.acquire, site.acquire()) else {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        };
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.drop_releases();
        self.wraps = false;
        let text = self.task.file.source.text(stmt.span);
        match acquire.binding {
            Some(binding) if text.starts_with("const ") && binding.start == stmt.span.start => {
                let keyword = Span::new(binding.start, binding.start + "const".len());
                self.draft.replace(keyword, code.as_str());
            }
            None => {
                let key = &self.task.body.keys[site.key];
                let name = names::free(&self.task, "held", &key.shown)?;
                self.draft
                    .insert(site.span.start, format!("{code} {name} = "));
            }
            Some(_) => {
                return Err(reason(
                    "declared-in-span",
                    "the ticket is assigned more than once",
                ));
            }
        }
        Ok(())
    }
}
