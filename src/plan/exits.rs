//! Exits that forget a release, one by one: where they stand, and what can be written in front of
//! them.

use super::Task;
use super::names;
use crate::edit::Edit;
use crate::finding::{Leak, LeakKind, Reason};
use crate::flow::{Block, BlockStyle, EventKind, SiteKind, Stmt, StmtKind};
use crate::lower::{descendants, named_children};
use crate::refusal::reason;
use crate::rewrite::Draft;
use crate::rewrite::printer::Printer;
use crate::source::Span;
use tree_sitter::Node;

/// Edits at exits under construction.
pub struct Exits<'a> {
    pub task: Task<'a>,
    pub printer: &'static dyn Printer,
    draft: Draft<'a>,
    /// The release, as the function writes it.
    pub release: String,
}

/// A statement that leaves.
#[derive(Clone, Copy)]
pub struct Exit<'b> {
    pub block: &'b Block,
    pub stmt: &'b Stmt,
    /// A label stands directly in front of it.
    pub labelled: bool,
}

impl<'a> Exits<'a> {
    /// Begins with the release that is to be repeated.
    ///
    /// # Errors
    /// When the function does not show one way to release.
    pub fn new(task: Task<'a>) -> Result<Self, Reason> {
        stable(&task)?;
        Ok(Exits {
            printer: task.language.printer(),
            draft: Draft::new(task.file.source, task.verbatim),
            release: release(&task)?,
            task,
        })
    }

    /// The edits.
    ///
    /// # Errors
    /// When two exits share their bytes.
    pub fn finish(self) -> Result<Vec<Edit>, Reason> {
        self.draft
            .finish()
            .map_err(|_| reason("one-line", "the code shares its line with other statements"))
    }

