//! A region and a form, written down as edits.

use super::Task;
use super::names;
use super::place::enclosing;
use super::region::Region;
use crate::edit::{Edit, Overlap};
use crate::finding::{Form, Reason};
use crate::flow::{Block, BlockStyle, DeclKind, EventKind, SiteId, SiteKind, Stmt, StmtKind};
use crate::lower::descendants;
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
    wraps: bool,
    /// What releases in the text become: the ticket's call, when the fix binds one.
    release: Option<String>,
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
            draft: Draft::new(task.file.source, task.verbatim),
            construct: Construct::default(),
            wraps: true,
            release: None,
            task,
            region,
        };
        // `using` opens no block.
        if form != Form::Using {
            builder.hoist()?;
        }
        Ok(builder)
    }

    /// The acquires of the same lock that stand in the region.
    fn taken_again(&self) -> Vec<SiteId> {
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

    /// One release at the end does for one acquire.
    fn taken_once(&self) -> Result<(), Reason> {
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
                self.draft
                    .remove_stmt(main.span, self.region.start.block, previous, false);
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

    /// Whether declarations move out of the region.
    pub fn hoists(&self) -> bool {
        !self.construct.above.is_empty()
    }

    /// `acquire; try { … } finally { release }`
    pub fn try_finally(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        self.bind_ticket()?;
        if !self.region.kept.is_empty() && !self.again_harmless() {
            return Err(would_move(&self.task, self.region.kept[0]));
        }
        self.drop_releases();
        self.await_returned();
        let finals = self.finals()?;
        self.construct.open.push(self.printer.open_try().to_owned());
        self.construct.extends = self.is_one_try();
        self.finally(finals);
        Ok(())
    }

    /// `with lock:` instead of the acquire; nothing else is left of it.
    pub fn with(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let code = self.with_code()?;
        let acquire = self.task.body.sites[self.task.site].acquire();
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.drop_releases();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let mut head = code.replace("$LOCK", &key.shown);
        if let Some(ticket) = acquire.and_then(|acquire| acquire.ticket.as_deref()) {
            head = head.replace("$TICKET", ticket);
        }
        self.construct.instead = Some(head);
        Ok(())
    }

    /// `await lock.runExclusive(async () => { … })`
    pub fn run_exclusive(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        let code = self
            .task
            .entry()
            .form_code(Form::RunExclusive)
            .ok_or_else(|| reason("no-form", "this library has no such helper"))?
            .to_owned();
        if self.region.start.acquire.is_none() || self.region.start.maybe {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        }
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.closure_is_legal()?;
        if !self.construct.above.is_empty() {
            // Compilers do not follow it, and a promise that gets out that way settles under the
            // lock.
            return Err(reason(
                "declared-in-span",
                "what the span declares is needed outside of the callback",
            ));
        }
        self.drop_releases();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let code = code.replace("$LOCK", &key.shown);
        let (open, close) = code
            .split_once("{}")
            .ok_or_else(|| reason("no-form", "the catalogue gives no body for this form"))?;
        let returned = self.region.stmts().iter().any(returns) || self.region.absorbed.is_some();
        let head = if returned { "return " } else { "" };
        self.construct.instead = Some(format!("{head}{open}{{"));
        self.construct.close = Some(format!("}}{close}{}", self.terminator()));
        Ok(())
    }

    /// `using release = await lock.acquire()`: the block's end releases.
    pub fn using(&mut self) -> Result<(), Reason> {
        let code = self
            .task
            .entry()
            .form_code(Form::Using)
            .ok_or_else(|| reason("no-form", "this library has no disposable ticket"))?
            .to_owned();
        self.taken_once()?;
        let site = &self.task.body.sites[self.task.site];
        let (Some(stmt), Some(acquire)) = (self.region.start.acquire, site.acquire()) else {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        };
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        self.drop_releases();
        self.wraps = false;
        let text = self.task.file.source.text(stmt.span);
        match acquire.binding {
            Some(binding) if text.starts_with("const ") && binding.start == stmt.span.start => {
                let keyword = Span::new(binding.start, binding.start + "const".len());
                self.draft.replace(keyword, code.as_str());
            }
            None => {
                let key = &self.task.body.keys[site.key];
                let name = names::free(self.task.file, self.task.body, "held", &key.shown);
                self.draft
                    .insert(site.span.start, format!("{code} {name} = "));
            }
            Some(_) => {
                return Err(reason(
                    "declared-in-span",
                    "the ticket is assigned more than once",
                ));
            }
        }
        Ok(())
    }

    /// `with ExitStack() as stack:`, which can be closed before its end.
    pub fn exit_stack(&mut self) -> Result<(), Reason> {
        if !self.with_code()?.starts_with("with ") {
            return Err(reason(
                "no-form",
                "a plain stack of contexts cannot await the lock",
            ));
        }
        self.taken_once()?;
        self.drop_releases();
        let file = self.task.file;
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let (class, import) = self
            .printer
            .exit_stack(file)
            .ok_or_else(|| reason("no-form", "this language has no stack of contexts"))?;
        if let Some((at, text)) = import {
            self.draft.insert(at, text);
        }
        let name = names::free(file, self.task.body, "stack", &key.shown);
        for site in &self.region.kept {
            let span = self.task.body.sites[*site].span;
            self.draft.replace(span, format!("{name}.close()"));
        }
        let source = file.source;
        let acquired = self.region.start.acquire.map_or(0, |stmt| stmt.span.start);
        let indent = String::from_utf8_lossy(source.indent_at(acquired)).into_owned();
        self.construct.instead = Some(format!(
            "with {class}() as {name}:{}{indent}{}{name}.enter_context({})",
            source.newline, source.indent, key.shown
        ));
        Ok(())
    }

    /// The code of the lock's `with`, where the acquire does no more and no less than that.
    fn with_code(&self) -> Result<String, Reason> {
        let code = self
            .task
            .entry()
            .form_code(Form::With)
            .ok_or_else(|| reason("no-form", "this lock is no context manager"))?
            .to_owned();
        let lone = self.region.start.acquire.is_some() && !self.region.start.maybe;
        let acquire = self.task.body.sites[self.task.site].acquire();
        let plain = acquire.is_some_and(|acquire| {
            !acquire.conditional && (acquire.bound.is_none() || code.contains("$TICKET"))
        });
        if !lone || !plain {
            return Err(reason(
                "acquire-conditional",
                "the acquire can fail or its result is used, which `with` does not tell",
            ));
        }
        Ok(code)
    }

    /// The releases stay where they are; a flag says whether one is still due.
    pub fn tracked(&mut self) -> Result<(), Reason> {
        self.bind_ticket()?;
        let key = self.task.body.sites[self.task.site].key;
        let shown = self.task.body.keys[key].shown.clone();
        let flag = names::free(self.task.file, self.task.body, "held", &shown);
        let mut all: Vec<SiteId> = self.region.dropped.clone();
        all.extend(&self.region.kept);
        all.sort_unstable();
        if self.region.main.is_some() || self.region.lifted.is_some() {
            return Err(reason("no-form", "a neater form fits"));
        }
        let counted_on = self.region.stmts().last().is_some_and(|stmt| {
            matches!(
                stmt.kind,
                StmtKind::Switch {
                    exhaustive: true,
                    breakable: true,
                    ..
                }
            )
        });
        if counted_on && self.task.language.is_typed() {
            return Err(reason(
                "control-flow",
                "the compiler would not see that the switch returns in every case",
            ));
        }
        for site in all {
            self.flag_release(site, &flag)?;
        }
        for site in self.taken_again() {
            let at = self.task.body.sites[site].span.start;
            let freed_before = self
                .task
                .releases
                .iter()
                .any(|release| self.task.body.sites[*release].span.end <= at);
            if !freed_before {
                return Err(reason("control-flow", "the lock is taken twice"));
            }
            self.flag_acquire(site, &flag)?;
        }
        let acquire = self.task.body.sites[self.task.site].acquire();
        let initial = match acquire.and_then(|acquire| acquire.bound.clone()) {
            Some(bound) if self.region.start.maybe => bound,
            _ if self.region.start.maybe => {
                return Err(reason(
                    "acquire-conditional",
                    "the acquire stands under a condition",
                ));
            }
            _ => self.printer.truth(true).to_owned(),
        };
        let declared = self.printer.declare_flag(&flag, &initial);
        let end = self.terminator();
        self.construct.open.push(format!("{declared}{end}"));
        self.construct.open.push(self.printer.open_try().to_owned());
        let release = self.release_text()?;
        let indent = &self.task.file.source.indent;
        let finals = self.printer.when(&flag, &format!("{release}{end}"), indent);
        self.finally(finals);
        Ok(())
    }

    /// A promise that was returned with the lock held is waited for before it is released.
    fn await_returned(&mut self) {
        let Some(wait) = self.printer.waits_for_returned() else {
            return;
        };
        if !self.task.body.is_async || self.task.body.is_generator {
            return;
        }
        for span in leaking_returns(self.region.stmts(), &self.region.kept) {
            let file = self.task.file;
            let operand = file
                .root
                .descendant_for_byte_range(span.start, span.end)
                .and_then(|node| node.named_child(0));
            if let Some(operand) = operand
                && file.grammar.is_call(operand.kind())
                && file.grammar.awaited_operand(operand).is_none()
            {
                self.draft.insert(operand.start_byte(), wait);
            }
        }
    }

    /// The region is one `try` with handlers and no `finally`, on lines of its own.
    fn is_one_try(&self) -> bool {
        let source = self.task.file.source;
        let own_line = |stmt: &Stmt| source.first_on_line(stmt.span.start);
        let [stmt] = self.region.stmts() else {
            return false;
        };
        matches!(stmt.kind, StmtKind::Try { finally: None, .. })
            && self.region.absorbed.is_none()
            && own_line(stmt)
            && self.region.main.is_none_or(own_line)
    }

    fn finally(&mut self, finals: Vec<String>) {
        self.construct.middle = Some(self.printer.open_finally().to_owned());
        self.construct.finals = finals;
        self.construct.close = self.printer.close().map(str::to_owned);
    }

    /// The lines of a `finally` into which no release of the text moves.
    fn finals(&self) -> Result<Vec<String>, Reason> {
        if self.region.main.is_some() && self.region.absorbed.is_none() {
            return Ok(Vec::new());
        }
        let statement = format!("{}{}", self.release_text()?, self.terminator());
        if !self.region.start.maybe {
            return Ok(vec![statement]);
        }
        // The main release asked before it released; without it, ask what was bound.
        let bound = self.task.body.sites[self.task.site]
            .acquire()
            .and_then(|acquire| acquire.bound.as_deref())
            .ok_or_else(|| {
                reason(
                    "acquire-conditional",
                    "the acquire stands under a condition",
                )
            })?;
        let indent = &self.task.file.source.indent;
        Ok(self.printer.when(bound, &statement, indent))
    }

    /// How the lock is released: by the ticket the fix binds, else as some release of the text.
    fn release_text(&self) -> Result<String, Reason> {
        if let Some(release) = &self.release {
            return Ok(release.clone());
        }
        self.task
            .releases
            .first()
            .map(|site| self.task.file.source.text(self.task.body.sites[*site].span))
            .ok_or_else(|| {
                reason(
                    "not-released",
                    "nothing here shows how the lock is released",
                )
            })
    }

    fn terminator(&self) -> &'static str {
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
    fn bind_ticket(&mut self) -> Result<(), Reason> {
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
        let name = names::free(self.task.file, self.task.body, "release", &shown);
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

    fn again_harmless(&self) -> bool {
        let by_ticket = self.release.is_some()
            || self.region.kept.iter().all(|site| {
                matches!(
                    self.task.body.sites[*site].what,
                    SiteKind::Release {
                        ticket: Some(_),
                        ..
                    }
                )
            });
        !self.task.entry().again_harmful(by_ticket)
    }

    fn drop_releases(&mut self) {
        for &site in &self.region.dropped {
            let Some((block, index)) = enclosing(&self.task.body.root, site) else {
                continue;
            };
            self.remove(block, index);
        }
    }

    fn remove(&mut self, block: &Block, index: usize) {
        let stmt = &block.stmts[index];
        // Others of the block may go as well.
        let alone = block.stmts.iter().all(|other| {
            other.span == stmt.span
                || self
                    .region
                    .dropped
                    .iter()
                    .any(|site| other.sole_event().is_some() && other.holds_site(*site))
        });
        let previous = index
            .checked_sub(1)
            .map(|index| block.stmts[index].span.end);
        match self.printer.empty_suite() {
            Some(pass) if alone && !std::ptr::eq(block, self.region.start.block) => {
                self.draft.replace(stmt.span, pass);
            }
            _ => self.draft.remove_stmt(stmt.span, block, previous, alone),
        }
    }

    /// `held = false` in front of a release that stays.
    fn flag_release(&mut self, site: SiteId, flag: &str) -> Result<(), Reason> {
        let Some((block, index)) = enclosing(&self.task.body.root, site) else {
            return Err(reason(
                "acquire-in-expression",
                "a release is part of an expression",
            ));
        };
        let stmt = &block.stmts[index];
        if block.style == BlockStyle::Single {
            return Err(reason(
                "one-line",
                "a release stands in a branch without braces",
            ));
        }
        let source = self.task.file.source;
        let end = self.terminator();
        let set = self.printer.set_flag(flag, false);
        let text = if source.first_on_line(stmt.span.start) {
            let indent = String::from_utf8_lossy(source.indent_at(stmt.span.start)).into_owned();
            // Deeper by the region's own step, as the line it stands on will be.
            format!("{set}{end}{}{indent}{}", source.newline, source.indent)
        } else {
            format!("{set}; ")
        };
        self.draft.insert(stmt.span.start, text);
        Ok(())
    }

    /// `held = true` behind another acquire of the same lock.
    fn flag_acquire(&mut self, site: SiteId, flag: &str) -> Result<(), Reason> {
        let acquire = self.task.body.sites[site].acquire();
        let plain = acquire.is_some_and(|acquire| !acquire.conditional && acquire.ticket.is_none());
        let found = enclosing(&self.task.body.root, site).filter(|_| plain);
        let Some((block, index)) = found else {
            return Err(reason(
                "acquire-in-expression",
                "the lock is taken again in an expression or under a condition",
            ));
        };
        let stmt = &block.stmts[index];
        let source = self.task.file.source;
        if block.style == BlockStyle::Single || !source.first_on_line(stmt.span.start) {
            return Err(reason(
                "one-line",
                "the lock is taken again on a line with other code",
            ));
        }
        let indent = String::from_utf8_lossy(source.indent_at(stmt.span.start)).into_owned();
        let set = self.printer.set_flag(flag, true);
        let end = self.terminator();
        self.draft.insert(
            stmt.span.end,
            format!("{}{indent}{}{set}{end}", source.newline, source.indent),
        );
        Ok(())
    }

    /// Moves declarations out of the region that are needed behind it.
    fn hoist(&mut self) -> Result<(), Reason> {
        self.may_stand_in_block()?;
        let rest = self.region.rest();
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
            return Ok(());
        };
        let after = Span::new(first.span.start, last.span.end);
        for stmt in self.region.stmts() {
            for decl in &stmt.decls {
                if decl.kind == DeclKind::FunctionScoped {
                    continue;
                }
                let Some(name) = decl.names.iter().find(|name| self.used_in(name, after)) else {
                    continue;
                };
                if decl.kind == DeclKind::Fixed {
                    return Err(reason(
                        "declared-in-span",
                        format!("`{name}` is declared inside the span and used after it"),
                    ));
                }
                self.hoist_stmt(stmt, name, after)?;
            }
        }
        Ok(())
    }

    /// A function that is known before the script runs is not when it stands in a block.
    fn may_stand_in_block(&self) -> Result<(), Reason> {
        let outermost = self.region.stmts().iter().find(|stmt| {
            let mut decls = stmt.decls.iter();
            decls.any(|decl| decl.kind == DeclKind::Outermost)
        });
        let Some(stmt) = outermost else { return Ok(()) };
        let line = self.task.file.source.location(stmt.span.start).line;
        Err(reason(
            "declared-in-span",
            format!("the declaration on line {line} may not stand in a block"),
        ))
    }

    fn hoist_stmt(&mut self, stmt: &Stmt, name: &str, after: Span) -> Result<(), Reason> {
        let node = self
            .task
            .file
            .root
            .descendant_for_byte_range(stmt.span.start, stmt.span.end);
        let node = node.ok_or_else(|| {
            reason(
                "declared-in-span",
                format!("`{name}` is declared inside the span"),
            )
        })?;
        let hoist = self
            .printer
            .hoist(self.task.file, node, after)
            .map_err(|(code, message)| reason(code, message))?;
        let mut outside = hoist.outside;
        if self.terminator().is_empty() && outside.ends_with(';') {
            outside.pop();
        }
        if !outside.is_empty() {
            self.construct.above.push(outside);
        }
        if hoist.gone {
            self.draft
                .remove_stmt(stmt.span, self.region.start.block, None, false);
        }
        for (span, text) in hoist.inside {
            self.draft.replace(span, text);
        }
        Ok(())
    }

    fn used_in(&self, name: &str, span: Span) -> bool {
        let file = self.task.file;
        let Some(scope) = file.root.descendant_for_byte_range(span.start, span.end) else {
            return true;
        };
        descendants(scope, |_| true).any(|node| {
            span.contains(crate::lower::span(node))
                && node.named_child_count() == 0
                && node.kind().contains("identifier")
                && !file.grammar.is_member_name(node.kind())
                && file.normal(node) == name
        })
    }

    /// Names that live in the whole function must not end with the callback.
    fn scope_stays(&self) -> Result<(), Reason> {
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
    fn types_stay(&self) -> Result<(), Reason> {
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
    fn returns_settled(&self) -> Result<(), Reason> {
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

    /// Nothing in the region may need the function it stands in, and nothing of the function may
    /// need what the region declares.
    fn closure_is_legal(&self) -> Result<(), Reason> {
        let acquire = self.task.body.sites[self.task.site].acquire();
        if acquire.is_some_and(|acquire| acquire.binds_more) {
            return Err(reason("no-form", "the acquire gives more than the release"));
        }
        self.scope_stays()?;
        if self.task.language.is_typed() {
            self.types_stay()?;
        }
        self.returns_settled()?;
        if self.task.body.is_generator {
            return Err(reason(
                "no-form",
                "a generator cannot yield from a callback",
            ));
        }
        let stmts = self.region.stmts();
        if let Some(stmt) = stmts.iter().find(|stmt| jumps_out(stmt, 0)) {
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
}

/// Every declaration in the statements, nested ones too.
fn all_decls(stmts: &[Stmt]) -> Vec<&crate::flow::Decl> {
    let mut found = Vec::new();
    for stmt in stmts {
        found.extend(&stmt.decls);
        for block in stmt.blocks() {
            found.extend(all_decls(&block.stmts));
        }
    }
    found
}

/// Whether statements of this kind end in a terminator at all.
fn stmt_takes_one(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::Plain(_) | StmtKind::Return { .. } | StmtKind::Throw { .. }
    )
}

/// The returns that call something while the lock is held and no handler of the region would see
/// what the call comes to.
fn leaking_returns(stmts: &[Stmt], kept: &[SiteId]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut released = false;
    for stmt in stmts {
        released |= matches!(stmt.kind, StmtKind::Plain(_))
            && kept.iter().any(|site| stmt.holds_site(*site));
        if released {
            break;
        }
        match &stmt.kind {
            StmtKind::Return { value, .. } => {
                if let Some(last) = value.last()
                    && matches!(last.kind, EventKind::Call { .. })
                {
                    found.push(stmt.span);
                }
            }
            StmtKind::Try { handlers, .. } if !handlers.is_empty() => {}
            _ => {
                for block in stmt.blocks() {
                    found.extend(leaking_returns(&block.stmts, kept));
                }
            }
        }
    }
    found
}

fn all_returns(stmt: &Stmt) -> Vec<Span> {
    if matches!(stmt.kind, StmtKind::Return { .. }) {
        return vec![stmt.span];
    }
    stmt.blocks()
        .iter()
        .flat_map(|block| block.stmts.iter().flat_map(all_returns))
        .collect()
}

fn returns(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Return { .. })
        || stmt
            .blocks()
            .iter()
            .any(|block| block.stmts.iter().any(returns))
}

/// Whether a break or continue leaves the statement.
fn jumps_out(stmt: &Stmt, depth: usize) -> bool {
    match &stmt.kind {
        StmtKind::Break(label) | StmtKind::Continue(label) => label.is_some() || depth == 0,
        kind => {
            let depth = match kind {
                StmtKind::Loop(_)
                | StmtKind::Switch {
                    breakable: true, ..
                } => depth + 1,
                _ => depth,
            };
            stmt.blocks()
                .iter()
                .any(|block| block.stmts.iter().any(|stmt| jumps_out(stmt, depth)))
        }
    }
}

fn would_move(task: &Task<'_>, site: SiteId) -> Reason {
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
