//! The library's own helper, which holds the lock while a callback runs.

use crate::finding::{Form, Reason};
use crate::flow::SiteId;
use crate::lower::span;
use crate::plan::build::{Builder, would_move};
use crate::plan::callback::returns;
use crate::plan::place::enclosing;
use crate::refusal::reason;
use crate::rewrite::printer::Moved;
use crate::source::Span;

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
        let code = self.told(code)?;
        self.drop_releases();
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

    /// The code with the lock, what the acquire was given, and what the callback has to be told.
    fn told(&self, code: String) -> Result<String, Reason> {
        let (task, file) = (self.task, self.task.file);
        let site = &task.body.sites[task.site];
        let mut code = code.replace("$LOCK", &task.body.keys[site.key].shown);
        if code.contains("$ARGUMENTS") {
            let given = file
                .root
                .descendant_for_byte_range(site.span.start, site.span.end)
                .and_then(|acquire| file.grammar.arguments(acquire))
                .map(|arguments| file.source.text(span(arguments)))
                .and_then(|text| Some(text.strip_prefix('(')?.strip_suffix(')')?.to_owned()))
                .ok_or_else(|| reason("no-form", "what the acquire is given is not understood"))?;
            code = code.replace("$ARGUMENTS", &given);
        }
        let stmts = self.region.stmts();
        let (Some(first), Some(last)) = (stmts.first(), self.region.absorbed.or(stmts.last()))
        else {
            return Err(reason("no-form", "no statement follows the acquire"));
        };
        let released = |site: &SiteId| enclosing(&task.body.root, *site);
        let mut gone: Vec<Span> = self
            .region
            .dropped
            .iter()
            .filter_map(released)
            .map(|(block, index)| block.stmts[index].span)
            .collect();
        gone.extend(self.region.main.map(|main| main.span));
        let moved = Moved {
            region: Span::new(first.span.start, last.span.end),
            gone: &gone,
            ticket: site.acquire().and_then(|acquire| acquire.ticket.as_deref()),
        };
        self.printer
            .callback(file, moved, code)
            .map_err(|(code, message)| reason(code, message))
    }
}
