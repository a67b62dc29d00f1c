//! Where acquires, releases and leaks stand in a body.

use super::known::Around;
use crate::finding::LeakKind;
use crate::flow::{
    Block, Body, Cond, Event, EventKind, KeyId, SiteId, SiteKind, Stmt, StmtKind, Test,
};
use crate::source::Span;
use std::collections::HashSet;

/// Whether the place is in the very statement of the acquire, of which that is a part: nothing
/// could stand between the two.
pub fn same_statement(body: &Body, around: &Around<'_>, place: Span, site: SiteId) -> bool {
    fn search(stmts: &[Stmt], place: Span, site: SiteId) -> bool {
        stmts.iter().any(|stmt| {
            let StmtKind::Plain(events) = &stmt.kind else {
                let mut blocks = stmt.blocks().into_iter();
                return blocks.any(|block| search(&block.stmts, place, site));
            };
            let mut spans = Vec::new();
            direct(events, &mut spans);
            let acquire = |(_, taken): &(Span, Option<SiteId>)| *taken == Some(site);
            (spans.iter().any(acquire) && spans.iter().any(|(span, _)| *span == place))
                || callbacks(events).any(|block| search(&block.stmts, place, site))
        })
    }
    let mut plain = around
        .of(site)
        .iter()
        .filter(|stmt| matches!(stmt.kind, StmtKind::Plain(_)));
    place != body.sites[site].span
        && plain.any(|stmt| search(std::slice::from_ref(*stmt), place, site))
}

/// The events of a statement, those of callbacks left out, with the site that each takes.
fn direct(events: &[Event], out: &mut Vec<(Span, Option<SiteId>)>) {
    for event in events {
        out.push(match event.kind {
            EventKind::Acquire(site) => (event.span, Some(site)),
            _ => (event.span, None),
        });
        if let EventKind::Choice { yes, no, .. } = &event.kind {
            direct(yes, out);
            direct(no, out);
        }
    }
}

/// The callbacks that run in place.
fn callbacks(events: &[Event]) -> impl Iterator<Item = &Block> {
    events.iter().filter_map(|event| match &event.kind {
        EventKind::Inline { body, .. } => Some(body),
        _ => None,
    })
}

/// Whether what `takes` a lock stands under a condition on the variable alone.
pub fn taken_under(stmts: &[Stmt], var: &str, takes: &dyn Fn(&Stmt) -> bool) -> bool {
    let mut asked = Vec::new();
    asked_around(stmts, takes, &mut asked);
    asked.contains(&var)
}

/// The variables that alone decide about one of the branches in which something `stands`.
pub fn asked_around<'b>(stmts: &'b [Stmt], stands: &dyn Fn(&Stmt) -> bool, out: &mut Vec<&'b str>) {
    for stmt in stmts {
        let asked = match &stmt.kind {
            StmtKind::If { cond, .. } => {
                let cond = match cond {
                    Cond::Not(inner) => inner,
                    cond => cond,
                };
                match cond {
                    Cond::Test {
                        test: Test::Var(var),
                        ..
                    } => Some(var.as_str()),
                    _ => None,
                }
            }
            _ => None,
        };
        for block in stmt.blocks() {
            if block.stmts.iter().any(stands) {
                out.extend(asked);
            }
            asked_around(&block.stmts, stands, out);
        }
    }
}

/// Whether the place is in a `finally` that releases: that construct is the guarantee, and
/// what it does first (a log line, as a rule) is not worth a warning.
pub fn in_releasing_finally(body: &Body, place: Span, key: KeyId) -> bool {
    fn search(body: &Body, stmts: &[Stmt], place: Span, key: KeyId) -> bool {
        stmts.iter().any(|stmt| {
            if let StmtKind::Try {
                finally: Some(finally),
                ..
            } = &stmt.kind
                && finally.span.contains(place)
                && frees(body, &finally.stmts, key)
            {
                return true;
            }
            stmt.span.contains(place)
                && stmt
                    .blocks()
                    .iter()
                    .any(|block| search(body, &block.stmts, place, key))
        })
    }
    search(body, &body.root.stmts, place, key)
}

/// Whether a statement that leaves it to the end of its block holds the release: `defer`.
pub fn left_to_the_end(body: &Body, release: SiteId) -> bool {
    fn search(stmts: &[Stmt], place: Span) -> bool {
        stmts.iter().any(|stmt| {
            stmt.span.contains(place)
                && (matches!(stmt.kind, StmtKind::Scoped { .. })
                    || stmt
                        .blocks()
                        .iter()
                        .any(|block| search(&block.stmts, place)))
        })
    }
    search(&body.root.stmts, body.sites[release].span)
}

