//! A guard through which a block takes and frees its lock wherever it does.

use crate::finding::{Form, Reason};
use crate::flow::{BlockStyle, EventKind, SiteId};
use crate::plan::build::Builder;
use crate::plan::place::{enclosing, unlabelled};
use crate::plan::wide::declares;
use crate::refusal::reason;

impl Builder<'_> {
    /// `std::unique_lock<std::mutex> lock(m, std::defer_lock);` in front of the first statement that
    /// touches the lock; `lock.lock()` and `lock.unlock()` instead of those of the lock itself.
    pub(in crate::plan) fn whole_guard(&mut self) -> Result<(), Reason> {
        let no_form = || reason("no-form", "this library has no such guard");
        let form = self.task.entry().form(Form::UniqueLock).cloned();
        let form = form.ok_or_else(no_form)?;
        let (Some(defer), Some(free), true) = (
            &form.defer,
            &form.free,
            form.retake.is_some() || form.hold.is_some(),
        ) else {
            return Err(no_form());
        };
        if self.region.start.block.style != BlockStyle::Braced {
            return Err(reason(
                "one-line",
                "the span does not stand in a block of its own",
            ));
        }
        self.may_declare()?;
        self.names_are_known()?;
        self.lock_is_there()?;
        let first = &self.region.stmts()[0];
        let source = self.task.file.source;
        if !source.first_on_line(first.span.start) {
            return Err(reason(
                "one-line",
                "the code shares its line with other statements",
            ));
        }
        // The acquire in front is the guard's own.
        let begins = first
            .sole_event()
            .and_then(|event| match event.kind {
                EventKind::Acquire(site) => Some(site),
                _ => None,
            })
            .filter(|site| self.is_plain(*site));
        let template = match (begins, &form.adopt) {
            (Some(_), Some(adopt)) if form.code.is_empty() => adopt,
            (Some(_), _) => &form.code,
            (None, _) => defer,
        };
        let (name, code) = self.made(template, form.include.as_ref())?;
        if let Some(site) = begins.filter(|_| form.code.is_empty()) {
            self.on_taken(site, "", &|_| code.clone())?;
        } else if begins.is_some() {
            self.draft.replace(first.span, code);
        } else {
            // A label stands further out than what it labels.
            let indent = source.indent_at(unlabelled(first).span.start);
            let indent = String::from_utf8_lossy(indent);
            self.draft.insert(
                source.line_start(first.span.start),
                format!("{indent}{code}{}", source.newline),
            );
        }
        let of_guard = |code: &str| code.replace("$GUARD", &name);
        for site in self.acquires() {
            if Some(site) == begins {
                continue;
            }
            let text = match (&form.retake, &form.attempt, &form.hold) {
                (Some(retake), ..) if self.is_plain(site) => retake,
                (_, Some(attempt), _) if !self.is_told_more(site) => attempt,
                (_, _, Some(hold)) => {
                    self.hand_over(site, &of_guard(hold))?;
                    continue;
                }
                _ => {
                    return Err(reason(
                        "acquire-conditional",
                        "the acquire can fail, and this guard cannot try",
                    ));
                }
            };
            self.replace_call(site, &of_guard(text))?;
        }
        for site in self.region.kept.clone() {
            if form.retake.is_none() {
                self.gives_nothing(site)?;
            }
            self.replace_call(site, &of_guard(free))?;
        }
        self.wraps = false;
        self.strained = true;
        Ok(())
    }

    /// Nothing in the region declares a part of the lock's name: it would mean nothing outside of it.
    pub(in crate::plan) fn names_are_known(&self) -> Result<(), Reason> {
        let stmts = self.region.stmts();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        match key.names.iter().find(|name| declares(stmts, name)) {
            None => Ok(()),
            Some(name) => Err(reason(
                "declared-in-span",
                format!("`{name}` is declared in the span"),
            )),
        }
    }

    /// Gives the guard what an acquire by hand has taken.
    fn hand_over(&mut self, site: SiteId, hold: &str) -> Result<(), Reason> {
        let file = self.task.file;
        let address = self
            .acquire_node()
            .and_then(|node| {
                self.printer
                    .guard(file, self.task.entry(), node, "$ADDRESS")
            })
            .ok_or_else(|| reason("no-form", "the acquire is not where it was"))?;
        let end = self.printer.terminator();
        self.on_taken(site, "", &|taken| {
            let held = match taken {
                Some(taken) => format!("{taken} ? {address} : nullptr"),
                None => address.clone(),
            };
            format!("{}{end}", hold.replace("$HELD", &held))
        })
    }

    /// Nobody looks at what a release comes to: the guard's gives nothing.
    fn gives_nothing(&self, site: SiteId) -> Result<(), Reason> {
        let source = self.task.file.source;
        let span = self.task.body.sites[site].span;
        let alone = enclosing(&self.task.body.root, site).is_some_and(|(block, index)| {
            let stmt = source.slice(block.stmts[index].span);
            stmt.trim_ascii_end().strip_suffix(b";") == Some(source.slice(span))
        });
        if alone {
            return Ok(());
        }
        Err(reason(
            "acquire-in-expression",
            "the result of a release is looked at",
        ))
    }

    /// Every acquire of the lock in the region.
    pub(in crate::plan) fn acquires(&self) -> Vec<SiteId> {
        let sites = &self.task.body.sites;
        let key = sites[self.task.site].key;
        (0..sites.len())
            .filter(|id| sites[*id].key == key)
            .filter(|id| {
                let acquire = sites[*id].acquire();
                acquire.is_some_and(|acquire| !acquire.implied)
            })
            .filter(|id| self.region.stmts().iter().any(|stmt| stmt.holds_site(*id)))
            .collect()
    }

    /// Whether the acquire always comes back with the lock.
    fn is_plain(&self, site: SiteId) -> bool {
        let acquire = self.task.body.sites[site].acquire();
        acquire.is_some_and(|acquire| !acquire.conditional && acquire.bound.is_none())
    }

    /// Whether the call is given arguments: how long to wait, say.
    fn is_told_more(&self, site: SiteId) -> bool {
        let file = self.task.file;
        let span = self.task.body.sites[site].span;
        let node = file.root.descendant_for_byte_range(span.start, span.end);
        node.and_then(|node| file.grammar.arguments(node))
            .is_none_or(|arguments| arguments.named_child_count() > 0)
    }

    /// No path comes to where the construct begins on which the lock's name points to nothing.
    fn lock_is_there(&self) -> Result<(), Reason> {
        let stmts = self.region.stmts();
        let key = &self.task.body.keys[self.task.body.sites[self.task.site].key];
        let at_once = stmts[0].own_events().iter().any(|event| {
            let (EventKind::Acquire(site) | EventKind::Release(site)) = event.kind else {
                return false;
            };
            self.task.body.sites[site].key == self.task.body.sites[self.task.site].key
        });
        if !key.present.is_empty() && !at_once {
            return Err(reason(
                "acquire-conditional",
                "the lock may not be there where the construct would begin",
            ));
        }
        Ok(())
    }
}
