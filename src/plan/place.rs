//! Where an acquire stands, and where the statements begin that run with the lock held.

use crate::flow::{Block, Body, Cond, EventKind, SiteId, Stmt, StmtKind, Test};

/// A statement within a block of the flow tree.
#[derive(Debug, Clone, Copy)]
pub struct At<'b> {
    pub block: &'b Block,
    pub index: usize,
}

impl<'b> At<'b> {
    /// The statement.
    pub fn stmt(self) -> &'b Stmt {
        &self.block.stmts[self.index]
    }
}

/// The statements around a site, outermost first; the last one touches it itself.
pub fn path_to(body: &Body, site: SiteId) -> Option<Vec<At<'_>>> {
    fn search<'b>(block: &'b Block, site: SiteId, path: &mut Vec<At<'b>>) -> bool {
        for (index, stmt) in block.stmts.iter().enumerate() {
            path.push(At { block, index });
            if stmt
                .own_events()
                .iter()
                .any(|event| touches(&event.kind, site))
            {
                return true;
            }
            if stmt.blocks().iter().any(|block| search(block, site, path)) {
                return true;
            }
            path.pop();
        }
        false
    }
    let mut path = Vec::new();
    search(&body.root, site, &mut path).then_some(path)
}

fn touches(event: &EventKind, site: SiteId) -> bool {
    matches!(event, EventKind::Acquire(id) | EventKind::Release(id) if *id == site)
}

/// A place from which on the lock is held.
#[derive(Debug, Clone)]
pub struct Start<'b> {
    pub block: &'b Block,
    /// The first statement that runs with the lock held.
    pub first: usize,
    /// The statement that acquires, where it stands directly in front of `first` and does nothing
    /// else.
    pub acquire: Option<&'b Stmt>,
    /// The lock may not be held here: the release asks a variable or repeats a condition.
    pub maybe: bool,
}

/// Every place from which on the lock of `site` can be said to be held, best first.
pub fn starts<'b>(body: &'b Body, site: SiteId) -> Vec<Start<'b>> {
    let at_entry = body.sites[site]
        .acquire()
        .is_some_and(|acquire| acquire.at_entry);
    if at_entry {
        return vec![Start {
            block: &body.root,
            first: 0,
            acquire: None,
            maybe: false,
        }];
    }
    let Some(path) = path_to(body, site) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let Some(last) = path.last() else {
        return found;
    };
    let conditional = body.sites[site]
        .acquire()
        .is_some_and(|acquire| acquire.conditional);
    match &last.stmt().kind {
        StmtKind::Plain(_) if is_lone_acquire(body, last.stmt(), site) => {
            if conditional {
                bound(body, site, *last, &mut found);
                if !found.is_empty() {
                    guarded(&path, &mut found);
                }
            } else {
                found.push(after(*last, Some(last.stmt())));
                guarded(&path, &mut found);
            }
        }
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => {
            let zero = body.sites[site]
                .acquire()
                .is_some_and(|acquire| acquire.zero_when_taken);
            asked(
                *last,
                cond,
                then,
                otherwise.as_ref(),
                (site, zero),
                &mut found,
            );
            if asks_again(body, last.stmt(), site) {
                found.push(after(*last, None));
            }
            if let [.., outer, own] = path.as_slice()
                && own.index + 1 == own.block.stmts.len()
                && takes_same(body, outer.stmt(), site)
                && asks_again(body, outer.stmt(), site)
            {
                found.push(after(*outer, None));
            }
        }
        StmtKind::Loop(_) => found.push(after(*last, None)),
        _ => {}
    }
    found
}

fn after<'b>(at: At<'b>, acquire: Option<&'b Stmt>) -> Start<'b> {
    Start {
        block: at.block,
        first: at.index + 1,
        acquire,
        maybe: false,
    }
}

fn inside(block: &Block) -> Start<'_> {
    Start {
        block,
        first: 0,
        acquire: None,
        maybe: false,
    }
}

