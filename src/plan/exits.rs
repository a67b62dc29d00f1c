//! Exits that forget a release, one by one: where they stand, and what can be written in front of
//! them.

mod braces;
mod release;

use release::{release, stable};

use super::Task;
use super::names;
use crate::edit::Edit;
use crate::finding::{Leak, LeakKind, Reason};
use crate::flow::{Block, BlockStyle, EventKind, Stmt, StmtKind};
use crate::lower::{descendants, named_children};
use crate::refusal::reason;
use crate::rewrite::Draft;
use crate::rewrite::printer::Printer;
use crate::source::Span;
use crate::tree::Node;

/// Edits at exits under construction.
pub struct Exits<'a> {
    pub task: Task<'a>,
    pub printer: &'static dyn Printer,
    draft: Draft<'a>,
    /// The statement that releases, line by line, without indentation.
    pub lines: Vec<String>,
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
        let printer = task.language.printer();
        let release = release(&task)?;
        Ok(Exits {
            printer,
            draft: Draft::new(task.file.source, task.verbatim),
            lines: vec![format!("{release}{}", printer.terminator())],
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
                let name = names::free(&task, "ret", "")?;
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
            let release = self.lines.join(" ");
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
            let release = self.lines.join(&format!("{newline}{indent}"));
            format!("{newline}{indent}{release}{newline}{indent}{back}")
        } else {
            format!(" {} {back}", self.lines.join(" "))
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

    fn node(&self, exit: Exit<'_>) -> Option<Node<'a>> {
        let span = exit.stmt.span;
        self.task
            .file
            .root
            .descendant_for_byte_range(span.start, span.end)
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
