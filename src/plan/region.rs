//! How far the guaranteed region reaches, and which releases in it the construct takes over.

use super::place::{At, Start, path_to, unlabelled};
use crate::flow::{Block, Body, Event, EventKind, Site, SiteId, SiteKind, Stmt, StmtKind};

/// The statements that a construct is to wrap.
#[derive(Debug, Clone)]
pub struct Region<'b> {
    pub start: Start<'b>,
    /// Exclusive index into the block.
    pub end: usize,
    /// The statement at `end` is the release that the construct takes over.
    pub main: Option<&'b Stmt>,
    /// A pure `return` behind the main release that moves into the region.
    pub absorbed: Option<&'b Stmt>,
    /// The last statement is a `try` whose `finally` does nothing but release: the construct
    /// takes its place.
    pub lifted: Option<Lifted<'b>>,
    /// Releases that the construct makes superfluous.
    pub dropped: Vec<SiteId>,
    /// Releases that must stay where they are.
    pub kept: Vec<SiteId>,
}

/// A `try` whose `finally` does nothing but release.
#[derive(Debug, Clone, Copy)]
pub struct Lifted<'b> {
    pub stmt: &'b Stmt,
    pub body: &'b Block,
    /// It has no handlers: nothing is left of it when its `finally` goes.
    pub bare: bool,
    /// Where the block in front of the `finally` ends.
    pub clause: usize,
    /// The `finally` does other things first: only this release goes.
    pub release: Option<(&'b Block, &'b Stmt)>,
}

impl<'b> Region<'b> {
    /// The wrapped statements.
    pub fn stmts(&self) -> &'b [Stmt] {
        &self.start.block.stmts[self.start.first..self.end]
    }

    /// Whether the region declares the ticket of another acquire, which is freed behind it: moved out, the
    /// ticket would be there before its lock is held, and no construct could begin behind the acquire.
    pub fn parts_ticket(&self, body: &Body) -> bool {
        let stmts = self.stmts();
        let Some(end) = stmts.last().map(|last| last.span.end) else {
            return false;
        };
        let declared = |ticket: &str| {
            let mut decls = stmts.iter().flat_map(|stmt| &stmt.decls);
            decls.any(|decl| decl.names.iter().any(|name| name == ticket))
        };
        let freed_behind = |own: &str| {
            body.sites.iter().any(|site| match &site.what {
                SiteKind::Release {
                    ticket: Some(ticket),
                    ..
                } => ticket == own && site.span.start >= end && !self.frees(site),
                _ => false,
            })
        };
        body.sites.iter().any(|site| {
            let ticket = site.acquire().and_then(|acquire| acquire.ticket.as_deref());
            ticket.is_some_and(|ticket| declared(ticket) && freed_behind(ticket))
        })
    }

    /// Whether the release is the one at the end of the region.
    fn frees(&self, release: &Site) -> bool {
        self.main
            .is_some_and(|main| main.span.contains(release.span))
    }

    /// Whether the release at the end of the region has a label, which has to stay.
    pub fn is_labelled(&self) -> bool {
        self.main
            .is_some_and(|main| matches!(main.kind, StmtKind::Labeled { .. }))
    }

    /// The statements of the block behind the region (and behind its main release).
    pub fn rest(&self) -> &'b [Stmt] {
        let skipped = usize::from(self.main.is_some()) + usize::from(self.absorbed.is_some());
        &self.start.block.stmts[self.end + skipped..]
    }
}