/// Nothing of the statement happens after the acquire but binding its result, and what the same call
/// takes besides.
fn is_lone_acquire(body: &Body, stmt: &Stmt, site: SiteId) -> bool {
    let together = |event: &EventKind| match event {
        EventKind::Acquire(other) => {
            let acquire = body.sites[*other].acquire();
            *other != site && acquire.is_some_and(|acquire| acquire.together)
        }
        _ => false,
    };
    stmt.own_events()
        .iter()
        .rev()
        .find(|event| !binds(&event.kind) && !together(&event.kind))
        .is_some_and(|event| touches(&event.kind, site))
}

/// Whether the event does nothing but give variables a value.
fn binds(event: &EventKind) -> bool {
    match event {
        EventKind::Assign { .. } | EventKind::Means { .. } => true,
        EventKind::Choice { yes, no, .. } => yes.iter().chain(no).all(|event| binds(&event.kind)),
        _ => false,
    }
}

/// `ok = lock.tryLock()`, and then `if (!ok) return` or `if (ok) { … }`.
fn bound<'b>(body: &'b Body, site: SiteId, at: At<'b>, found: &mut Vec<Start<'b>>) {
    let Some(acquire) = body.sites[site].acquire() else {
        return;
    };
    let Some(var) = acquire.bound.as_deref() else {
        return;
    };
    let mut next = At {
        block: at.block,
        index: at.index + 1,
    };
    // Of two results, the other one may be asked first.
    while let Some(StmtKind::If {
        cond,
        then,
        otherwise: None,
    }) = at.block.stmts.get(next.index).map(|stmt| &stmt.kind)
        && leaves(then)
        && acquire.binds_more
        && answer(cond, &|test| is_about(test, var, acquire.zero_when_taken)).is_none()
    {
        next.index += 1;
    }
    if let Some(stmt) = at.block.stmts.get(next.index)
        && let StmtKind::If {
            cond,
            then,
            otherwise,
        } = &stmt.kind
    {
        match answer(cond, &|test| is_about(test, var, acquire.zero_when_taken)) {
            Some(true) => found.push(inside(then)),
            Some(false) if leaves(then) => found.push(after(next, None)),
            Some(false) => found.extend(otherwise.as_ref().map(inside)),
            None => {}
        }
    }
    found.push(Start {
        maybe: true,
        ..after(at, Some(at.stmt()))
    });
}

/// Whether the test is true when the lock was taken. `zero` says that nothing means that.
fn is_about(test: &Test, var: &str, zero: bool) -> Option<bool> {
    match test {
        Test::Var(asked) if asked == var => Some(!zero),
        Test::IsNull(asked) if asked == var => Some(zero),
        _ => None,
    }
}

/// `if (lock.tryLock()) { … }`, `if (!lock.tryLock()) return;`.
fn asked<'b>(
    at: At<'b>,
    cond: &Cond,
    then: &'b Block,
    otherwise: Option<&'b Block>,
    (site, zero): (SiteId, bool),
    found: &mut Vec<Start<'b>>,
) {
    let answer = answer(cond, &|test| match test {
        Test::Taken(asked) if *asked == site => Some(true),
        // `if (ok := lock.tryLock())`, `if ((ok = lock.tryLock()))`
        Test::Var(_) if cond_touches(cond, site) => Some(!zero),
        Test::IsNull(_) if cond_touches(cond, site) => Some(zero),
        _ => None,
    });
    match answer {
        Some(true) => found.push(inside(then)),
        Some(false) if leaves(then) => found.push(after(at, None)),
        Some(false) => found.extend(otherwise.map(inside)),
        None => {}
    }
}

/// Whether the condition of the statement takes the lock of `site`.
fn takes_same(body: &Body, stmt: &Stmt, site: SiteId) -> bool {
    stmt.own_events().iter().any(|event| {
        matches!(event.kind, EventKind::Acquire(other)
            if body.sites[other].key == body.sites[site].key)
    })
}

