//! What may move into a callback.

use super::build::Builder;
use crate::finding::Reason;
use crate::flow::{Block, DeclKind, EventKind, Stmt, StmtKind};
use crate::lower::descendants;
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// Nothing in the region may need the function it stands in, and nothing of the function may
    /// need what the region declares.
    pub(in crate::plan) fn closure_is_legal(&self) -> Result<(), Reason> {
        let acquire = self.task.body.sites[self.task.site].acquire();
        if acquire.is_some_and(|acquire| acquire.binds_more) {
            return Err(reason("no-form", "the acquire gives more than the release"));
        }
        self.scope_stays()?;
        if self.task.language.is_typed() {
            self.types_stay()?;
        }
        self.returns_settled()?;
        self.assigned_settled()?;
        if self.task.body.is_generator {
            return Err(reason(
                "no-form",
                "a generator cannot yield from a callback",
            ));
        }
        let stmts = self.region.stmts();
        if let Some(stmt) = stmts.iter().find(|stmt| jumps_out(stmt)) {
            let line = self.task.file.source.location(stmt.span.start).line;
            return Err(reason(
                "no-form",
                format!(
                    "the statement on line {line} jumps out of the span, which a callback cannot"
                ),
            ));
        }
        let returned = stmts.iter().any(returns) || self.region.absorbed.is_some();
        let ends = super::place::leaves(&Block {
            stmts: stmts.to_vec(),
            ..Block::default()
        }) || self.region.absorbed.is_some();
        let behind = !self.region.rest().is_empty()
            || !std::ptr::eq(self.region.start.block, &self.task.body.root);
        if returned && behind && !ends {
            return Err(reason(
                "no-form",
                "a return in the span would only leave the callback",
            ));
        }
        Ok(())
    }

    /// Names that live in the whole function must not end with the callback.
    pub(in crate::plan) fn scope_stays(&self) -> Result<(), Reason> {
        let rest = self.region.rest();
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
            return Ok(());
        };
        let after = Span::new(first.span.start, last.span.end);
        let lost = all_decls(self.region.stmts())
            .into_iter()
            .filter(|decl| decl.kind == DeclKind::FunctionScoped)
            .flat_map(|decl| &decl.names)
            .find(|name| self.used_in(name, after));
        match lost {
            None => Ok(()),
            Some(name) => Err(reason(
                "declared-in-span",
                format!("`{name}` is declared inside the span and used after it"),
            )),
        }
    }

    /// What the compiler has learnt of a type ends at a callback: nothing may have been asked
    /// before, and nothing from outside be assigned inside.
    pub(in crate::plan) fn types_stay(&self) -> Result<(), Reason> {
        let body = self.task.body;
        let before = |stmt: &&Stmt| stmt.span.end <= body.sites[self.task.site].span.start;
        let root = std::ptr::eq(self.region.start.block, &body.root);
        let asked = !root
            || body
                .root
                .stmts
                .iter()
                .filter(before)
                .any(|stmt| !matches!(stmt.kind, StmtKind::Plain(_)));
        let own: Vec<&String> = all_decls(self.region.stmts())
            .into_iter()
            .flat_map(|decl| &decl.names)
            .collect();
        let assigns =
            self.region
                .stmts()
                .iter()
                .flat_map(Stmt::all_events)
                .any(|event| match &event.kind {
                    EventKind::Assign { var, .. } => !own.contains(&var),
                    _ => false,
                });
        if asked || assigns {
            return Err(reason(
                "declared-type-unknown",
                "what the compiler knows of a type before the span may be lost in a callback",
            ));
        }
        Ok(())
    }

    /// A callback is waited for: it must not return a promise that was not.
    pub(in crate::plan) fn returns_settled(&self) -> Result<(), Reason> {
        let file = self.task.file;
        let returned = self
            .region
            .stmts()
            .iter()
            .chain(self.region.absorbed)
            .flat_map(all_returns);
        for span in returned {
            let operand = file
                .root
                .descendant_for_byte_range(span.start, span.end)
                .and_then(|node| node.named_child(0));
            if let Some(operand) = operand
                && !self.printer.is_settled(file, operand)
            {
                return Err(reason(
                    "no-form",
                    "a returned promise would be waited for with the lock held",
                ));
            }
        }
        Ok(())
    }

    /// What a callback has begun gets out of it before the lock is free: a promise that nobody
    /// waited for may settle too early for those who asked behind the release.
    fn assigned_settled(&self) -> Result<(), Reason> {
        let rest = self.region.rest();
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
            return Ok(());
        };
        let after = Span::new(first.span.start, last.span.end);
        for stmt in self.region.stmts().iter().flat_map(all_stmts) {
            let begun = stmt
                .own_events()
                .into_iter()
                .find_map(|event| match &event.kind {
                    EventKind::Assign { var, .. } if self.used_in(var, after) => Some(var),
                    _ => None,
                });
            if let Some(var) = begun
                && self.begins_work(stmt)
            {
                return Err(reason(
                    "declared-in-span",
                    format!("`{var}` may be a promise that settles before the callback ends"),
                ));
            }
        }
        Ok(())
    }

    /// Whether the statement calls something and waits neither for it nor for what it is given to.
    fn begins_work(&self, stmt: &Stmt) -> bool {
        let file = self.task.file;
        let grammar = file.grammar;
        let Some(node) = file
            .root
            .descendant_for_byte_range(stmt.span.start, stmt.span.end)
        else {
            return true;
        };
        let awaits = |inner| grammar.awaited_operand(inner).is_some();
        descendants(node, |inner| {
            !awaits(inner) && !grammar.is_function(inner.kind())
        })
        .any(|inner| grammar.is_call(inner.kind()) && !awaits(inner))
    }
}

