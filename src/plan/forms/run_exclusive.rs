//! The library's own helper, which holds the lock while a callback runs.

use crate::finding::{Form, Reason};
use crate::plan::build::{Builder, would_move};
use crate::plan::callback::returns;
use crate::refusal::reason;

impl Builder<'_> {
    /// `await lock.runExclusive(async () => { … })`
    pub(in crate::plan) fn run_exclusive(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let code = self
            .task
            .entry()
            .form_code(Form::RunExclusive)
            .ok_or_else(|| reason("no-form", "this library has no such helper"))?
            .to_owned();
        if self.region.start.acquire.is_none() || self.region.start.maybe {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        }
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.closure_is_legal()?;
        if !self.construct.above.is_empty() {
            // Compilers do not follow it, and a promise that gets out that way settles under the
            // lock.
            return Err(reason(
                "declared-in-span",
                "what the span declares is needed outside of the callback",
            ));
        }
        self.drop_releases();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let code = code.replace("$LOCK", &key.shown);
        // The body goes between the braces of the catalogue's `{}`.
        let body = code
            .find("{}")
            .ok_or_else(|| reason("no-form", "the catalogue gives no body for this form"))?;
        let (open, close) = code.split_at(body + 1);
        let returned = self.region.stmts().iter().any(returns) || self.region.absorbed.is_some();
        let head = if returned { "return " } else { "" };
        self.construct.instead = Some(format!("{head}{open}"));
        self.construct.close = Some(format!("{close}{}", self.terminator()));
        Ok(())
    }
}
