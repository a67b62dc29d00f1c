//! An object that holds the lock until the end of its block.

use crate::catalog::schema::{FormCode, Headers};
use crate::finding::{Form, Reason};
use crate::flow::{BlockStyle, SiteId, Stmt, StmtKind};
use crate::plan::build::{Builder, would_move};
use crate::plan::names;
use crate::refusal::reason;
use crate::source::Span;
use crate::tree::Node;

/// A guard that a fix declares.
pub(super) struct Declared<'b> {
    pub name: String,
    code: String,
    /// The acquire that it takes the place of.
    takes_place: Option<&'b Stmt>,
}

impl<'a> Builder<'a> {
    /// `std::lock_guard<std::mutex> lock(m);` instead of the acquire; no release is left.
    pub(in crate::plan) fn lock_guard(&mut self) -> Result<(), Reason> {
        self.frees_only_its_own()?;
        self.taken_once()?;
        if let Some(kept) = self.region.kept.first() {
            return Err(would_move(&self.task, *kept));
        }
        let may_be_freed = self.task.entry().form(Form::UniqueLock).is_some();
        if !self.construct.above.is_empty() && may_be_freed && self.own_guard().is_none() {
            return Err(reason(
                "declared-in-span",
                "what the span declares is used after it: a guard that can be freed fits better",
            ));
        }
        let form = self.guard_form(Form::LockGuard)?;
        let guard = self.declared(&form)?;
        self.drop_releases();
        self.place(&guard)
    }

    /// `std::unique_lock<std::mutex> lock(m);`, which the releases that stay free early: to the end of
    /// the block around it, or in a block of its own where some of them are not the last.
    pub(in crate::plan) fn unique_lock(&mut self) -> Result<(), Reason> {
        self.frees_only_its_own()?;
        let in_own_block = self.region.main.is_some() && !self.region.kept.is_empty();
        if !in_own_block && (self.region.main.is_some() || !self.region.rest().is_empty()) {
            return Err(reason("no-form", "a neater form fits"));
        }
        if self.region.start.maybe {
            return self.late_guard();
        }
        let form = self.guard_form(Form::UniqueLock)?;
        let guard = self.declared(&form)?;
        let of_guard = |code: &Option<String>| {
            code.as_ref()
                .map(|code| code.replace("$GUARD", &guard.name))
                .ok_or_else(|| reason("no-form", "this guard cannot be freed before its end"))
        };
        self.drop_releases();
        for site in self.region.kept.iter().copied().chain(self.freed_again()) {
            self.replace_call(site, &of_guard(&form.free)?)?;
        }
        for site in self.taken_again() {
            let acquire = self.task.body.sites[site].acquire();
            if acquire.is_none_or(|acquire| acquire.conditional) {
                return Err(reason(
                    "acquire-conditional",
                    "the lock is taken again under a condition",
                ));
            }
            self.replace_call(site, &of_guard(&form.retake)?)?;
        }
        self.place(&guard)
    }

    pub(in crate::plan) fn replace_call(&mut self, site: SiteId, text: &str) -> Result<(), Reason> {
        let span = self.task.body.sites[site].span;
        let stands = self.region.start.block.stmts[self.region.start.first..]
            .iter()
            .any(|stmt| stmt.span.contains(span));
        if !stands {
            return Err(reason(
                "control-flow",
                "a release stands outside of the block of its acquire",
            ));
        }
        let text = match spaced(&self.task.file.source.text(span)) {
            true => text.replace("()", " ()"),
            false => text.to_owned(),
        };
        self.draft.replace(span, text);
        Ok(())
    }

    pub(super) fn guard_form(&self, form: Form) -> Result<FormCode, Reason> {
        if self.region.start.maybe {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        }
        if self.region.lifted.is_some() {
            return Err(reason("no-form", "a neater form fits"));
        }
        let entry = self.task.entry();
        let known = entry.form(form).cloned();
        if form == Form::LockGuard
            && let Some(code) = self.own_guard()
        {
            return Ok(FormCode::of(form, code));
        }
        known
            .filter(|known| !known.code.is_empty() || known.adopt.is_some())
            .ok_or_else(|| reason("no-form", "this library has no such guard"))
    }

    /// The code base's own guard for a lock for which it knows better than the library.
    fn own_guard(&self) -> Option<String> {
        let entry = self.task.entry();
        if !entry.lock.by_name && entry.form(Form::LockGuard).is_some() {
            return None;
        }
        self.printer
            .own_guard(self.task.file, entry, self.acquire_node()?)
    }

