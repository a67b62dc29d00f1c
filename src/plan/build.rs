//! A region and a form, written down as edits.

use super::Task;
use super::exits::has_comment;
use super::names;
use super::place::{enclosing, path_to};
use super::region::Region;
use crate::edit::{Edit, Overlap};
use crate::finding::{Form, Reason};
use crate::flow::{Block, BlockStyle, SiteId, Stmt, StmtKind};
use crate::refusal::reason;
use crate::rewrite::printer::Printer;
use crate::rewrite::{Construct, Draft, Wrapped};
use crate::source::Span;

/// Edits under construction.
pub struct Builder<'a> {
    pub(super) task: Task<'a>,
    pub(super) region: &'a Region<'a>,
    pub(super) printer: &'static dyn Printer,
    pub(super) draft: Draft<'a>,
    pub(super) construct: Construct,
    /// The construct goes round statements; a declaration alone does not.
    pub(super) wraps: bool,
    /// The construct is a declaration that gets a block of its own.
    pub(super) adds_block: bool,
    /// See [`super::Candidate::strained`].
    pub(super) strained: bool,
    /// What releases in the text become: the ticket's call, when the fix binds one.
    pub(super) release: Option<String>,
}

impl<'a> Builder<'a> {
    /// Begins with what all forms share: declarations that move out of the region.
    pub fn new(task: Task<'a>, region: &'a Region<'a>, form: Form) -> Result<Self, Reason> {
        match region.start.block.style {
            BlockStyle::Single | BlockStyle::None => {
                return Err(reason(
                    "one-line",
                    "the span does not stand in a block of its own",
                ));
            }
            BlockStyle::Braced | BlockStyle::Plain | BlockStyle::OnHeaderLine => {}
        }
        let mut builder = Builder {
            printer: task.language.printer(),
            draft: Draft::new(task.file.source, task.verbatim)
                .tidy(task.language.printer().tidies_blank_lines()),
            construct: Construct::default(),
            wraps: true,
            adds_block: false,
            strained: false,
            release: None,
            task,
            region,
        };
        // `using` and `defer` open no block; guards of the kernel say so themselves.
        let opens = match form {
            Form::Using | Form::Defer | Form::KernelGuard => false,
            Form::Tracked => builder.printer.deferred(&[], "").is_none(),
            _ => true,
        };
        if opens {
            builder.hoist()?;
        }
        Ok(builder)
    }

    /// The acquires of the same lock that stand in the region.
    pub(super) fn taken_again(&self) -> Vec<SiteId> {
        let key = self.task.body.sites[self.task.site].key;
        (0..self.task.body.sites.len())
            .filter(|id| *id != self.task.site && self.task.body.sites[*id].key == key)
            .filter(|id| {
                self.task.body.sites[*id]
                    .acquire()
                    .is_some_and(|acquire| !acquire.implied)
            })
            .filter(|id| self.region.stmts().iter().any(|stmt| stmt.holds_site(*id)))
            .collect()
    }

    /// The releases of what is taken again in the region, beside those of what is fixed: they free the
    /// same construct.
    pub(super) fn freed_again(&self) -> Vec<SiteId> {
        if self.taken_again().is_empty() {
            return Vec::new();
        }
        self.other_releases()
    }

    /// The releases of the lock in the region that are not those of what is fixed.
    fn other_releases(&self) -> Vec<SiteId> {
        let sites = &self.task.body.sites;
        let key = sites[self.task.site].key;
        let known = |id: &SiteId| self.region.dropped.contains(id) || self.region.kept.contains(id);
        (0..sites.len())
            .filter(|id| sites[*id].key == key && sites[*id].is_written_release())
            .filter(|id| !known(id))
            .filter(|id| self.region.stmts().iter().any(|stmt| stmt.holds_site(*id)))
            .collect()
    }

    /// A release by hand that would be left beside a guard frees the lock a second time.
    pub(super) fn frees_only_its_own(&self) -> Result<(), Reason> {
        if self.taken_again().is_empty()
            && let Some(site) = self.other_releases().first()
        {
            let at = self.task.body.sites[*site].span.start;
            let line = self.task.file.source.location(at).line;
            return Err(reason(
                "control-flow",
                format!("the release on line {line} would be left beside the guard"),
            ));
        }
        Ok(())
    }

    /// One release at the end does for one acquire.
    pub(super) fn taken_once(&self) -> Result<(), Reason> {
        match self.taken_again().first() {
            None => Ok(()),
            Some(site) => {
                let at = self.task.body.sites[*site].span.start;
                let line = self.task.file.source.location(at).line;
                Err(reason(
                    "control-flow",
                    format!("the lock is taken again on line {line}"),
                ))
            }
        }
    }