/// Whether the acquire stands in the body of a `try` whose `finally` releases its key.
pub fn acquired_in_own_try(body: &Body, site: SiteId) -> bool {
    fn search(body: &Body, stmts: &[Stmt], site: SiteId) -> bool {
        stmts.iter().any(|stmt| {
            if let StmtKind::Try {
                body: tried,
                finally: Some(finally),
                ..
            } = &stmt.kind
                && tried.stmts.iter().any(|stmt| stmt.holds_site(site))
                && releases_at_once(body, &finally.stmts, body.sites[site].key)
            {
                return true;
            }
            stmt.blocks()
                .iter()
                .any(|block| search(body, &block.stmts, site))
        })
    }
    search(body, &body.root.stmts, site)
}

/// Whether one of the statements releases the key, and asks nothing before.
fn releases_at_once(body: &Body, stmts: &[Stmt], key: KeyId) -> bool {
    stmts.iter().any(|stmt| {
        matches!(stmt.kind, StmtKind::Plain(_)) && frees(body, std::slice::from_ref(stmt), key)
    })
}

/// Whether a `finally` asks something that nobody can foresee before it releases: then it is decided there.
pub fn asked_in_finally(block: &Block, frees: &dyn Fn(&[Stmt]) -> bool) -> bool {
    let asks = |stmt: &Stmt| match &stmt.kind {
        StmtKind::If {
            cond:
                Cond::Test {
                    test: Test::Unknown { pure: false, .. },
                    ..
                },
            then,
            otherwise,
        } => {
            let in_else = otherwise
                .as_ref()
                .is_some_and(|otherwise| frees(&otherwise.stmts));
            frees(&then.stmts) != in_else
        }
        _ => false,
    };
    block.stmts.iter().any(|stmt| {
        let in_finally = match &stmt.kind {
            StmtKind::Try {
                finally: Some(finally),
                ..
            } => finally.stmts.iter().any(asks),
            _ => false,
        };
        in_finally
            || stmt
                .blocks()
                .into_iter()
                .any(|inner| asked_in_finally(inner, frees))
    })
}

/// Whether the exit stands in a handler of something that is tried with the lock of the acquire held.
pub fn leaves_in_handler(block: &Block, exit: Span, acquire: Span) -> bool {
    block.stmts.iter().any(|stmt| {
        let in_handler = match &stmt.kind {
            StmtKind::Try { handlers, .. } => handlers.iter().any(|handler| {
                handler.body.span.contains(exit) && !handler.body.span.contains(acquire)
            }),
            _ => false,
        };
        in_handler
            || stmt
                .blocks()
                .into_iter()
                .any(|inner| leaves_in_handler(inner, exit, acquire))
    })
}

/// Whether some statement releases the key.
pub fn frees(body: &Body, stmts: &[Stmt], key: KeyId) -> bool {
    body.sites.iter().enumerate().any(|(id, site)| {
        site.key == key
            && matches!(site.what, SiteKind::Release { .. })
            && stmts.iter().any(|stmt| stmt.holds_site(id))
    })
}

/// The leaks without those that are part of another: an `await` and the call that it awaits are one
/// to whoever reads. What a construct does at its end is no part of what stands in it.
pub fn outermost(body: &Body, leaks: Vec<(Span, LeakKind)>) -> Vec<(Span, LeakKind)> {
    let constructs = constructs(&body.root.stmts);
    let part_of = |inner: &(Span, LeakKind), outer: &(Span, LeakKind)| {
        inner.1 == LeakKind::Exception
            && outer.1 == LeakKind::Exception
            && inner.0 != outer.0
            && outer.0.contains(inner.0)
            && !constructs.contains(&outer.0)
    };
    leaks
        .iter()
        .filter(|inner| !leaks.iter().any(|outer| part_of(inner, outer)))
        .copied()
        .collect()
}

/// The statements that hold others.
fn constructs(stmts: &[Stmt]) -> HashSet<Span> {
    let mut found = HashSet::new();
    for stmt in stmts {
        for block in stmt.blocks() {
            found.insert(stmt.span);
            found.extend(constructs(&block.stmts));
        }
    }
    found
}
