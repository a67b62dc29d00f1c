//! The releases stay where they are; a flag says whether one is still due.

use crate::finding::{Reason, Rule};
use crate::flow::{BlockStyle, SiteId, StmtKind};
use crate::plan::build::Builder;
use crate::plan::names;
use crate::plan::place::{enclosing, gotos, unlabelled};
use crate::refusal::reason;

impl Builder<'_> {
    /// The releases stay where they are; a flag says whether one is still due.
    pub(in crate::plan) fn tracked(&mut self) -> Result<(), Reason> {
        // The ticket of one acquire does not free what another takes.
        if self.taken_again().is_empty() {
            self.bind_ticket()?;
        }
        let flag = self.flag()?;
        let mut all: Vec<SiteId> = self.region.dropped.clone();
        all.extend(&self.region.kept);
        all.extend(self.freed_again());
        all.sort_unstable();
        if self.region.main.is_some() || self.region.lifted.is_some() {
            return Err(reason("no-form", "a neater form fits"));
        }
        self.switch_may_end()?;
        for site in all {
            self.flag_release(site, &flag)?;
        }
        for site in self.taken_again() {
            let at = self.task.body.sites[site].span.start;
            let freed_before = self
                .task
                .releases
                .iter()
                .any(|release| self.task.body.sites[*release].span.end <= at);
            if !freed_before {
                return Err(reason("control-flow", "the lock is taken twice"));
            }
            self.flag_taken(site, &flag)?;
        }
        let acquire = self.task.body.sites[self.task.site].acquire();
        let initial = match acquire.and_then(|acquire| self.was_taken(acquire)) {
            Some(taken) if self.region.start.maybe => taken,
            _ if self.region.start.maybe => {
                return Err(reason(
                    "acquire-conditional",
                    "the acquire stands under a condition",
                ));
            }
            _ => self.printer.truth(true).to_owned(),
        };
        let declared = self.printer.declare_flag(&flag, &initial);
        self.released_if(&flag, declared)
    }

    /// A free name for the flag.
    pub(in crate::plan) fn flag(&self) -> Result<String, Reason> {
        let key = self.task.body.sites[self.task.site].key;
        names::free(&self.task, "held", &self.task.body.keys[key].shown)
    }

    /// That the function does not end in a switch of which the compiler sees that it returns in every
    /// case: it would not, in a `try`.
    pub(in crate::plan) fn switch_may_end(&self) -> Result<(), Reason> {
        let counted_on = self.region.stmts().last().is_some_and(|stmt| {
            matches!(
                stmt.kind,
                StmtKind::Switch {
                    exhaustive: true,
                    breakable: true,
                    ..
                }
            )
        });
        if counted_on && self.task.language.is_typed() {
            return Err(reason(
                "control-flow",
                "the compiler would not see that the switch returns in every case",
            ));
        }
        Ok(())
    }

    /// The construct that releases at its end if the flag says so.
    pub(in crate::plan) fn released_if(
        &mut self,
        flag: &str,
        declared: String,
    ) -> Result<(), Reason> {
        if self.defers() {
            return self.deferred_if(flag, declared);
        }
        let end = self.terminator();
        self.construct.open.push(format!("{declared}{end}"));
        self.open_try();
        let release = self.release_text()?;
        let indent = &self.task.file.source.indent;
        let finals = self.printer.when(flag, &format!("{release}{end}"), indent);
        self.finally(finals);
        Ok(())
    }

    /// Whether the construct goes round nothing.
    pub(in crate::plan) fn defers(&self) -> bool {
        self.printer.deferred(&[], "").is_some()
    }

    /// `held := true; defer func() { if held { release } }()`
    fn deferred_if(&mut self, flag: &str, declared: String) -> Result<(), Reason> {
        let indent = &self.task.file.source.indent;
        let release = self.release_text()?;
        let asks = self.printer.when(flag, &release, indent);
        let defer = self.printer.deferred(&asks, indent).unwrap_or_default();
        self.wraps = false;
        let Some(round) = self.round() else {
            self.may_declare()?;
            let mut lines = vec![declared];
            lines.extend(defer);
            return self.behind_acquire(&lines);
        };
        // Once for all rounds: the lock must be the same in each, and no round may end with it.
        let task = self.task;
        crate::plan::unchanged_in(task, round.stmts)?;
        let source = task.file.source;
        let start = round.first.span.start;
        let wide = self.region.start.acquire.is_none() && self.region.start.maybe;
        if (task.rule != Rule::LeakOnException && !wide) || !source.first_on_line(start) {
            return Err(reason(
                "no-form",
                "what is deferred in a loop runs only when the function is left",
            ));
        }
        let comes_in = round.label.is_some_and(|label| {
            gotos(&task.body.root.stmts, label).any(|goto| goto.span.start < start)
        });
        if comes_in {
            return Err(reason(
                "control-flow",
                "a goto would jump over what the fix declares",
            ));
        }
        // A label stands further out than what it labels.
        let labelled = unlabelled(round.first);
        let outer = String::from_utf8_lossy(source.indent_at(labelled.span.start)).into_owned();
        let mut lines = vec![self.printer.declare_flag(flag, self.printer.truth(false))];
        lines.extend(defer);
        let text: String = lines
            .iter()
            .map(|line| format!("{outer}{line}{}", source.newline))
            .collect();
        let at = source.line_start(start);
        self.draft.insert(at, text);
        if wide {
            return Ok(());
        }
        self.behind_acquire(&[self.printer.set_flag(flag, true)])
    }

    /// `held = false` in front of a release that stays.
    pub(in crate::plan) fn flag_release(&mut self, site: SiteId, flag: &str) -> Result<(), Reason> {
        let Some((block, index)) = enclosing(&self.task.body.root, site) else {
            return Err(reason(
                "acquire-in-expression",
                "a release is part of an expression",
            ));
        };
        let stmt = &block.stmts[index];
        if block.style == BlockStyle::Single {
            return Err(reason(
                "one-line",
                "a release stands in a branch without braces",
            ));
        }
        let source = self.task.file.source;
        let end = self.terminator();
        let set = self.printer.set_flag(flag, false);
        if source.first_on_line(stmt.span.start) {
            let indent = String::from_utf8_lossy(source.indent_at(stmt.span.start)).into_owned();
            let text = format!("{set}{end}{}{indent}{}", source.newline, self.step());
            // What a comment says of the release stays with it.
            let at = self.draft.start_with_comments(stmt, block);
            self.draft.insert(at, text);
        } else {
            self.draft.insert(stmt.span.start, format!("{set}; "));
        }
        Ok(())
    }

    /// How much deeper the lines of the region will be.
    fn step(&self) -> &str {
        if self.is_one_try() || self.defers() {
            ""
        } else {
            &self.task.file.source.indent
        }
    }

    /// `held = true` where an acquire of the lock has taken it.
    pub(in crate::plan) fn flag_taken(&mut self, site: SiteId, flag: &str) -> Result<(), Reason> {
        // The release at the end goes by the ticket of one acquire, if by any.
        let acquire = self.task.body.sites[site].acquire();
        if acquire.is_some_and(|acquire| acquire.ticket.is_some()) {
            return Err(reason(
                "control-flow",
                "each acquire of the lock has a release of its own",
            ));
        }
        let end = self.terminator();
        let step = self.step().to_owned();
        let sure = format!("{}{end}", self.printer.set_flag(flag, true));
        self.on_taken(site, &step, &|taken| match taken {
            Some(taken) => format!("{flag} = {taken}{end}"),
            None => sure.clone(),
        })
    }
}