/// Every region that may do for a lock that `releases` free, from `start` on, best first.
pub fn regions<'b>(body: &'b Body, releases: &[SiteId], start: &Start<'b>) -> Vec<Region<'b>> {
    let stmts = &start.block.stmts;
    let mut ends: Vec<(usize, Option<&'b Stmt>)> = Vec::new();
    let lifted = (start.first..stmts.len())
        .find_map(|index| lifted(&stmts[index], releases, start).map(|lifted| (index, lifted)));
    if let Some((index, _)) = lifted {
        ends.push((index + 1, None));
    }
    let main = (start.first..stmts.len()).find(|index| {
        releases
            .iter()
            .any(|site| is_main_release(&stmts[*index], *site, start))
    });
    if let Some(index) = main {
        ends.push((index, Some(&stmts[index])));
    }
    let labelled = (start.first..stmts.len()).find(|index| {
        let stmt = &stmts[*index];
        let own = unlabelled(stmt);
        !std::ptr::eq(own, stmt)
            && releases
                .iter()
                .any(|site| is_main_release(own, *site, start))
    });
    if let Some(index) = labelled.filter(|_| main.is_none()) {
        ends.push((index, Some(&stmts[index])));
    }
    let last = (start.first..stmts.len())
        .rev()
        .find(|index| releases.iter().any(|site| stmts[*index].holds_site(*site)));
    if let Some(index) = last {
        ends.push((index + 1, None));
    }
    ends.push((stmts.len(), None));
    let mut found: Vec<Region<'b>> = Vec::new();
    for (number, (end, main)) in ends.into_iter().enumerate() {
        let lifted = lifted.filter(|_| number == 0).map(|(_, lifted)| lifted);
        let known = |region: &Region<'_>| {
            region.end == end && region.main.is_none() && region.lifted.is_none()
        };
        if end <= start.first || (lifted.is_none() && found.iter().any(known)) {
            continue;
        }
        let mut region = Region {
            start: start.clone(),
            end,
            main,
            absorbed: None,
            lifted,
            dropped: Vec::new(),
            kept: Vec::new(),
        };
        for &site in releases {
            if lifted.is_some_and(|lifted| lifted.clause <= body.sites[site].span.start)
                && region
                    .stmts()
                    .last()
                    .is_some_and(|stmt| stmt.holds_site(site))
            {
                continue;
            }
            if region.stmts().iter().any(|stmt| stmt.holds_site(site)) {
                if droppable(body, site, &region) {
                    region.dropped.push(site);
                } else {
                    region.kept.push(site);
                }
            }
        }
        found.push(region);
    }
    found
}

fn lifted<'b>(stmt: &'b Stmt, releases: &[SiteId], start: &Start<'_>) -> Option<Lifted<'b>> {
    let StmtKind::Try {
        body,
        handlers,
        otherwise,
        finally: Some(finally),
    } = &stmt.kind
    else {
        return None;
    };
    let is_release = |stmt: &Stmt| {
        releases
            .iter()
            .any(|site| is_main_release(stmt, *site, start))
    };
    let last = finally.stmts.last().filter(|stmt| is_release(stmt))?;
    let releases_only = finally.stmts.iter().all(is_release);
    let before = otherwise
        .as_ref()
        .or(handlers.last().map(|handler| &handler.body))
        .unwrap_or(body);
    Some(Lifted {
        stmt,
        body,
        bare: releases_only && handlers.is_empty() && otherwise.is_none(),
        clause: before.span.end,
        release: (!releases_only).then_some((finally, last)),
    })
}

/// A statement that does nothing but release; where the lock is only maybe held, also one that
/// asks first.
fn is_main_release(stmt: &Stmt, site: SiteId, start: &Start<'_>) -> bool {
    match &stmt.kind {
        StmtKind::Plain(events) => {
            events
                .iter()
                .any(|event| matches!(event.kind, EventKind::Release(id) if id == site))
                && events.iter().all(|event| {
                    matches!(
                        event.kind,
                        EventKind::Release(_)
                            | EventKind::MayThrow { .. }
                            | EventKind::Assign { .. }
                            | EventKind::Means { .. }
                    )
                })
        }
        StmtKind::If {
            then,
            otherwise: None,
            ..
        } => {
            start.maybe
                && then.stmts.len() == 1
                && stmt.own_events().iter().all(|event| is_pure(event))
                && is_main_release(&then.stmts[0], site, start)
        }
        _ => false,
    }
}