/// The statement and every one below it.
fn all_stmts(stmt: &Stmt) -> Vec<&Stmt> {
    let blocks = stmt.blocks();
    let below = blocks.iter().flat_map(|block| &block.stmts);
    std::iter::once(stmt)
        .chain(below.flat_map(all_stmts))
        .collect()
}

/// Every declaration in the statements, nested ones too.
pub(super) fn all_decls(stmts: &[Stmt]) -> Vec<&crate::flow::Decl> {
    let mut found = Vec::new();
    for stmt in stmts {
        found.extend(&stmt.decls);
        for block in stmt.blocks() {
            found.extend(all_decls(&block.stmts));
        }
    }
    found
}

pub(super) fn all_returns(stmt: &Stmt) -> Vec<Span> {
    if matches!(stmt.kind, StmtKind::Return { .. }) {
        return vec![stmt.span];
    }
    stmt.blocks()
        .iter()
        .flat_map(|block| block.stmts.iter().flat_map(all_returns))
        .collect()
}

pub(super) fn returns(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Return { .. })
        || stmt
            .blocks()
            .iter()
            .any(|block| block.stmts.iter().any(returns))
}

/// Whether a break, continue or goto leaves the statement.
pub(super) fn jumps_out(stmt: &Stmt) -> bool {
    jumps_past(stmt, false, false)
}

/// The same for a statement in something that a `break` (and a `continue`) without a label is about.
fn jumps_past(stmt: &Stmt, breaks: bool, continues: bool) -> bool {
    match &stmt.kind {
        StmtKind::Break(label) => label.is_some() || !breaks,
        StmtKind::Continue(label) => label.is_some() || !continues,
        StmtKind::Goto(_) => true,
        kind => {
            let is_loop = matches!(kind, StmtKind::Loop(_));
            let is_switch = matches!(
                kind,
                StmtKind::Switch {
                    breakable: true,
                    ..
                }
            );
            let (breaks, continues) = (breaks || is_loop || is_switch, continues || is_loop);
            stmt.blocks().iter().any(|block| {
                let mut stmts = block.stmts.iter();
                stmts.any(|stmt| jumps_past(stmt, breaks, continues))
            })
        }
    }
}
