//! Functions that come back with a lock on purpose, as languages without constructs that release have
//! them: with what they found, for all locks of an array, or where nothing went wrong.

use super::explore::Paths;
use super::known::Around;
use crate::finding::LeakKind;
use crate::flow::{Block, Body, Cond, EventKind, KeyId, SiteId, Stmt, StmtKind, Test};
use crate::lower::File;
use crate::source::Span;

/// Whether the function returns something with the lock held, and nothing at all without it.
pub fn with_what_was_found(file: &File<'_>, body: &Body, site: SiteId, paths: &Paths) -> bool {
    let Some(leaks) = paths.leaks.get(&site) else {
        return false;
    };
    let mut found = Vec::new();
    let mut others = Vec::new();
    for (span, operand) in returns(&body.root) {
        if span.end <= body.sites[site].span.start {
            continue;
        }
        if leaks.contains_key(&span) {
            found.push(operand);
        } else {
            others.push(operand);
        }
    }
    let only_returns = leaks.values().all(|kind| *kind == LeakKind::Return);
    let is_null = |operand: &&str| file.grammar.is_nothing(operand);
    only_returns
        && !others.is_empty()
        && others.iter().all(is_null)
        && !found
            .iter()
            .any(|operand| operand.is_empty() || is_null(operand))
}

/// Every return with its operand.
pub fn returns(block: &Block) -> Vec<(Span, &str)> {
    let mut found = Vec::new();
    for stmt in &block.stmts {
        let mut stmt = stmt;
        while let StmtKind::Labeled { body, .. } = &stmt.kind {
            stmt = body;
        }
        if let StmtKind::Return { operand, .. } = &stmt.kind {
            found.push((stmt.span, operand.as_str()));
        }
        for inner in stmt.blocks() {
            found.extend(returns(inner));
        }
    }
    found
}

/// Whether a loop takes the lock round by round, or one of many in each round, to be freed by another
/// loop.
pub fn in_turn(body: &Body, around: &Around<'_>, site: SiteId) -> bool {
    let key = &body.keys[body.sites[site].key];
    let changes = |stmt: &Stmt| {
        stmt.all_events().iter().any(
            |event| matches!(&event.kind, EventKind::Assign { var, .. } if key.names.contains(var)),
        )
    };
    // A construct frees what it takes.
    let frees = |stmt: &Stmt| {
        body.sites.iter().enumerate().any(|(id, other)| {
            other.acquire().is_none_or(|acquire| acquire.implied)
                && other.key == body.sites[site].key
                && stmt.holds_site(id)
        })
    };
    let takes = |stmt: &Stmt| {
        body.sites.iter().enumerate().any(|(id, other)| {
            other.acquire().is_some() && other.key == body.sites[site].key && stmt.holds_site(id)
        })
    };
    let freed_in_turn = || {
        body.sites.iter().enumerate().any(|(id, other)| {
            let mut loops = loops_around(around, id);
            other.is_written_release()
                && other.key == body.sites[site].key
                && loops.any(|stmt| !takes(stmt))
        })
    };
    loops_around(around, site)
        .filter(|stmt| !asks_until_taken(stmt, site))
        .any(|stmt| !frees(stmt) && (changes(stmt) || freed_in_turn()))
}

/// Whether the loop does nothing but wait for the lock: `while (!lock.tryLock()) { … }`.
fn asks_until_taken(stmt: &Stmt, site: SiteId) -> bool {
    let StmtKind::Loop(waiting) = &stmt.kind else {
        return false;
    };
    !waiting.goes_on_while_taken() && !waiting.body.stmts.iter().any(|stmt| stmt.holds_site(site))
}

fn loops_around<'b>(around: &Around<'b>, site: SiteId) -> impl Iterator<Item = &'b Stmt> {
    let stmts = around.of(site).iter().copied();
    stmts.filter(|stmt| matches!(stmt.kind, StmtKind::Loop(_)))
}