    /// The edits.
    ///
    /// # Errors
    /// [`Overlap`] when the shape was not foreseen.
    pub fn finish(mut self) -> Result<Vec<Edit>, Overlap> {
        if !self.wraps {
            if let Some(main) = self.region.main {
                let previous = self.region.stmts().last().map(|stmt| stmt.span.end);
                let own = super::place::unlabelled(main).span;
                if self.region.is_labelled()
                    && self
                        .region
                        .start
                        .block
                        .stmts
                        .last()
                        .is_some_and(|last| std::ptr::eq(last, main))
                {
                    // A label stands in front of a statement.
                    self.draft.replace(own, self.printer.terminator());
                } else {
                    self.draft
                        .remove_stmt(own, self.region.start.block, previous, false);
                    if self.region.is_labelled() {
                        self.draft.remove_blank_lines(own.end);
                    }
                }
            }
            return self.draft.finish();
        }
        if let Some(lifted) = self.region.lifted {
            self.lift(lifted)?;
            return self.draft.finish();
        }
        let stmts = self.region.stmts();
        let main = self.region.main.filter(|_| self.region.absorbed.is_none());
        let wrapped = match self.region.absorbed {
            None => Wrapped {
                block: self.region.start.block,
                acquire: self.region.start.acquire,
                stmts,
                main,
            },
            Some(_) => Wrapped {
                block: self.region.start.block,
                acquire: self.region.start.acquire,
                // With the main release and the return behind it.
                stmts: &self.region.start.block.stmts[self.region.start.first..self.region.end + 2],
                main: None,
            },
        };
        if let (Some(main), Some(_)) = (self.region.main, self.region.absorbed) {
            let previous = stmts.last().map(|stmt| stmt.span.end);
            self.draft
                .remove_stmt(main.span, self.region.start.block, previous, false);
        }
        self.draft.wrap(&wrapped, &self.construct);
        self.draft.finish()
    }

    /// Whether declarations move out of the region, or a block comes in for it.
    pub fn disturbs(&self) -> bool {
        !self.construct.above.is_empty() || self.adds_block
    }

    /// Puts a line behind the acquire, or in front of the first statement that runs with the lock
    /// held.
    pub(super) fn behind_acquire(&mut self, lines: &[String]) -> Result<(), Reason> {
        let source = self.task.file.source;
        let start = &self.region.start;
        let before = start
            .acquire
            .or_else(|| start.block.stmts[..start.first].last());
        let first = self.region.stmts().first();
        let Some(anchor) = before.or(first) else {
            return Err(reason("no-form", "no statement follows the acquire"));
        };
        let indent = String::from_utf8_lossy(source.indent_at(anchor.span.start)).into_owned();
        let text: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
        let text = text.join(source.newline);
        let shares = first.is_some_and(|first| {
            source.line_of(first.span.start) == source.line_of(anchor.span.end)
                && first.span != anchor.span
        });
        match before {
            Some(before) if shares && lines.len() == 1 => {
                self.draft
                    .insert(before.span.end, format!("; {}", lines[0]));
            }
            Some(before) if !shares => {
                let at = source.line_content_end(before.span.end);
                self.draft.insert(at, format!("{}{text}", source.newline));
            }
            None if source.first_on_line(anchor.span.start) => {
                let at = source.line_start(anchor.span.start);
                self.draft.insert(at, format!("{text}{}", source.newline));
            }
            None if lines.len() == 1 => {
                self.draft
                    .insert(anchor.span.start, format!("{}; ", lines[0]));
            }
            _ => {
                return Err(reason(
                    "one-line",
                    "the code shares its line with other statements",
                ));
            }
        }
        Ok(())
    }