/// `if (!acquire()) { wait(); if (!acquire()) throw …; }`: what follows holds the lock.
fn asks_again(body: &Body, stmt: &Stmt, site: SiteId) -> bool {
    let refused = |stmt: &Stmt| match &stmt.kind {
        StmtKind::If {
            cond: Cond::Not(inner),
            otherwise: None,
            ..
        } => {
            matches!(
                &**inner,
                Cond::Test {
                    test: Test::Taken(_),
                    ..
                }
            ) && takes_same(body, stmt, site)
        }
        _ => false,
    };
    let StmtKind::If { then, .. } = &stmt.kind else {
        return false;
    };
    let Some(last) = then.stmts.last() else {
        return false;
    };
    let leaves_then = matches!(&last.kind, StmtKind::If { then, .. } if leaves(then));
    refused(stmt) && refused(last) && leaves_then
}

fn cond_touches(cond: &Cond, site: SiteId) -> bool {
    match cond {
        Cond::Test { events, .. } => events.iter().any(|event| touches(&event.kind, site)),
        Cond::Not(inner) => cond_touches(inner, site),
        Cond::And(a, b) | Cond::Or(a, b) => cond_touches(a, site) || cond_touches(b, site),
    }
}

/// Which answer of the condition means that the test is true: `a && taken` → yes, `!taken` → no.
fn answer(cond: &Cond, about: &dyn Fn(&Test) -> Option<bool>) -> Option<bool> {
    match cond {
        Cond::Test { test, .. } => about(test),
        Cond::Not(inner) => answer(inner, about).map(|yes| !yes),
        Cond::And(a, b) => {
            let yes = answer(a, about).or_else(|| answer(b, about))?;
            yes.then_some(true)
        }
        Cond::Or(a, b) => {
            let yes = answer(a, about).or_else(|| answer(b, about))?;
            (!yes).then_some(false)
        }
    }
}

/// `if (locked) lock.lock();`, `try { acquire } catch { return }`: what follows holds the lock.
fn guarded<'b>(path: &[At<'b>], found: &mut Vec<Start<'b>>) {
    let [.., parent, own] = path else { return };
    match &parent.stmt().kind {
        StmtKind::If {
            otherwise: None, ..
        } if own.block.stmts.len() == 1 => found.push(Start {
            maybe: true,
            ..after(*parent, None)
        }),
        StmtKind::Try { body, handlers, .. }
            if std::ptr::eq(body, own.block)
                && own.index + 1 == body.stmts.len()
                && handlers.iter().all(|handler| leaves(&handler.body)) =>
        {
            found.push(after(*parent, None));
        }
        _ => {}
    }
}

/// What runs again and again: a loop, or what stands behind a label that a `goto` goes back to.
#[derive(Debug, Clone, Copy)]
pub struct Round<'b> {
    /// The loop, or the label.
    pub first: &'b Stmt,
    /// Every statement that may run again.
    pub stmts: &'b [Stmt],
    /// Where the label stands, in the case of one.
    pub label: Option<&'b str>,
}

/// The outermost round, within the innermost function, that runs the statement at `index` of the block.
pub fn outermost_round<'b>(root: &'b Block, block: &Block, index: usize) -> Option<Round<'b>> {
    fn search<'b>(
        at: &'b Block,
        block: &Block,
        index: usize,
        around: Option<Round<'b>>,
    ) -> Option<Option<Round<'b>>> {
        if std::ptr::eq(at, block) {
            return Some(around.or_else(|| went_back(at, index)));
        }
        at.stmts.iter().enumerate().find_map(|(at_index, stmt)| {
            let own = unlabelled(stmt);
            let around = || match own.kind {
                StmtKind::InPlace(_) => None,
                StmtKind::Loop(_) => around.or_else(|| went_back(at, at_index)).or(Some(Round {
                    first: stmt,
                    stmts: std::slice::from_ref(stmt),
                    label: None,
                })),
                _ => around.or_else(|| went_back(at, at_index)),
            };
            own.blocks()
                .into_iter()
                .find_map(|inner| search(inner, block, index, around()))
        })
    }
    search(root, block, index, None).flatten()
}

