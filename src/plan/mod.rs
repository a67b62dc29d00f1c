//! Candidates for a fix: which region, which form, which edits. What is legal is proved afterwards
//! (see [`crate::verify`]); the plan only orders what is worth trying.

mod build;
mod callback;
mod exits;
mod forms;
mod hoist;
mod inside_try;
mod lift;
pub mod names;
pub mod place;
mod promise;
pub mod region;
mod wide;

use crate::analysis::NEATER;
use crate::edit::Edit;
use crate::finding::{Form, Leak, Reason, Rule};
use crate::flow::{Body, Event, EventKind, SiteId, SiteKind, Stmt};
use crate::language::Language;
use crate::lower::File;
use crate::refusal::reason;
use crate::source::Span;
use build::Builder;
use region::Region;
use std::cell::OnceCell;
use std::collections::HashSet;

/// A rewrite that is worth proving.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub form: Form,
    pub edits: Vec<Edit>,
    /// Right, but not how people would write it: another form goes first, where one fits.
    pub strained: bool,
}

impl Candidate {
    fn new(form: Form, edits: Vec<Edit>) -> Candidate {
        Candidate {
            form,
            edits,
            strained: false,
        }
    }
}

/// A region and a form, written down.
struct Built {
    edits: Vec<Edit>,
    /// Declarations move out of the region, or a block comes in for it.
    disturbs: bool,
    strained: bool,
}

impl Built {
    fn candidate(self, form: Form) -> Candidate {
        Candidate {
            form,
            edits: self.edits,
            strained: self.strained,
        }
    }
}

/// What the plan has to know.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub file: &'a File<'a>,
    pub language: Language,
    pub body: &'a Body,
    pub site: SiteId,
    /// The releases in the text that free what the acquire takes.
    pub releases: &'a [SiteId],
    pub rule: Rule,
    /// The user asked for this form.
    pub chosen: bool,
    /// The exits that leave with the lock held.
    pub leaks: &'a [Leak],
    /// Spans of strings that reach over several lines.
    pub verbatim: &'a [Span],
    /// The names that a fix must not bring in, once they have been collected.
    pub taken: &'a OnceCell<HashSet<String>>,
    /// Give up the points at which branches release, which makes a fix unsafe.
    pub forced: bool,
}

impl Task<'_> {
    /// The catalogue entry of the lock.
    pub fn entry(&self) -> &crate::catalog::Entry {
        let key = self.body.sites[self.site].key;
        &self.file.catalog.entries[self.body.keys[key].entry]
    }
}

/// Why findings of this rule have no fix.
fn only_reported(rule: Rule) -> Reason {
    match rule {
        Rule::NeverReleased => reason(
            "not-released",
            "where the lock is meant to be free again, the function does not say",
        ),
        Rule::DoubleRelease => reason(
            "double-release",
            "which of the releases is one too many, the function does not say",
        ),
        _ => reason("no-form", "no neater form fits here"),
    }
}

/// The candidates of one form, best first, or why there are none.
pub fn candidates(task: Task<'_>, form: Form) -> Result<Vec<Candidate>, Reason> {
    if task.rule == Rule::AcquireInsideTry {
        return inside_try::candidates(task, form);
    }
    let neater = task.rule == Rule::ManualRelease && NEATER.contains(&form);
    if !neater && !matches!(task.rule, Rule::LeakOnExit | Rule::LeakOnException) {
        return Err(only_reported(task.rule));
    }
    let settles = |site: &SiteId| {
        matches!(
            task.body.sites[*site].what,
            SiteKind::Release { settles: true, .. }
        )
    };
    if task.releases.iter().any(settles) {
        return promise::candidates(task, form);
    }
    let acquire = task.body.sites[task.site].acquire();
    if acquire.is_some_and(|acquire| acquire.ignored) {
        return Err(reason(
            "acquire-result-ignored",
            "the acquire may fail, and its result is not looked at",
        ));
    }
    if let Some(candidates) = forms::of_function(form) {
        return candidates(task);
    }
    let starts = place::starts(task.body, task.site);
    let mut refused = starts.is_empty().then(|| {
        reason(
            "acquire-in-expression",
            "the acquire is part of a larger expression or condition",
        )
    });
    let mut found = Vec::new();
    // What adds a block although a declaration alone may do.
    let mut larger = Vec::new();
    for start in &starts {
        for mut region in region::regions(task.body, task.releases, start) {
            if task.forced {
                let kept = std::mem::take(&mut region.kept);
                region.dropped.extend(kept);
            }
            let all_kept = keeps_releases(form).then(|| Region {
                kept: [region.dropped.as_slice(), &region.kept].concat(),
                dropped: Vec::new(),
                ..region.clone()
            });
            let plain = build(task, form, &region);
            let disturbs = plain.as_ref().map_or(true, |built| built.disturbs);
            let absorbed = absorbing(&region)
                .filter(|_| disturbs)
                .and_then(|region| build(task, form, &region).ok());
            // Taking a pure `return` in is shorter.
            found.extend(absorbed.map(|built| built.candidate(form)));
            let kept = all_kept.and_then(|region| build(task, form, &region).ok());
            for built in std::iter::once(plain).chain(kept.map(Ok)) {
                match built {
                    Ok(built) if built.disturbs && keeps_releases(form) => {
                        larger.push(built.candidate(form));
                    }
                    Ok(built) => found.push(built.candidate(form)),
                    Err(reason) => {
                        refused.get_or_insert(reason);
                    }
                }
            }
        }
    }
    found.append(&mut larger);
    found.sort_by_key(|candidate| candidate.strained);
    if task.rule != Rule::ManualRelease && forms::is_wide(form) {
        let whole = wide::regions(task.body, task.site, task.releases)
            .into_iter()
            // A guard lives to the end of its block.
            .filter(|region| form != Form::UniqueLock || region.rest().is_empty());
        for region in whole {
            match build_wide(task, form, &region) {
                Ok(built) => found.push(built.candidate(form)),
                Err(reason) => {
                    refused.get_or_insert(reason);
                }
            }
        }
    }
    if found.is_empty() {
        return Err(refused.unwrap_or_else(|| {
            reason("no-form", "no statement follows the acquire in its block")
        }));
    }
    Ok(found)
}

