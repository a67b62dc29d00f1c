//! A function of its own, called where it stands, that ends with the span.

use crate::finding::Reason;
use crate::flow::{Block, Stmt, StmtKind};
use crate::plan::build::{Builder, would_move};
use crate::plan::callback::{jumps_out, returns};
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// `func() { acquire; defer release; … }()`
    pub(in crate::plan) fn closure(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let file = self.task.file;
        let start = &self.region.start;
        if start.maybe {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        }
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        if self.region.absorbed.is_some() {
            return Err(reason("no-form", "a return would only leave the function"));
        }
        let (open, close, leave) = self
            .printer
            .called_in_place()
            .ok_or_else(|| reason("no-form", "this language has no such form"))?;
        let release = self.release_text()?;
        let stmts = self.region.stmts();
        let (Some(first), Some(last)) = (stmts.first(), stmts.last()) else {
            return Err(reason("no-form", "no statement follows the acquire"));
        };
        let head = start.acquire.unwrap_or(first).span;
        let tail = self.region.main.unwrap_or(last).span;
        let whole = Span::new(head.start, tail.end);
        self.printer
            .may_enclose(file, whole)
            .map_err(|(code, message)| reason(code, message))?;
        self.jumps_become(leave)?;
        self.drop_releases();
        if let Some(main) = self.region.main {
            self.draft
                .remove_stmt(main.span, start.block, Some(last.span.end), false);
        }
        self.wraps = false;
        let defer = self
            .printer
            .deferred(&[release], &file.source.indent)
            .unwrap_or_default();
        let above = std::mem::take(&mut self.construct.above);
        self.draft
            .enclose((head, tail), &above, (open, close))
            .map_err(|_| reason("one-line", "the code shares its line with other statements"))?;
        let indented: Vec<String> = defer
            .iter()
            .map(|line| format!("{}{line}", file.source.indent))
            .collect();
        self.behind_acquire(&indented)
    }

    /// Going on to the next round from the end of a round is leaving the function; nothing else may
    /// jump out of it.
    fn jumps_become(&mut self, leave: &str) -> Result<(), Reason> {
        let stmts = self.region.stmts();
        let crosses = |stmt: &Stmt| {
            let line = self.task.file.source.location(stmt.span.start).line;
            reason(
                "no-form",
                format!("the statement on line {line} jumps out of the span"),
            )
        };
        if let Some(stmt) = stmts.iter().find(|stmt| returns(stmt)) {
            return Err(crosses(stmt));
        }
        let ends_round = self.region.rest().is_empty()
            && is_body_of_loop(&self.task.body.root, self.region.start.block);
        let mut rounds = Vec::new();
        for stmt in stmts {
            if ends_round {
                next_rounds(stmt, &mut rounds);
            }
        }
        let left = stmts.iter().find(|stmt| {
            let own = |stmt: &&Stmt| rounds.iter().any(|span| stmt.span.contains(*span));
            jumps_out(stmt, 0) && !(own(stmt) && !breaks_out(stmt, 0))
        });
        if let Some(stmt) = left {
            return Err(crosses(stmt));
        }
        for span in rounds {
            self.draft.replace(span, leave);
        }
        Ok(())
    }
}

/// Whether the block is the body of a loop.
fn is_body_of_loop(root: &Block, block: &Block) -> bool {
    root.stmts.iter().any(|stmt| {
        let mut own = stmt;
        while let StmtKind::Labeled { body, .. } = &own.kind {
            own = body;
        }
        matches!(&own.kind, StmtKind::Loop(l) if std::ptr::eq(&l.body, block))
            || own
                .blocks()
                .into_iter()
                .any(|inner| is_body_of_loop(inner, block))
    })
}

/// The unlabelled jumps to the next round of the loop around the statement.
fn next_rounds(stmt: &Stmt, found: &mut Vec<Span>) {
    match &stmt.kind {
        StmtKind::Continue(None) => found.push(stmt.span),
        StmtKind::Loop(_) | StmtKind::InPlace(_) => {}
        _ => {
            for inner in stmt.blocks().into_iter().flat_map(|block| &block.stmts) {
                next_rounds(inner, found);
            }
        }
    }
}

/// Whether a jump other than one to the next round leaves the statement.
fn breaks_out(stmt: &Stmt, depth: usize) -> bool {
    match &stmt.kind {
        StmtKind::Break(label) => label.is_some() || depth == 0,
        StmtKind::Continue(label) => label.is_some(),
        StmtKind::Goto(_) => true,
        kind => {
            let inner = match kind {
                StmtKind::Loop(_)
                | StmtKind::Switch {
                    breakable: true, ..
                } => depth + 1,
                _ => depth,
            };
            stmt.blocks()
                .into_iter()
                .flat_map(|block| &block.stmts)
                .any(|stmt| breaks_out(stmt, inner))
        }
    }
}