    /// What is deferred runs when the function is left: a loop would pile it up.
    /// What runs the region again and again.
    pub(super) fn round(&self) -> Option<super::place::Round<'a>> {
        let start = &self.region.start;
        // The acquire stands in front of the first statement: a label between them is behind it.
        let index = start
            .first
            .saturating_sub(usize::from(start.acquire.is_some()));
        super::place::outermost_round(&self.task.body.root, start.block, index)
    }

    /// That no `goto` jumps over what is declared at the start of the region.
    ///
    /// # Errors
    /// Names the line of the first that does.
    pub(super) fn may_declare(&self) -> Result<(), Reason> {
        let start = &self.region.start;
        match super::place::jumps_over(&self.task.body.root, start.block, start.first) {
            None => Ok(()),
            Some(goto) => {
                let line = self.task.file.source.location(goto.span.start).line;
                Err(reason(
                    "control-flow",
                    format!("the goto on line {line} would jump over what the fix declares"),
                ))
            }
        }
    }

    pub(super) fn not_in_a_loop(&self) -> Result<(), Reason> {
        if self.round().is_some() {
            return Err(reason(
                "no-form",
                "what is deferred in a loop runs only when the function is left",
            ));
        }
        Ok(())
    }

    pub(super) fn finally(&mut self, finals: Vec<String>) {
        self.construct.middle = Some(self.printer.open_finally().to_owned());
        self.construct.finals = finals;
        self.construct.close = self.printer.close().map(str::to_owned);
    }

    /// How the lock is released: by the ticket the fix binds, else as some release of the text.
    pub(super) fn release_text(&self) -> Result<String, Reason> {
        if let Some(release) = &self.release {
            return Ok(release.clone());
        }
        self.task
            .releases
            .first()
            .or(self.region.kept.first())
            .map(|site| self.task.file.source.text(self.task.body.sites[*site].span))
            .ok_or_else(|| {
                reason(
                    "not-released",
                    "nothing here shows how the lock is released",
                )
            })
    }

    pub(super) fn terminator(&self) -> &'static str {
        let source = self.task.file.source;
        let style = self
            .region
            .start
            .acquire
            .or_else(|| self.region.stmts().first())
            .is_none_or(|stmt| source.slice(stmt.span).ends_with(b";") || !stmt_takes_one(stmt));
        if style { self.printer.terminator() } else { "" }
    }

    /// Binds the ticket of an acquire that drops it, and releases by it from then on.
    pub(super) fn bind_ticket(&mut self) -> Result<(), Reason> {
        let site = &self.task.body.sites[self.task.site];
        let entry = self.task.entry();
        let Some(acquire) = site.acquire() else {
            return Ok(());
        };
        let Some((binding, template)) = entry.ticket_code() else {
            return Ok(());
        };
        // In a branch of its own the ticket would not be seen behind it.
        let in_front = self.region.start.acquire;
        if !in_front.is_some_and(|acquire| acquire.span.contains(site.span)) {
            return Ok(());
        }
        // A callback's release comes as a parameter, or not at all.
        if acquire.ticket.is_some()
            || acquire.bound.is_some()
            || acquire.binding.is_some()
            || acquire.at_entry
        {
            return Ok(());
        }
        let shown = self.task.body.keys[site.key].shown.clone();
        let name = names::free(&self.task, "release", &shown)?;
        self.draft.insert(
            site.span.start,
            self.printer.bind(&binding.replace("$TICKET", &name)),
        );
        let call = template.replace("$TICKET", &name);
        for &release in self.task.releases {
            let span = self.task.body.sites[release].span;
            let stays = !self.region.dropped.contains(&release)
                && (self.region.absorbed.is_none()
                    || self
                        .region
                        .main
                        .is_none_or(|main| !main.span.contains(span)));
            let reached = self.region.start.block.stmts[self.region.start.first..]
                .iter()
                .any(|stmt| stmt.span.contains(span));
            if stays && !reached {
                return Err(reason(
                    "control-flow",
                    "a release stands outside of the block of its acquire",
                ));
            }
            if stays {
                self.draft.replace(span, call.as_str());
            }
        }
        self.release = Some(call);
        Ok(())
    }

    pub(super) fn drop_releases(&mut self) {
        for &site in &self.region.dropped {
            let Some((block, index)) = enclosing(&self.task.body.root, site) else {
                continue;
            };
            match self.left_empty(site) {
                Some(clause) => self.draft.remove_tail(clause),
                None => self.remove(block, index),
            }
        }
    }

    /// The ` else { … }` that holds nothing but the release.
    fn left_empty(&self, site: SiteId) -> Option<Span> {
        let path = path_to(self.task.body, site)?;
        let [.., outer, inner] = path.as_slice() else {
            return None;
        };
        let StmtKind::If {
            then,
            otherwise: Some(clause),
            ..
        } = &outer.stmt().kind
        else {
            return None;
        };
        let keyword = Span::new(then.span.end, clause.span.start);
        let only = std::ptr::eq(inner.block, clause)
            && clause.stmts.len() == 1
            && clause.style == BlockStyle::Braced
            && self.task.file.source.slice(keyword).trim_ascii() == b"else";
        (only && !has_comment(&self.task, clause.span))
            .then(|| Span::new(then.span.end, clause.span.end))
    }

    pub(super) fn remove(&mut self, block: &Block, index: usize) {
        let stmt = &block.stmts[index];
        // Others of the block may go as well.
        let goes = |other: &Stmt| {
            other.span == stmt.span
                || self
                    .region
                    .dropped
                    .iter()
                    .any(|site| other.sole_event().is_some() && other.holds_site(*site))
        };
        let alone = block.stmts.iter().all(goes);
        let in_start = std::ptr::eq(block, self.region.start.block);
        let region = self.region.stmts();
        let empties_region = in_start
            && region.first().is_some_and(|first| first.span == stmt.span)
            && region.iter().all(goes);
        let previous = index
            .checked_sub(1)
            .map(|index| block.stmts[index].span.end);
        match self.printer.empty_suite() {
            Some(pass) if empties_region || (alone && !in_start) => {
                self.draft.replace(stmt.span, pass);
            }
            _ => self.draft.remove_stmt(stmt.span, block, previous, alone),
        }
    }
}

/// Whether statements of this kind end in a terminator at all.
fn stmt_takes_one(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::Plain(_) | StmtKind::Return { .. } | StmtKind::Throw { .. }
    )
}

/// The refusal of a release that must keep its point.
pub(super) fn would_move(task: &Task<'_>, site: SiteId) -> Reason {
    let line = task
        .file
        .source
        .location(task.body.sites[site].span.start)
        .line;
    reason(
        "release-would-move",
        format!("the release on line {line} is followed by work that must not run under the lock"),
    )
}