    /// The statement of a leak.
    pub fn find(&self, leak: &Leak) -> Option<Exit<'a>> {
        find(&self.task.body.root, leak.span)
    }

    /// Writes statements in front of an exit, with braces where its branch has none.
    ///
    /// # Errors
    /// When names of the release mean nothing there.
    pub fn before(&mut self, exit: Exit<'_>, lines: &[String]) -> Result<(), Reason> {
        self.in_scope(exit.stmt.span)?;
        let at = self.behind_inner(exit);
        let source = self.task.file.source;
        if exit.block.style == BlockStyle::Single && !exit.labelled {
            return self.braced(exit, lines);
        }
        let (indent, newline) = (indent_of(self, at), source.newline);
        let text: String = if source.first_on_line(at) {
            lines
                .iter()
                .map(|line| format!("{line}{newline}{indent}"))
                .collect()
        } else {
            lines.iter().map(|line| format!("{line} ")).collect()
        };
        self.draft.insert(at, text);
        Ok(())
    }

    /// Writes statements in front of the end of the function.
    ///
    /// # Errors
    /// When names of the release mean nothing there.
    pub fn at_the_end(&mut self, lines: &[String]) -> Result<(), Reason> {
        let root = &self.task.body.root;
        let source = self.task.file.source;
        let end = root.span.end.saturating_sub(1);
        self.in_scope(Span::new(end, end))?;
        let (Some(last), true) = (root.stmts.last(), source.first_on_line(end)) else {
            return Err(reason("one-line", "the function stands on one line"));
        };
        let indent = indent_of(self, last.span.start);
        let outer = indent_of(self, end);
        let newline = source.newline;
        let own = if source.first_on_line(last.span.start)
            && !matches!(last.kind, StmtKind::Labeled { .. })
        {
            indent
        } else {
            format!("{outer}{}", source.indent)
        };
        let text: String = lines
            .iter()
            .map(|line| format!("{own}{line}{newline}"))
            .collect();
        self.draft.insert(source.line_start(end), text);
        Ok(())
    }

    /// Writes statements at the end of every branch of the last statement that does not release.
    ///
    /// # Errors
    /// When there are no such branches.
    pub fn at_the_branches(&mut self, lines: &[String]) -> Result<(), Reason> {
        let none = || reason("control-flow", "the function ends in no branches");
        let Some(Stmt {
            kind:
                StmtKind::If {
                    then,
                    otherwise: Some(otherwise),
                    ..
                },
            ..
        }) = self.task.body.root.stmts.last()
        else {
            return Err(none());
        };
        let source = self.task.file.source;
        let releases = |block: &Block| {
            let mut sites = self.task.releases.iter();
            sites.any(|site| block.stmts.iter().any(|stmt| stmt.holds_site(*site)))
        };
        let open: Vec<&Block> = [then, otherwise]
            .into_iter()
            .filter(|block| !releases(block))
            .collect();
        if open.is_empty() {
            return Err(none());
        }
        for block in open {
            let last = block.stmts.last().filter(|last| {
                block.style == BlockStyle::Braced && source.first_on_line(last.span.start)
            });
            let last = last.ok_or_else(none)?;
            self.in_scope(last.span)?;
            let indent = indent_of(self, last.span.start);
            let text: String = lines
                .iter()
                .map(|line| format!("{}{indent}{line}", source.newline))
                .collect();
            let end = source.line_content_end(last.span.end);
            self.draft.insert(end, text);
        }
        Ok(())
    }

    /// Releases in front of a return whose value is computed first: it is kept in a variable.
    ///
    /// # Errors
    /// When the type of the value is not known, or there is no place for a declaration.
    pub fn keep_value(&mut self, exit: Exit<'_>) -> Result<(), Reason> {
        self.in_scope(exit.stmt.span)?;
        let task = self.task;
        let Some(operand) = operand(task, exit.stmt) else {
            return Err(reason("no-form", "the returned value was not found"));
        };
        let known = self.printer.result_variable(task.file, task.body.span);
        let known = known.filter(|name| self.visible(name, exit.stmt.span));
        let (name, head) = match known {
            Some(name) => (name.clone(), format!("{name} = ")),
            None => {
                let name = names::free(&task, "ret", "");
                let declared = self
                    .printer
                    .declare_result(task.file, task.body.span, &name)
                    .ok_or_else(|| {
                        reason(
                            "declared-type-unknown",
                            "the type of the returned value is not known here",
                        )
                    })?;
                (name, format!("{declared} = "))
            }
        };
        let source = task.file.source;
        let end = self.printer.terminator();
        let back = format!("{}{end}", self.printer.give_back(&name));
        let release = format!("{}{end}", self.release);
        let whole = exit.stmt.span;
        let value = Span::new(whole.start, operand.start_byte());
        let own_line = source.first_on_line(whole.start);
        // A declaration cannot follow a label.
        let first = exit.block.stmts.first().map(|stmt| stmt.span) == Some(whole);
        let wrapped = exit.block.style == BlockStyle::Single
            || exit.labelled
            || (exit.block.style == BlockStyle::Plain && first);
        if wrapped && self.shares_line(exit) {
            self.draft.insert(whole.start, "{ ");
            self.draft.replace(value, head);
            self.draft
                .insert(whole.end, format!(" {release} {back} }}"));
            return Ok(());
        }
        if wrapped {
            self.open_brace(exit)?;
        }
        self.draft.replace(value, head);
        let indent = if wrapped && !own_line {
            self.inner_indent(exit)
        } else {
            indent_of(self, whole.start)
        };
        let newline = source.newline;
        let rest = if own_line || wrapped {
            format!("{newline}{indent}{release}{newline}{indent}{back}")
        } else {
            format!(" {release} {back}")
        };
        self.draft.insert(whole.end, rest);
        if wrapped {
            self.close_brace(exit)?;
        }
        Ok(())
    }

    /// Replaces an exit by other statements.
    ///
    /// # Errors
    /// When the branch cannot have braces.
    pub fn instead(&mut self, exit: Exit<'_>, lines: &[String]) -> Result<(), Reason> {
        let Some((last, before)) = lines.split_last() else {
            return Ok(());
        };
        if !before.is_empty() {
            self.before(exit, before)?;
        }
        self.draft.replace(exit.stmt.span, last.as_str());
        Ok(())
    }

    /// Whether the value of a return stays what it is when the lock is freed first.
    pub fn is_plain_value(&self, stmt: &Stmt) -> bool {
        let StmtKind::Return { value, .. } = &stmt.kind else {
            return true;
        };
        match operand(self.task, stmt) {
            None => value.is_empty(),
            Some(operand) => {
                value.is_empty()
                    && self
                        .printer
                        .is_plain_value(self.task.file, self.task.body.span, operand)
            }
        }
    }

    /// Where the release goes that belongs in front of an exit: before releases of locks that were
    /// taken earlier, which stand there already.
    fn behind_inner(&self, exit: Exit<'_>) -> usize {
        let body = self.task.body;
        let own = body.sites[self.task.site].span.start;
        let outer = |stmt: &Stmt| match stmt.sole_event().map(|event| &event.kind) {
            Some(EventKind::Release(site)) => body.sites.iter().any(|taken| {
                taken.key == body.sites[*site].key
                    && taken.acquire().is_some()
                    && taken.span.start < own
            }),
            _ => false,
        };
        let index = exit
            .block
            .stmts
            .iter()
            .position(|stmt| stmt.span.contains(exit.stmt.span))
            .filter(|_| !exit.labelled);
        let before = index.map_or(&[][..], |index| &exit.block.stmts[..index]);
        before
            .iter()
            .rev()
            .take_while(|stmt| outer(stmt))
            .last()
            .unwrap_or(exit.stmt)
            .span
            .start
    }

    /// Whether other code follows the exit on its line, which began in front of it.
    fn shares_line(&self, exit: Exit<'_>) -> bool {
        let source = self.task.file.source;
        let span = exit.stmt.span;
        let rest = Span::new(span.end, source.line_content_end(span.end));
        let rest = source.slice(rest).trim_ascii();
        let follows = !rest.is_empty()
            && !rest.starts_with(b"//")
            && !rest.starts_with(b"/*")
            && !rest.starts_with(b"else");
        follows && !source.first_on_line(span.start)
    }

    fn braced(&mut self, exit: Exit<'_>, lines: &[String]) -> Result<(), Reason> {
        if self.shares_line(exit) {
            let span = exit.stmt.span;
            self.draft
                .insert(span.start, format!("{{ {} ", lines.join(" ")));
            self.draft.insert(span.end, " }");
            return Ok(());
        }
        self.open_brace(exit)?;
        let at = exit.stmt.span.start;
        let source = self.task.file.source;
        let indent = if source.first_on_line(at) {
            indent_of(self, at)
        } else {
            self.inner_indent(exit)
        };
        let newline = source.newline;
        let text: String = lines
            .iter()
            .map(|line| format!("{line}{newline}{indent}"))
            .collect();
        self.draft.insert(at, text);
        self.close_brace(exit)
    }

    /// The indentation of what stands in braces on lines of their own.
    fn inner_indent(&self, exit: Exit<'_>) -> String {
        let source = self.task.file.source;
        let head = self.head(exit).map_or(exit.stmt.span.start, |head| head);
        format!("{}{}", indent_of(self, head), source.indent)
    }

    /// Where the head of a branch without braces ends.
    fn head(&self, exit: Exit<'_>) -> Option<usize> {
        let node = self.node(exit)?;
        std::iter::successors(node.prev_sibling(), Node::prev_sibling)
            .find(|sibling| !sibling.is_extra())
            .map(|sibling| sibling.end_byte())
    }

    fn node(&self, exit: Exit<'_>) -> Option<Node<'a>> {
        let span = exit.stmt.span;
        self.task
            .file
            .root
            .descendant_for_byte_range(span.start, span.end)
    }

    fn open_brace(&mut self, exit: Exit<'_>) -> Result<(), Reason> {
        let source = self.task.file.source;
        let head = self
            .head(exit)
            .ok_or_else(|| reason("one-line", "the branch has no place for braces"))?;
        let at = exit.stmt.span.start;
        if source.first_on_line(at) {
            self.draft.insert(head, " {");
            return Ok(());
        }
        let gap = Span::new(head, at);
        let blank = source.slice(gap).iter().all(u8::is_ascii_whitespace);
        if !blank {
            return Err(reason("one-line", "a comment stands where braces would go"));
        }
        let text = format!(" {{{}{}", source.newline, self.inner_indent(exit));
        self.draft.replace(gap, text);
        Ok(())
    }

    fn close_brace(&mut self, exit: Exit<'_>) -> Result<(), Reason> {
        let source = self.task.file.source;
        let span = exit.stmt.span;
        let head = self.head(exit).unwrap_or(span.start);
        let outer = indent_of(self, head);
        let newline = source.newline;
        let content_end = source.line_content_end(span.end);
        let rest = source.slice(Span::new(span.end, content_end)).trim_ascii();
        let comment = rest.starts_with(b"//") || (rest.starts_with(b"/*") && rest.ends_with(b"*/"));
        let behind = if rest.is_empty() || comment {
            content_end
        } else {
            span.end
        };
        // `} else`
        let follows = self
            .node(exit)
            .and_then(|node| node.next_sibling())
            .filter(|next| !next.is_extra())
            .map(|next| next.start_byte());
        match follows {
            Some(next)
                if source
                    .slice(Span::new(behind, next.max(behind)))
                    .iter()
                    .all(u8::is_ascii_whitespace)
                    && source
                        .slice(Span::new(next, source.bytes.len()))
                        .starts_with(b"else") =>
            {
                self.draft
                    .replace(Span::new(behind, next), format!("{newline}{outer}}} "));
            }
            _ if behind == content_end => {
                self.draft.insert(behind, format!("{newline}{outer}}}"));
            }
            _ => {
                return Err(reason(
                    "one-line",
                    "the branch shares its line with other code",
                ));
            }
        }
        Ok(())
    }

    /// Whether the release means at `place` what it means elsewhere.
    fn in_scope(&self, place: Span) -> Result<(), Reason> {
        let site = self
            .task
            .releases
            .first()
            .map(|site| self.task.body.sites[*site].span);
        let node = site.and_then(|span| {
            self.task
                .file
                .root
                .descendant_for_byte_range(span.start, span.end)
        });
        let Some(node) = node else { return Ok(()) };
        let mut used = Vec::new();
        let file = self.task.file;
        file.grammar.names_in(node, file.source.bytes, &mut used);
        match used.iter().find(|name| !self.visible(name, place)) {
            None => Ok(()),
            Some(name) => Err(reason(
                "control-flow",
                format!("`{name}` is not declared where the release would stand"),
            )),
        }
    }

    /// Whether no declaration of the name is out of sight at `place`.
    fn visible(&self, name: &str, place: Span) -> bool {
        fn hidden(block: &Block, name: &str, place: Span) -> bool {
            let declares = |stmt: &Stmt| {
                let mut decls = stmt.decls.iter();
                decls.any(|decl| decl.names.iter().any(|own| own == name))
            };
            block.stmts.iter().any(|stmt| {
                (declares(stmt) && !(block.span.contains(place) && stmt.span.end <= place.start))
                    || stmt.blocks().iter().any(|block| hidden(block, name, place))
            })
        }
        !hidden(&self.task.body.root, name, place)
    }
}