/// Whether the release stands in a branch that leaves.
pub fn leaves_after(block: &Block, release: SiteId) -> bool {
    block.stmts.iter().any(|stmt| {
        stmt.holds_site(release)
            && stmt.blocks().iter().any(|inner| {
                let own = inner.stmts.iter().any(|stmt| {
                    matches!(stmt.kind, StmtKind::Plain(_)) && stmt.holds_site(release)
                });
                let leaves = inner.stmts.last().is_some_and(|last| {
                    let jumps = matches!(last.kind, StmtKind::Break(_) | StmtKind::Continue(_));
                    last.leaves() && !jumps
                });
                (own && leaves) || leaves_after(inner, release)
            })
    })
}

/// Whether the release stands in a branch that may be passed by, and in which the lock was not taken.
pub fn is_optional(block: &Block, release: SiteId, acquire: Span) -> bool {
    block.stmts.iter().any(|stmt| {
        let passed_by = matches!(
            &stmt.kind,
            StmtKind::If {
                otherwise: None,
                ..
            }
        );
        stmt.holds_site(release)
            && ((passed_by && !stmt.span.contains(acquire))
                || stmt
                    .blocks()
                    .iter()
                    .any(|inner| is_optional(inner, release, acquire)))
    })
}

/// Whether the site stands in a branch of the statement, which it may pass by.
pub fn in_branch(stmt: &Stmt, site: SiteId) -> bool {
    let passed_by = matches!(stmt.kind, StmtKind::If { .. });
    let own = stmt
        .own_events()
        .iter()
        .any(|event| matches!(event.kind, EventKind::Acquire(id) if id == site));
    !own && stmt.holds_site(site)
        && (passed_by
            || stmt
                .blocks()
                .iter()
                .flat_map(|block| &block.stmts)
                .any(|inner| in_branch(inner, site)))
}

/// Whether the release stands in a branch that may be passed by, goes on behind it, and has no part
/// in taking the lock.
pub fn is_passed_by(body: &Body, block: &Block, release: SiteId) -> bool {
    let key = body.sites[release].key;
    // Who frees it either way does not pass it by.
    let frees = |block: &Block| {
        (0..body.sites.len()).any(|site| {
            body.sites[site].key == key
                && body.sites[site].is_written_release()
                && block.stmts.iter().any(|stmt| stmt.holds_site(site))
        })
    };
    block.stmts.iter().any(|stmt| {
        let takes = || {
            (0..body.sites.len()).any(|site| {
                body.sites[site].key == key
                    && body.sites[site].acquire().is_some()
                    && stmt.holds_site(site)
            })
        };
        let here = match &stmt.kind {
            StmtKind::If {
                cond,
                then,
                otherwise,
            } => {
                !otherwise.as_ref().is_some_and(frees)
                    && !asks_whether_taken(body, cond, key)
                    && !then.stmts.last().is_some_and(Stmt::leaves)
                    && then.stmts.iter().any(|inner| {
                        matches!(inner.kind, StmtKind::Plain(_)) && inner.holds_site(release)
                    })
                    && !takes()
            }
            _ => false,
        };
        stmt.holds_site(release)
            && (here
                || stmt
                    .blocks()
                    .iter()
                    .any(|inner| is_passed_by(body, inner, release)))
    })
}

/// Whether the condition asks what an acquire of the lock has said: without the lock, there is nothing
/// to free.
fn asks_whether_taken(body: &Body, cond: &Cond, key: KeyId) -> bool {
    let told = |var: &String| {
        body.sites.iter().any(|site| {
            site.key == key
                && site
                    .acquire()
                    .is_some_and(|acquire| acquire.bound.as_ref() == Some(var))
        })
    };
    match cond {
        Cond::Test {
            test: Test::Var(var) | Test::IsNull(var),
            ..
        } => told(var),
        Cond::Test { .. } => false,
        Cond::Not(inner) => asks_whether_taken(body, inner, key),
        Cond::And(a, b) | Cond::Or(a, b) => {
            asks_whether_taken(body, a, key) || asks_whether_taken(body, b, key)
        }
    }
}
