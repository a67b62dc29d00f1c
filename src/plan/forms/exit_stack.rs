//! A stack of contexts, which can be closed before its end.

use crate::finding::Reason;
use crate::plan::build::Builder;
use crate::plan::names;
use crate::refusal::reason;

impl Builder<'_> {
    /// `with ExitStack() as stack:`, which can be closed before its end.
    pub(in crate::plan) fn exit_stack(&mut self) -> Result<(), Reason> {
        let code = self.with_code()?;
        let awaited = !code.starts_with("with ");
        let bound = self.task.body.sites[self.task.site]
            .acquire()
            .is_some_and(|acquire| acquire.bound.is_some());
        if bound {
            return Err(reason(
                "no-form",
                "a stack of contexts would drop what the acquire gives",
            ));
        }
        self.taken_once()?;
        self.drop_releases();
        let file = self.task.file;
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let name = names::free(&self.task, "stack", &key.shown)?;
        let stack = self
            .printer
            .exit_stack(file, &name, &key.shown, awaited)
            .ok_or_else(|| reason("no-form", "this language has no stack of contexts"))?;
        if let Some((at, text)) = stack.import {
            self.draft.insert(at, text);
        }
        for site in &self.region.kept {
            let span = self.task.body.sites[*site].span;
            self.draft.replace(span, stack.close.as_str());
        }
        let source = file.source;
        let acquired = self.region.start.acquire.map_or(0, |stmt| stmt.span.start);
        let indent = String::from_utf8_lossy(source.indent_at(acquired)).into_owned();
        self.construct.instead = Some(format!(
            "{}{}{indent}{}{}",
            stack.open, source.newline, source.indent, stack.enter
        ));
        Ok(())
    }
}