fn indent_of(exits: &Exits<'_>, at: usize) -> String {
    String::from_utf8_lossy(exits.task.file.source.indent_at(at)).into_owned()
}

/// What a return gives back.
pub fn operand<'a>(task: Task<'a>, stmt: &Stmt) -> Option<Node<'a>> {
    let node = task
        .file
        .root
        .descendant_for_byte_range(stmt.span.start, stmt.span.end)?;
    named_children(node).into_iter().next()
}

/// The name of the lock must mean the same lock at every exit.
fn stable(task: &Task<'_>) -> Result<(), Reason> {
    let site = &task.body.sites[task.site];
    let key = &task.body.keys[site.key];
    let last = task
        .leaks
        .iter()
        .map(|leak| leak.span.end)
        .chain(
            task.releases
                .iter()
                .map(|site| task.body.sites[*site].span.end),
        )
        .max()
        .unwrap_or_default();
    let held = Span::new(site.span.end, last);
    let changed = task
        .body
        .root
        .stmts
        .iter()
        .flat_map(Stmt::all_events)
        .filter(|event| held.contains(event.span))
        .find_map(|event| match &event.kind {
            EventKind::Assign { var, .. } => key.names.iter().find(|name| *name == var),
            _ => None,
        });
    if let Some(name) = changed {
        return Err(reason(
            "lock-may-change",
            format!("`{name}` is assigned while `{}` is held", key.shown),
        ));
    }
    if key.has_call {
        return Err(reason(
            "receiver-has-call",
            format!(
                "`{}` may be another lock each time it is asked for",
                key.shown
            ),
        ));
    }
    Ok(())
}