    /// The declaration: of a guard that acquires, or of one that adopts what is held already.
    pub(super) fn declared(&mut self, form: &FormCode) -> Result<Declared<'a>, Reason> {
        let site = &self.task.body.sites[self.task.site];
        let acquire = site.acquire();
        let takes_place = self.region.start.acquire.filter(|_| {
            !form.code.is_empty()
                && (form.code.contains("$ARGUMENTS") || !self.is_given_more())
                && acquire.is_some_and(|acquire| {
                    !acquire.conditional && !acquire.together && acquire.bound.is_none()
                })
        });
        let (template, include) = match (takes_place, &form.adopt) {
            (Some(_), _) => (&form.code, &form.include),
            (None, Some(adopt)) if form.adopt_include.is_some() => (adopt, &form.adopt_include),
            (None, Some(adopt)) => (adopt, &form.include),
            (None, None) => {
                return Err(reason(
                    "acquire-conditional",
                    "the acquire can fail, and this guard cannot take over what is held",
                ));
            }
        };
        let (name, code) = self.made(template, include.as_ref())?;
        Ok(Declared {
            name,
            code,
            takes_place,
        })
    }

    /// The name and the code of a guard from its template. What it needs is included.
    pub(in crate::plan) fn made(
        &mut self,
        template: &str,
        include: Option<&Headers>,
    ) -> Result<(String, String), Reason> {
        let file = self.task.file;
        let site = &self.task.body.sites[self.task.site];
        let key = &self.task.body.keys[site.key];
        let stmts = self.region.stmts();
        let last = stmts.last().map_or(site.span, |stmt| stmt.span);
        // A guard for all of a region stands in front of it.
        let first = stmts.first().map_or(site.span, |stmt| stmt.span);
        let place = Span::new(site.span.start.min(first.start), last.end);
        let entry = self.task.entry();
        let handle = site
            .acquire()
            .and_then(|acquire| acquire.ticket.as_deref())
            .filter(|_| entry.lock.handle);
        let wanted = match handle {
            Some(_) => &["owner", "closer"],
            None => self.printer.guard_names(),
        };
        let name = names::free_in(&self.task, place, wanted, &key.shown);
        let node = self
            .acquire_node()
            .ok_or_else(|| reason("no-form", "the acquire is not where it was"))?;
        let code = match handle {
            Some(handle) => Some(template.replace("$TICKET", handle)),
            None => self.printer.guard(file, entry, node, template),
        };
        let code = code
            .ok_or_else(|| {
                reason(
                    "declared-type-unknown",
                    format!("the type of `{}` is not known here", key.shown),
                )
            })?
            .replace(
                "$GUARD(",
                if spaced(&file.source.text(site.span)) {
                    "$GUARD ("
                } else {
                    "$GUARD("
                },
            )
            .replace("$GUARD", &name);
        let class = code.split(['<', ' ']).next().unwrap_or_default();
        let in_use = !class.is_empty() && mentions(file.source.bytes, class.as_bytes());
        if let Some(headers) = include
            && !in_use
            && let Some((at, line)) = self.printer.include(file, headers.names())
        {
            self.draft.insert(at, line);
        }
        Ok((name, code))
    }

    pub(super) fn acquire_node(&self) -> Option<Node<'a>> {
        let Span { start, end } = self.task.body.sites[self.task.site].span;
        self.task.file.root.descendant_for_byte_range(start, end)
    }

    /// Whether the acquire is given something besides the lock: how long to wait, say.
    fn is_given_more(&self) -> bool {
        let text = self.task.file.source.bytes;
        self.acquire_node()
            .is_some_and(|node| self.task.entry().is_given_more(node, text))
    }

    /// A block behind `while (busy());` reads as if it were what the loop does, also to compilers.
    fn no_loop_idles_above(&self) -> Result<(), Reason> {
        let start = &self.region.start;
        let source = self.task.file.source;
        let idles = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Loop(l) => !l.test_last && source.slice(l.body.span) == b";",
            _ => false,
        };
        // The acquire stands between them.
        let above = &start.block.stmts[start.first.saturating_sub(2)..start.first];
        if above.iter().any(idles) {
            return Err(reason(
                "control-flow",
                "a block would stand behind a loop that has none",
            ));
        }
        Ok(())
    }

    /// A block of its own must hold no acquire of another lock that is freed behind it: the two would
    /// look nested.
    fn nothing_straddles(&self) -> Result<(), Reason> {
        let body = self.task.body;
        let own = body.sites[self.task.site].key;
        let stands = |stmts: &[Stmt], site: SiteId| stmts.iter().any(|stmt| stmt.holds_site(site));
        let straddles = |taken: &SiteId| {
            let site = &body.sites[*taken];
            site.key != own
                && site.acquire().is_some_and(|acquire| !acquire.implied)
                && stands(self.region.stmts(), *taken)
                && (0..body.sites.len()).any(|freed| {
                    body.sites[freed].key == site.key
                        && body.sites[freed].is_written_release()
                        && stands(self.region.rest(), freed)
                })
        };
        match (0..body.sites.len()).find(straddles) {
            None => Ok(()),
            Some(site) => Err(reason(
                "control-flow",
                format!(
                    "`{}` is acquired in the span and released after it",
                    body.keys[body.sites[site].key].shown
                ),
            )),
        }
    }

    /// The text of an acquire that stands on one line and takes this lock only.
    fn whole_acquire(&self) -> Option<String> {
        let source = self.task.file.source;
        let acquire = self.task.body.sites[self.task.site].acquire()?;
        let stmt = self.region.start.acquire.filter(|_| !acquire.together)?;
        let text = source.text(stmt.span);
        (!text.contains('\n') && source.first_on_line(stmt.span.start)).then_some(text)
    }

    /// The acquire on lines of its own in front of the statement, with nothing but blank lines between the two.
    fn acquire_above(&self, first: &Stmt) -> Option<&'a Stmt> {
        let source = self.task.file.source;
        self.region.start.acquire.filter(|stmt| {
            let line_end = source.line_end(stmt.span.end);
            let between = |from: usize, to: usize| source.slice(Span::new(from, to)).trim_ascii();
            source.first_on_line(stmt.span.start)
                && line_end < first.span.start
                && between(line_end, first.span.start).is_empty()
                && {
                    let behind = between(stmt.span.end, line_end);
                    behind.is_empty() || behind.starts_with(b"//")
                }
        })
    }

    /// Puts the guard where the lock is taken, in a block of its own where it must end before the
    /// block around it does, or where none of its own is around it.
    pub(super) fn place(&mut self, guard: &Declared<'_>) -> Result<(), Reason> {
        let source = self.task.file.source;
        let site = &self.task.body.sites[self.task.site];
        let braced = self.region.start.block.style == BlockStyle::Braced;
        let ends_with_block = braced && self.region.rest().is_empty();
        if !ends_with_block {
            self.nothing_straddles()?;
            self.no_loop_idles_above()?;
        }
        let Some(first) = self.region.stmts().first() else {
            return Err(reason("no-form", "nothing runs with the lock held"));
        };
        match (guard.takes_place, ends_with_block) {
            (Some(stmt), true) => {
                self.wraps = false;
                self.draft.replace(stmt.span, guard.code.as_str());
            }
            (Some(stmt), false) => {
                let indent = String::from_utf8_lossy(source.indent_at(stmt.span.start));
                self.construct.instead = Some(format!(
                    "{{{}{indent}{}{}",
                    source.newline, source.indent, guard.code
                ));
                self.construct.close = Some("}".to_owned());
                self.adds_block = true;
            }
            (None, true) if self.acquire_above(first).is_some() => {
                self.wraps = false;
                let acquire = self
                    .acquire_above(first)
                    .map_or(first.span, |stmt| stmt.span);
                let indent = String::from_utf8_lossy(source.indent_at(acquire.start));
                let text = format!("{indent}{}{}", guard.code, source.newline);
                self.draft.insert(source.line_end(acquire.end), text);
            }
            (None, true) => {
                self.wraps = false;
                let own_line = source.first_on_line(first.span.start);
                let text = if own_line {
                    let indent = String::from_utf8_lossy(source.indent_at(first.span.start));
                    format!("{}{}{indent}", guard.code, source.newline)
                } else {
                    format!("{} ", guard.code)
                };
                self.draft.insert(first.span.start, text);
            }
            (None, false) if self.whole_acquire().is_some() => {
                let text = self.whole_acquire().unwrap_or_default();
                let indent = String::from_utf8_lossy(source.indent_at(site.span.start));
                let (nl, deeper) = (source.newline, format!("{indent}{}", source.indent));
                self.construct.instead =
                    Some(format!("{{{nl}{deeper}{text}{nl}{deeper}{}", guard.code));
                self.construct.close = Some("}".to_owned());
                self.adds_block = true;
            }
            (None, false) => {
                self.construct.open.push("{".to_owned());
                let code = format!("{}{}", source.indent, guard.code);
                self.construct.open.push(code);
                self.construct.close = Some("}".to_owned());
                self.adds_block = true;
            }
        }
        Ok(())
    }
}

/// Whether a call has a space in front of its parentheses: then the code base writes them so.
fn spaced(call: &str) -> bool {
    let callee = call.split('(').next().unwrap_or_default();
    callee.ends_with(' ') && !callee.trim().is_empty()
}

/// Whether a text holds a class that a fix would use: then whatever declares it is included.
pub(super) fn mentions(text: &[u8], class: &[u8]) -> bool {
    text.windows(class.len()).any(|part| part == class)
}