/// Whether the construct may be told to free the lock before its end: then no release has to go.
fn keeps_releases(form: Form) -> bool {
    form == Form::UniqueLock
}

/// The region with the pure `return` behind its main release taken in.
fn absorbing<'b>(region: &Region<'b>) -> Option<Region<'b>> {
    let main = region.main?;
    let next = region.rest().first()?;
    let pure = matches!(next.kind, crate::flow::StmtKind::Return { .. })
        && next
            .own_events()
            .iter()
            .all(|event| matches!(event.kind, EventKind::MayThrow { .. }));
    pure.then(|| Region {
        main: Some(main),
        absorbed: Some(next),
        ..region.clone()
    })
}

fn build(task: Task<'_>, form: Form, region: &Region<'_>) -> Result<Built, Reason> {
    stable(task, region)?;
    if region.is_labelled() && form != Form::Cleanup {
        return Err(reason(
            "control-flow",
            "jumps lead to the release, and its label has to stay",
        ));
    }
    let mut builder = Builder::new(task, region, form)?;
    forms::write(form, &mut builder)?;
    finished(builder)
}

/// The same of one construct around everything that the region does to the lock.
fn build_wide(task: Task<'_>, form: Form, region: &Region<'_>) -> Result<Built, Reason> {
    stable(task, region)?;
    let mut builder = Builder::new(task, region, form)?;
    forms::write_wide(form, &mut builder)?;
    finished(builder)
}

fn finished(builder: Builder<'_>) -> Result<Built, Reason> {
    let parts = builder.region.parts_ticket(builder.task.body);
    let (disturbs, strained) = (builder.disturbs(), builder.strained || parts);
    builder
        .finish()
        .map(|edits| Built {
            edits,
            disturbs,
            strained,
        })
        .map_err(|_| reason("one-line", "the code shares its line with other statements"))
}

/// The name of the lock must mean the same lock when it is released.
fn stable(task: Task<'_>, region: &Region<'_>) -> Result<(), Reason> {
    unchanged_in(task, region.stmts())
}

/// Nothing in the statements gives another meaning to the name of the lock, or to what its release
/// is given.
pub(crate) fn unchanged_in(task: Task<'_>, stmts: &[Stmt]) -> Result<(), Reason> {
    unchanged_by(task, stmts.iter().flat_map(Stmt::all_events))
}

/// The same of events.
fn unchanged_by<'e>(
    task: Task<'_>,
    mut events: impl Iterator<Item = &'e Event>,
) -> Result<(), Reason> {
    let site = &task.body.sites[task.site];
    let key = &task.body.keys[site.key];
    let ticket = site.acquire().and_then(|acquire| acquire.ticket.as_deref());
    let named = ticket.is_none() || task.entry().ticket_needs_lock();
    let mut names: Vec<&str> = ticket.into_iter().collect();
    if named {
        names.extend(key.names.iter().map(String::as_str));
    }
    let operands = release_operands(task);
    names.extend(operands.iter().map(String::as_str));
    let assigned = events.find_map(|event| match &event.kind {
        EventKind::Assign { var, .. } => names.iter().find(|name| *name == var),
        _ => None,
    });
    if let Some(name) = assigned {
        return Err(reason(
            "lock-may-change",
            format!("`{name}` is assigned while `{}` is held", key.shown),
        ));
    }
    if key.has_call && named {
        return Err(reason(
            "receiver-has-call",
            format!(
                "`{}` may be another lock each time it is asked for",
                key.shown
            ),
        ));
    }
    Ok(())
}

/// What the release that a construct would repeat mentions.
fn release_operands(task: Task<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let release = task.releases.first().and_then(|site| {
        let span = task.body.sites[*site].span;
        task.file
            .root
            .descendant_for_byte_range(span.start, span.end)
    });
    if let Some(arguments) = release.and_then(|call| task.file.grammar.arguments(call)) {
        let text = task.file.source.bytes;
        task.file.grammar.names_in(arguments, text, &mut names);
    }
    names
}