/// The first label of the block, not behind `index`, that a `goto` behind it names.
fn went_back(block: &Block, index: usize) -> Option<Round<'_>> {
    block.stmts[..=index.min(block.stmts.len().checked_sub(1)?)]
        .iter()
        .enumerate()
        .find_map(|(at, stmt)| {
            let stmts = &block.stmts[at..];
            labels(stmt)
                .find(|label| gotos(stmts, label).next().is_some())
                .map(|label| Round {
                    first: stmt,
                    stmts,
                    label: Some(label),
                })
        })
}

/// The `goto` statements in these statements that name the label.
pub fn gotos<'b>(stmts: &'b [Stmt], label: &'b str) -> Box<dyn Iterator<Item = &'b Stmt> + 'b> {
    Box::new(stmts.iter().flat_map(move |stmt| {
        let own = unlabelled(stmt);
        let is_one = matches!(&own.kind, StmtKind::Goto(to) if to == label);
        is_one.then_some(own).into_iter().chain(
            own.blocks()
                .into_iter()
                .flat_map(move |block| gotos(&block.stmts, label)),
        )
    }))
}

/// The labels of a statement.
fn labels(stmt: &Stmt) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(stmt), |at| match &at.kind {
        StmtKind::Labeled { body, .. } => Some(body),
        _ => None,
    })
    .filter_map(|at| match &at.kind {
        StmtKind::Labeled { label, .. } => Some(label.as_str()),
        _ => None,
    })
}

/// The statement behind its labels.
pub fn unlabelled(stmt: &Stmt) -> &Stmt {
    let mut own = stmt;
    while let StmtKind::Labeled { body, .. } = &own.kind {
        own = body;
    }
    own
}

/// A `goto` in front of the block's statement at `index` that goes to a label behind it: it would jump over
/// what is declared there.
pub fn jumps_over<'b>(root: &'b Block, block: &'b Block, index: usize) -> Option<&'b Stmt> {
    let before = block.stmts.get(index)?.span.start;
    block.stmts[index..]
        .iter()
        .flat_map(labels)
        .find_map(|label| gotos(&root.stmts, label).find(|goto| goto.span.start < before))
}

/// Whether control never reaches the end of the block.
pub fn leaves(block: &Block) -> bool {
    block.stmts.last().is_some_and(|stmt| match &stmt.kind {
        StmtKind::Return { .. }
        | StmtKind::Throw { .. }
        | StmtKind::Break(_)
        | StmtKind::Continue(_) => true,
        StmtKind::Plain(events) => events
            .last()
            .is_some_and(|event| matches!(event.kind, EventKind::ProcessExit { .. })),
        StmtKind::Block(block) => leaves(block),
        // `if (true) return;` keeps a compiler from complaining of what follows.
        StmtKind::If {
            cond:
                Cond::Test {
                    test: Test::Const(true),
                    ..
                },
            then,
            ..
        } => leaves(then),
        StmtKind::If {
            then,
            otherwise: Some(otherwise),
            ..
        } => leaves(then) && leaves(otherwise),
        _ => false,
    })
}

/// The block and the index of the statement that does nothing but touch the site.
pub fn enclosing(block: &Block, site: SiteId) -> Option<(&Block, usize)> {
    for (index, stmt) in block.stmts.iter().enumerate() {
        if let StmtKind::Plain(events) = &stmt.kind {
            if events.iter().any(|event| touches(&event.kind, site)) {
                return Some((block, index));
            }
            continue;
        }
        if let Some(found) = stmt
            .blocks()
            .into_iter()
            .find_map(|block| enclosing(block, site))
        {
            return Some(found);
        }
    }
    None
}
