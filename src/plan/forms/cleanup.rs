//! `cleanup`: a variable of C that frees the lock at the end of its block, as the compiler has it
//! (`__attribute__((cleanup(unlock_mutex)))`) or the library (`g_autoptr(GMutexLocker)`).

use crate::catalog::schema::FormCode;
use crate::finding::{Form, Reason};
use crate::plan::build::{Builder, would_move};
use crate::refusal::reason;

impl Builder<'_> {
    /// Declares the variable behind the acquire or in its place; releases that must keep their point
    /// are made by it.
    pub(in crate::plan) fn cleanup(&mut self) -> Result<(), Reason> {
        self.frees_only_its_own()?;
        let mut form = self.guard_form(Form::Cleanup)?;
        let in_use = self.name_function(&mut form)?;
        if !self.task.chosen && !in_use {
            return Err(reason(
                "no-form",
                "the attribute `cleanup` has to be asked for: `--form cleanup`",
            ));
        }
        let kept = self.region.kept.clone();
        if let (Some(first), None) = (kept.first(), &form.free) {
            return Err(would_move(&self.task, *first));
        }
        let to_the_end = self.region.rest().is_empty();
        if self.region.is_labelled() && !to_the_end {
            return Err(reason(
                "control-flow",
                "other work stands behind the label at which the lock is released",
            ));
        }
        if to_the_end {
            // What stands in a block of its own is out of sight for those who jump over it.
            self.may_declare()?;
        }
        self.taken_once()?;
        let guard = self.declared(&form)?;
        self.drop_releases();
        for site in kept {
            let free = form.free.as_deref().unwrap_or_default();
            self.replace_call(site, &free.replace("$GUARD", &guard.name))?;
        }
        self.place(&guard)
    }

    /// Gives the function of the form its name, and defines it where nobody has. Says whether the
    /// file uses the form already.
    fn name_function(&mut self, form: &mut FormCode) -> Result<bool, Reason> {
        if form.define.is_none() {
            let head = form.code.split('$').next().unwrap_or_default().trim_end();
            return Ok(super::guard::mentions(
                self.task.file.source.bytes,
                head.as_bytes(),
            ));
        }
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let definition = self
            .printer
            .definition(self.task.file, key.entry, form)
            .ok_or_else(|| reason("no-form", "there is no place for the function that frees"))?;
        for code in std::iter::once(&mut form.code).chain(&mut form.adopt) {
            *code = code.replace("$FUNCTION", &definition.name);
        }
        let known = definition.missing.is_none();
        if let Some((at, text)) = definition.missing {
            self.draft.insert(at, text);
        }
        Ok(known)
    }
}
