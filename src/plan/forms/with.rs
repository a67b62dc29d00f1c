//! `with lock:` instead of the acquire.

use crate::finding::{Form, Reason};
use crate::plan::build::{Builder, would_move};
use crate::refusal::reason;

impl Builder<'_> {
    /// `with lock:` instead of the acquire; nothing else is left of it.
    pub(in crate::plan) fn with(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let code = self.with_code()?;
        let acquire = self.task.body.sites[self.task.site].acquire();
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.drop_releases();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let site = &self.task.body.sites[self.task.site];
        let mut head = code.replace("$LOCK", &key.shown);
        if head.contains("$ACQUIRE") {
            head = head.replace("$ACQUIRE", &self.task.file.source.text(site.span));
        }
        if let Some(ticket) = acquire.and_then(|acquire| acquire.ticket.as_deref()) {
            head = head.replace("$TICKET", ticket);
        }
        // `with $LOCK as $VALUE:` gives what the acquire gives.
        head = match acquire.and_then(|acquire| acquire.bound.as_deref()) {
            Some(bound) => head.replace("$VALUE", bound),
            None => head.replace(" as $VALUE", ""),
        };
        self.construct.instead = Some(head);
        Ok(())
    }

    /// The code of the lock's `with`, where the acquire does no more and no less than that.
    pub(in crate::plan) fn with_code(&self) -> Result<String, Reason> {
        let code = self
            .task
            .entry()
            .form_code(Form::With)
            .ok_or_else(|| reason("no-form", "this lock is no context manager"))?
            .to_owned();
        let lone = self.region.start.acquire.is_some() && !self.region.start.maybe;
        let acquire = self.task.body.sites[self.task.site].acquire();
        let plain = acquire.is_some_and(|acquire| {
            !acquire.conditional
                && (acquire.bound.is_none() || code.contains("$TICKET") || code.contains("$VALUE"))
        });
        if !lone || !plain {
            return Err(reason(
                "acquire-conditional",
                "the acquire can fail or its result is used, which `with` does not tell",
            ));
        }
        Ok(code)
    }
}
