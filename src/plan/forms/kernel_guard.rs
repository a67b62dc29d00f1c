//! `kernel-guard`: every lock of the function is taken by a guard, which frees it at the end of its
//! block: `guard(mutex)(&lock);`, `scoped_guard(mutex, &lock) { … }`.
//!
//! A function is converted whole or not at all: what is freed by hand and what is freed by a guard, with
//! jumps between them, is where the two go wrong.

use crate::edit::{Edit, EditSet};
use crate::finding::{Form, Reason, Rule};
use crate::flow::{Block, BlockStyle, Body, SiteId, Stmt, StmtKind};
use crate::plan::build::{Builder, would_move};
use crate::plan::callback::jumps_out;
use crate::plan::place::{enclosing, starts};
use crate::plan::region::{Region, regions};
use crate::plan::{Candidate, Task};
use crate::refusal::reason;

/// The one candidate.
pub fn candidates(task: Task<'_>) -> Result<Vec<Candidate>, Reason> {
    if task.rule != Rule::ManualRelease && !task.chosen {
        return Err(reason(
            "no-form",
            "guards are for functions that release in every case",
        ));
    }
    if task.body.root.stmts.iter().any(jumps) {
        return Err(reason(
            "control-flow",
            "the function uses goto, which does not mix with guards",
        ));
    }
    let mut all = EditSet::default();
    let mut edits: Vec<Edit> = Vec::new();
    let mut variables: Vec<String> = Vec::new();
    for site in by_hand(&task) {
        let releases = releases_of(&task, site);
        let own = Task {
            site,
            releases: &releases,
            ..task
        };
        edits.extend(guard(own)?);
        for variable in passed(own) {
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        }
    }
    for variable in variables {
        let gone: Vec<_> = (0..task.body.sites.len())
            .map(|site| task.body.sites[site].span)
            .collect();
        let without = task
            .language
            .printer()
            .without_variable(task.file, task.body.span, &variable, &gone)
            .ok_or_else(|| {
                reason(
                    "declared-in-span",
                    format!("`{variable}` is used for more than the lock"),
                )
            })?;
        for span in without {
            all.delete(span);
        }
    }
    for edit in edits {
        all.replace(crate::source::Span::new(edit.start, edit.end), edit.text);
    }
    let edits = all
        .finish()
        .map_err(|_| reason("one-line", "the code shares its line with other statements"))?;
    Ok(vec![Candidate::new(Form::KernelGuard, edits)])
}

/// The acquires of the function that a guard could do.
fn by_hand(task: &Task<'_>) -> Vec<SiteId> {
    let body = task.body;
    (0..body.sites.len())
        .filter(|site| {
            let acquire = body.sites[*site].acquire();
            let entry = &task.file.catalog.entries[body.keys[body.sites[*site].key].entry];
            acquire.is_some_and(|acquire| !acquire.implied)
                && entry.form_code(Form::KernelGuard).is_some()
        })
        .collect()
}

/// The releases that may free what the acquire takes.
fn releases_of(task: &Task<'_>, site: SiteId) -> Vec<SiteId> {
    let sites = &task.body.sites;
    (0..sites.len())
        .filter(|other| sites[*other].is_written_release() && sites[*other].key == sites[site].key)
        .filter(|other| sites[*other].span.start > sites[site].span.start)
        .collect()
}

/// The edits for one acquire.
fn guard(task: Task<'_>) -> Result<Vec<Edit>, Reason> {
    let conditional = || {
        reason(
            "acquire-conditional",
            "the acquire stands under a condition",
        )
    };
    let start = starts(task.body, task.site)
        .into_iter()
        .find(|start| start.acquire.is_some() && !start.maybe)
        .ok_or_else(conditional)?;
    let mut refused = None;
    for region in regions(task.body, task.releases, &start) {
        match at(task, &region) {
            Ok(edits) => return Ok(edits),
            Err(reason) => {
                refused.get_or_insert(reason);
            }
        }
    }
    Err(refused.unwrap_or_else(conditional))
}