fn is_pure(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::MayThrow { .. }
            | EventKind::Assign { .. }
            | EventKind::Means { .. }
            | EventKind::Choice { .. }
    )
}

/// What control meets behind a release.
enum Ahead {
    /// It leaves the region (or the function) and nothing has been done.
    Leaves,
    /// Something happens that must not happen under the lock.
    Acts,
    /// Nothing so far.
    Nothing,
}

/// Whether nothing that others can see happens between the release and the end of the region.
fn droppable(body: &Body, site: SiteId, region: &Region<'_>) -> bool {
    if let SiteKind::Acquire(_) = body.sites[site].what {
        return false;
    }
    let Some(path) = path_to(body, site) else {
        return false;
    };
    let Some(level) = path
        .iter()
        .position(|at| std::ptr::eq(at.block, region.start.block))
    else {
        return false;
    };
    if !releases_last(path[path.len() - 1].stmt(), site) {
        return false;
    }
    for depth in (level..path.len()).rev() {
        let at = path[depth];
        let end = if depth == level {
            region.end
        } else {
            at.block.stmts.len()
        };
        match ahead(&at.block.stmts[at.index + 1..end], &path[level..depth]) {
            Ahead::Leaves => return true,
            Ahead::Acts => return false,
            Ahead::Nothing => {}
        }
        if depth == level {
            return true;
        }
        if !falls_out(path[depth - 1].stmt(), at.block) {
            return false;
        }
    }
    true
}

/// Whether the release is the last thing that its statement does.
fn releases_last(stmt: &Stmt, site: SiteId) -> bool {
    matches!(&stmt.kind, StmtKind::Plain(events)
        if matches!(events.last(), Some(Event { kind: EventKind::Release(id), .. }) if *id == site))
}

fn ahead(stmts: &[Stmt], around: &[At<'_>]) -> Ahead {
    for stmt in stmts {
        if !stmt.own_events().iter().all(|event| is_pure(event)) {
            return Ahead::Acts;
        }
        match &stmt.kind {
            StmtKind::Plain(_) => {}
            StmtKind::Return { .. } | StmtKind::Throw { .. } => {
                // What runs on the way out within the region would run under the lock.
                return if around.iter().any(|at| runs_on_the_way_out(at.stmt())) {
                    Ahead::Acts
                } else {
                    Ahead::Leaves
                };
            }
            StmtKind::Break(_) | StmtKind::Continue(_) => {
                let is_break = matches!(stmt.kind, StmtKind::Break(_));
                let stays = around.iter().any(|at| {
                    runs_on_the_way_out(at.stmt())
                        || match &at.stmt().kind {
                            StmtKind::Loop(_) | StmtKind::Labeled { .. } => true,
                            StmtKind::Switch { breakable, .. } => is_break && *breakable,
                            _ => false,
                        }
                });
                return if stays { Ahead::Acts } else { Ahead::Leaves };
            }
            _ => return Ahead::Acts,
        }
    }
    Ahead::Nothing
}

fn runs_on_the_way_out(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Try { finally, .. } => finally.is_some(),
        StmtKind::With { .. } => true,
        _ => false,
    }
}

/// Whether the end of the block is the end of the statement it stands in.
fn falls_out(stmt: &Stmt, block: &Block) -> bool {
    match &stmt.kind {
        StmtKind::If { .. } | StmtKind::Block(_) => true,
        StmtKind::Try {
            body,
            otherwise,
            finally,
            ..
        } => finally.is_none() && (otherwise.is_none() || !std::ptr::eq(body, block)),
        StmtKind::Switch { cases, .. } => cases.iter().enumerate().any(|(index, case)| {
            std::ptr::eq(&case.body, block) && (!case.falls_through || index + 1 == cases.len())
        }),
        StmtKind::Labeled { body, .. } => falls_out(body, block),
        _ => false,
    }
}
