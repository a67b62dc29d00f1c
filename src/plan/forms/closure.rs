//! A function of its own, called where it stands, that ends with the span.

use crate::finding::Reason;
use crate::flow::{Block, EventKind, Stmt, StmtKind};
use crate::plan::build::{Builder, would_move};
use crate::plan::callback::all_decls;
use crate::plan::place::{leaves, unlabelled};
use crate::refusal::reason;
use crate::rewrite::printer::Literal;
use crate::source::Span;

/// Lines that one would still put into a function that is called where it stands.
const LONGEST: usize = 40;

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
        let literal = self
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
        let carried = self.jumps_become(&literal)?;
        let source = file.source;
        let lines = source.location(whole.end).line - source.location(whole.start).line;
        self.strained = carried.is_some() || lines > LONGEST;
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
        let nl = file.source.newline;
        let (open, close) = match carried {
            None => (literal.open.to_owned(), literal.close.to_owned()),
            Some(exit) => {
                let outer = String::from_utf8_lossy(file.source.indent_at(head.start)).into_owned();
                let step = &file.source.indent;
                let falls = !leaves(&Block {
                    stmts: stmts.to_vec(),
                    ..Block::default()
                });
                let last = if falls {
                    format!("{step}{}{nl}{outer}", literal.stays)
                } else {
                    String::new()
                };
                let then = format!("{nl}{outer}{step}{exit}{nl}{outer}");
                let asks = literal.asks.replace("{}", &then);
                (literal.open_asked.to_owned(), format!("{last}{asks}"))
            }
        };
        self.draft
            .enclose((head, tail), &above, (&open, &close))
            .map_err(|_| reason("one-line", "the code shares its line with other statements"))?;
        let indented: Vec<String> = defer
            .iter()
            .map(|line| format!("{}{line}", file.source.indent))
            .collect();
        if start.acquire.is_some() {
            return self.behind_acquire(&indented);
        }
        let indent = String::from_utf8_lossy(file.source.indent_at(head.start)).into_owned();
        for line in indented {
            let at = file.source.line_start(head.start);
            self.draft.insert(at, format!("{indent}{line}{nl}"));
        }
        Ok(())
    }

    /// What jumps out of the span: to the next round from the end of a round is leaving the
    /// function; anything else is done behind it, if it is one and the same statement everywhere,
    /// which is returned.
    fn jumps_become(&mut self, literal: &Literal) -> Result<Option<String>, Reason> {
        let mut exits = Vec::new();
        for stmt in self.region.stmts() {
            crossing(stmt, (0, 0), &mut Vec::new(), &mut exits);
        }
        let Some(first) = exits.first() else {
            return Ok(None);
        };
        let source = self.task.file.source;
        let text = source.text(first.span);
        let refused = |stmt: &Stmt| {
            let line = source.location(stmt.span.start).line;
            reason(
                "no-form",
                format!("the statement on line {line} jumps out of the span"),
            )
        };
        let ends_round = self.region.rest().is_empty()
            && is_body_of_loop(&self.task.body.root, self.region.start.block);
        let rounds = exits
            .iter()
            .all(|stmt| matches!(stmt.kind, StmtKind::Continue(None)));
        let becomes = if ends_round && rounds {
            literal.leave
        } else {
            let declared = all_decls(self.region.stmts());
            let moves = exits.iter().all(|stmt| {
                source.text(stmt.span) == text
                    && stmt
                        .own_events()
                        .iter()
                        .all(|event| matches!(event.kind, EventKind::MayThrow { .. }))
            });
            let hidden = declared
                .iter()
                .flat_map(|decl| &decl.names)
                .any(|name| self.used_in(name, first.span));
            let repeated = self.round().is_some();
            if !repeated || !moves || hidden || text.contains('\n') {
                return Err(refused(first));
            }
            literal.exits
        };
        let spans: Vec<Span> = exits.iter().map(|stmt| stmt.span).collect();
        for span in spans {
            self.draft.replace(span, becomes);
        }
        Ok((becomes == literal.exits).then_some(text))
    }
}

/// Whether the block is the body of a loop.
fn is_body_of_loop(root: &Block, block: &Block) -> bool {
    root.stmts.iter().any(|stmt| {
        let own = unlabelled(stmt);
        matches!(&own.kind, StmtKind::Loop(l) if std::ptr::eq(&l.body, block))
            || own
                .blocks()
                .into_iter()
                .any(|inner| is_body_of_loop(inner, block))
    })
}

/// The statements that jump out of `stmt`, which stands in so many loops and in so many statements
/// that a `break` ends, and within these labels.
fn crossing<'b>(
    stmt: &'b Stmt,
    (loops, breakable): (usize, usize),
    labels: &mut Vec<&'b str>,
    found: &mut Vec<&'b Stmt>,
) {
    let (loops, breakable) = match &stmt.kind {
        StmtKind::Return { .. } | StmtKind::Goto(_) => {
            found.push(stmt);
            return;
        }
        StmtKind::Break(None) if breakable == 0 => {
            found.push(stmt);
            return;
        }
        StmtKind::Continue(None) if loops == 0 => {
            found.push(stmt);
            return;
        }
        StmtKind::Break(Some(label)) | StmtKind::Continue(Some(label)) => {
            if !labels.contains(&label.as_str()) {
                found.push(stmt);
            }
            return;
        }
        // Its returns are its own.
        StmtKind::InPlace(_) => return,
        StmtKind::Labeled { label, body } => {
            labels.push(label);
            crossing(body, (loops, breakable), labels, found);
            labels.pop();
            return;
        }
        StmtKind::Loop(_) => (loops + 1, breakable + 1),
        StmtKind::Switch {
            breakable: true, ..
        } => (loops, breakable + 1),
        _ => (loops, breakable),
    };
    for inner in stmt.blocks().into_iter().flat_map(|block| &block.stmts) {
        crossing(inner, (loops, breakable), labels, found);
    }
}