fn at(task: Task<'_>, region: &Region<'_>) -> Result<Vec<Edit>, Reason> {
    super::super::stable(task, region)?;
    if let Some(kept) = region.kept.first() {
        return Err(would_move(&task, *kept));
    }
    let freed: Vec<SiteId> = task
        .releases
        .iter()
        .copied()
        .filter(|site| {
            region.dropped.contains(site) || region.main.is_some_and(|main| main.holds_site(*site))
        })
        .collect();
    if region
        .dropped
        .iter()
        .any(|site| !stands_in_block(task.body, *site))
    {
        return Err(reason("one-line", "a release is all that a branch does"));
    }
    let (whole, scoped) = codes(&task, &freed)?;
    let mut builder = Builder::new(task, region, Form::KernelGuard)?;
    builder.taken_once()?;
    let to_the_end =
        region.rest().iter().all(is_plain_return) && region.start.block.style == BlockStyle::Braced;
    let key = &task.body.keys[task.body.sites[task.site].key];
    let named = |code: &str| code.replace("$LOCK", &key.shown);
    builder.drop_releases();
    if to_the_end {
        let acquire = region.start.acquire.map(|stmt| stmt.span);
        if let Some(span) = acquire {
            builder.draft.replace(span, format!("{};", named(whole)));
        }
        builder.wraps = false;
    } else {
        let scoped = scoped.ok_or_else(|| {
            reason(
                "no-form",
                "the guard of this lock lives to the end of its block",
            )
        })?;
        if region.stmts().iter().any(jumps_out) {
            return Err(reason(
                "control-flow",
                "a jump would only leave the block of the guard",
            ));
        }
        builder.hoist()?;
        if builder.disturbs() {
            return Err(reason(
                "declared-in-span",
                "what the span declares is used behind it",
            ));
        }
        builder.construct.instead = Some(format!("{} {{", named(scoped)));
        builder.construct.close = Some("}".to_owned());
    }
    builder
        .finish()
        .map_err(|_| reason("one-line", "the code shares its line with other statements"))
}

/// Whether the release stands in braces: without it, there is still a branch.
fn stands_in_block(body: &Body, site: SiteId) -> bool {
    enclosing(&body.root, site).is_some_and(|(block, _)| block.style != BlockStyle::Single)
}

/// The guards for the way in which the lock is taken and freed here.
fn codes<'a>(task: &Task<'a>, freed: &[SiteId]) -> Result<(&'a str, Option<&'a str>), Reason> {
    let called = |site: SiteId| {
        let span = task.body.sites[site].span;
        let node = task
            .file
            .root
            .descendant_for_byte_range(span.start, span.end)?;
        task.file.grammar.called_word(node, task.file.source.bytes)
    };
    let none = || {
        reason(
            "no-form",
            "there is no guard for the way in which this lock is taken and freed",
        )
    };
    let acquire = called(task.site).ok_or_else(none)?;
    let mut releases: Vec<String> = freed.iter().filter_map(|site| called(*site)).collect();
    releases.dedup();
    let [release] = releases.as_slice() else {
        return Err(none());
    };
    let key = task.body.sites[task.site].key;
    let entry = &task.file.catalog.entries[task.body.keys[key].entry];
    entry
        .form_for(Form::KernelGuard, &acquire, release)
        .map(|code| (code.code.as_str(), code.scoped.as_deref()))
        .ok_or_else(none)
}

/// Variables that the acquire is passed and that are no part of the lock's name: `flags`.
fn passed(task: Task<'_>) -> Vec<String> {
    let site = &task.body.sites[task.site];
    let own = &task.body.keys[site.key].names;
    let mut names = Vec::new();
    let file = task.file;
    if let Some(node) = file
        .root
        .descendant_for_byte_range(site.span.start, site.span.end)
        .and_then(|call| file.grammar.arguments(call))
    {
        file.grammar.names_in(node, file.source.bytes, &mut names);
    }
    names.retain(|name| !own.contains(name));
    names
}

/// A return that reads at most: it may as well run with the lock held.
fn is_plain_return(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::Return { value, .. } if value.is_empty())
}

fn jumps(stmt: &Stmt) -> bool {
    fn any(block: &Block) -> bool {
        block.stmts.iter().any(jumps)
    }
    match &stmt.kind {
        StmtKind::Goto(_) | StmtKind::Labeled { .. } => true,
        _ => stmt.blocks().into_iter().any(any),
    }
}
