//! The release that is repeated: how it is written, and where it means the same.

use super::{Exits, has_comment};
use crate::finding::Reason;
use crate::flow::{Block, SiteId, SiteKind, Stmt, StmtKind};
use crate::plan::place::path_to;
use crate::plan::{Task, unchanged_by};
use crate::refusal::reason;
use crate::source::Span;

impl Exits<'_> {
    /// Takes the statement that asks before it releases, where the acquire asks as well. Returns whether
    /// the function has one.
    pub fn ask_first(&mut self) -> bool {
        let body = self.task.body;
        let asks = |site: SiteId| {
            let path = path_to(body, site)?;
            let at = path.iter().rev().nth(1)?;
            matches!(&at.stmt().kind, StmtKind::If { then, otherwise: None, .. } if then.stmts.len() == 1)
                .then(|| at.stmt())
        };
        let Some(stmt) = shown(&self.task).into_iter().find_map(asks) else {
            return false;
        };
        let conditional = path_to(body, self.task.site).is_some_and(|path| {
            let mut around = path.iter();
            around.any(|at| matches!(at.stmt().kind, StmtKind::If { .. }))
        });
        let source = self.task.file.source;
        let indent = source.indent_at(stmt.span.start);
        let text = source.text(stmt.span);
        let indent = String::from_utf8_lossy(indent);
        self.lines = text
            .lines()
            .map(|line| line.strip_prefix(&*indent).unwrap_or(line).to_owned())
            .collect();
        conditional && !has_comment(&self.task, stmt.span)
    }

    /// Whether the release means at `place` what it means elsewhere.
    pub(super) fn in_scope(&self, place: Span) -> Result<(), Reason> {
        let site = shown(&self.task)
            .first()
            .map(|site| self.task.body.sites[*site].span);
        let node = site.and_then(|span| {
            self.task
                .file
                .root
                .descendant_for_byte_range(span.start, span.end)
        });
        let Some(node) = node else { return Ok(()) };
        let mut used = Vec::new();
        let file = self.task.file;
        file.grammar.names_in(node, file.source.bytes, &mut used);
        match used.iter().find(|name| !self.visible(name, place)) {
            None => Ok(()),
            Some(name) => Err(reason(
                "control-flow",
                format!("`{name}` is not declared where the release would stand"),
            )),
        }
    }

    /// Whether no declaration of the name is out of sight at `place`.
    pub(super) fn visible(&self, name: &str, place: Span) -> bool {
        fn hidden(block: &Block, name: &str, place: Span) -> bool {
            let declares = |stmt: &Stmt| {
                let mut decls = stmt.decls.iter();
                decls.any(|decl| decl.names.iter().any(|own| own == name))
            };
            block.stmts.iter().any(|stmt| {
                (declares(stmt) && !(block.span.contains(place) && stmt.span.end <= place.start))
                    || stmt.blocks().iter().any(|block| hidden(block, name, place))
            })
        }
        !hidden(&self.task.body.root, name, place)
    }
}

/// The name of the lock must mean the same lock at every exit.
pub(super) fn stable(task: &Task<'_>) -> Result<(), Reason> {
    let site = &task.body.sites[task.site];
    let last = task
        .leaks
        .iter()
        .map(|leak| leak.span.end)
        .chain(
            task.releases
                .iter()
                .map(|site| task.body.sites[*site].span.end),
        )
        .max()
        .unwrap_or_default();
    let held = Span::new(site.span.end, last);
    let events = task.body.root.stmts.iter().flat_map(Stmt::all_events);
    unchanged_by(*task, events.filter(|event| held.contains(event.span)))
}

/// The releases that show how the lock is freed: where none is left that frees this very acquire,
/// others of the function do.
fn shown(task: &Task<'_>) -> Vec<SiteId> {
    if !task.releases.is_empty() {
        return task.releases.to_vec();
    }
    let sites = &task.body.sites;
    (0..sites.len())
        .filter(|site| {
            sites[*site].is_written_release() && sites[*site].key == sites[task.site].key
        })
        .collect()
}

/// The release as the function writes it, if it always writes it alike.
pub(super) fn release(task: &Task<'_>) -> Result<String, Reason> {
    let written = |site: &usize| task.body.sites[*site].span;
    let not_alike = || {
        reason(
            "not-released",
            "the function does not show one way to release the lock",
        )
    };
    let releases = shown(task);
    let mut texts: Vec<String> = Vec::new();
    for span in releases.iter().map(written) {
        let node = task
            .file
            .root
            .descendant_for_byte_range(span.start, span.end)
            .ok_or_else(not_alike)?;
        let file = task.file;
        let text = file.grammar.known_as(node, file.source.bytes);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let settles = releases.iter().any(|site| {
        matches!(
            task.body.sites[*site].what,
            SiteKind::Release { settles: true, .. } | SiteKind::Acquire(_)
        )
    });
    match (texts.len(), releases.first()) {
        (1, Some(first)) if !settles => Ok(task.file.source.text(written(first))),
        _ => Err(not_alike()),
    }
}