/// The release as the function writes it, if it always writes it alike.
fn release(task: &Task<'_>) -> Result<String, Reason> {
    let written = |site: &usize| task.body.sites[*site].span;
    let not_alike = || {
        reason(
            "not-released",
            "the function does not show one way to release the lock",
        )
    };
    let mut texts: Vec<String> = Vec::new();
    for span in task.releases.iter().map(written) {
        let node = task
            .file
            .root
            .descendant_for_byte_range(span.start, span.end)
            .ok_or_else(not_alike)?;
        let text = task.file.normal(node);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let settles = task.releases.iter().any(|site| {
        matches!(
            task.body.sites[*site].what,
            SiteKind::Release { settles: true, .. } | SiteKind::Acquire(_)
        )
    });
    match (texts.len(), task.releases.first()) {
        (1, Some(first)) if !settles => Ok(task.file.source.text(written(first))),
        _ => Err(not_alike()),
    }
}

fn find(block: &Block, span: Span) -> Option<Exit<'_>> {
    for stmt in &block.stmts {
        let mut at = stmt;
        let mut labelled = false;
        while let StmtKind::Labeled { body, .. } = &at.kind {
            at = body;
            labelled = true;
        }
        if at.span == span {
            return Some(Exit {
                block,
                stmt: at,
                labelled,
            });
        }
        let inner = stmt.span.contains(span).then(|| stmt.blocks());
        if let Some(found) = inner
            .into_iter()
            .flatten()
            .find_map(|block| find(block, span))
        {
            return Some(found);
        }
    }
    None
}

/// Whether the leak is of a kind that an edit at its statement can mend.
pub fn is_statement(kind: LeakKind) -> bool {
    matches!(
        kind,
        LeakKind::Return | LeakKind::Break | LeakKind::Continue | LeakKind::Goto
    )
}

/// How often the function mentions a label in a goto.
pub fn jumps_to(task: &Task<'_>, label: &str) -> usize {
    fn count(block: &Block, label: &str) -> usize {
        block.stmts.iter().map(|stmt| of(stmt, label)).sum()
    }
    fn of(stmt: &Stmt, label: &str) -> usize {
        match &stmt.kind {
            StmtKind::Goto(to) => usize::from(to == label),
            StmtKind::Labeled { body, .. } => of(body, label),
            _ => stmt.blocks().iter().map(|block| count(block, label)).sum(),
        }
    }
    count(&task.body.root, label)
}

/// Whether the text at `span` holds a comment.
pub fn has_comment(task: &Task<'_>, span: Span) -> bool {
    task.file
        .root
        .descendant_for_byte_range(span.start, span.end)
        .is_some_and(|node| descendants(node, |_| true).any(|node| node.is_extra()))
}
