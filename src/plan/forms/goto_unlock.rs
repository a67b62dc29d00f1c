//! `goto-unlock`: an exit that forgets the release goes where the function already makes it.

use crate::finding::{Form, LeakKind, Reason};
use crate::flow::{Stmt, StmtKind};
use crate::plan::exits::{Exit, Exits, has_comment, is_statement, jumps_to, operand};
use crate::plan::{Candidate, Task};
use crate::refusal::reason;
use crate::source::Span;

/// A label behind which the lock is released and the function left.
struct Cleanup<'b> {
    label: &'b str,
    at: Span,
    /// The variable that is returned; `None` when nothing is.
    result: Option<&'b str>,
}

/// The candidates: one for each label that may do, the nearest to the release first.
pub fn candidates(task: Task<'_>) -> Result<Vec<Candidate>, Reason> {
    let none = || {
        reason(
            "no-form",
            "the function has no label behind which it releases",
        )
    };
    let cleanups = cleanups(task);
    let mut refused = None;
    let mut found = Vec::new();
    for cleanup in cleanups.iter().rev() {
        match through(task, cleanup) {
            Ok(candidate) => found.push(candidate),
            Err(reason) => {
                refused.get_or_insert(reason);
            }
        }
    }
    if found.is_empty() {
        return Err(refused.unwrap_or_else(none));
    }
    Ok(found)
}

/// The labels of the function's own block that come before a release and an exit.
fn cleanups(task: Task<'_>) -> Vec<Cleanup<'_>> {
    let stmts = &task.body.root.stmts;
    let releases = |stmt: &Stmt| task.releases.iter().any(|site| stmt.holds_site(*site));
    let mut found = Vec::new();
    for (index, stmt) in stmts.iter().enumerate() {
        let mut at = stmt;
        while let StmtKind::Labeled { label, body } = &at.kind {
            let rest = &stmts[index..];
            if rest.iter().any(releases)
                && let Some(result) = result_of(rest)
            {
                found.push(Cleanup {
                    label,
                    at: stmt.span,
                    result,
                });
            }
            at = body;
        }
    }
    found
}

/// What the statements return in the end, if they end in a return of a variable or of nothing.
fn result_of(stmts: &[Stmt]) -> Option<Option<&str>> {
    let mut last = stmts.last()?;
    while let StmtKind::Labeled { body, .. } = &last.kind {
        last = body;
    }
    match &last.kind {
        StmtKind::Return { operand, .. } if operand.is_empty() => Some(None),
        StmtKind::Return { operand, .. } => {
            let name = operand
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !operand.starts_with(|first: char| first.is_ascii_digit());
            name.then_some(Some(operand.as_str()))
        }
        StmtKind::Plain(_) => Some(None),
        _ => None,
    }
}

fn through(task: Task<'_>, cleanup: &Cleanup<'_>) -> Result<Candidate, Reason> {
    let mut exits = Exits::new(task)?;
    let end = exits.printer.terminator();
    let jump = exits
        .printer
        .goto(cleanup.label)
        .map(|jump| format!("{jump}{end}"))
        .ok_or_else(|| reason("no-form", "this language has no goto"))?;
    for leak in task.leaks {
        let exit = exits
            .find(leak)
            .filter(|_| is_statement(leak.kind))
            .filter(|exit| exit.stmt.span.end <= cleanup.at.start)
            .ok_or_else(|| {
                reason(
                    "control-flow",
                    "an exit stands behind the label that releases",
                )
            })?;
        match &exit.stmt.kind {
            StmtKind::Goto(label) => {
                // A label that nobody uses any more would be complained about.
                let leaving = task.leaks.iter().filter(|leak| {
                    leak.kind == LeakKind::Goto
                        && exits.find(leak).is_some_and(
                            |exit| matches!(&exit.stmt.kind, StmtKind::Goto(to) if to == label),
                        )
                });
                if leaving.count() >= jumps_to(&task, label) {
                    return Err(reason(
                        "control-flow",
                        "nothing would jump to the label any more",
                    ));
                }
                exits.instead(exit, std::slice::from_ref(&jump))?;
            }
            StmtKind::Return { operand, .. } => {
                let lines = returned(task, exit, operand, cleanup, &jump, end)?;
                exits.instead(exit, &lines)?;
            }
            _ => {
                return Err(reason("control-flow", "a loop goes on behind the exit"));
            }
        }
    }
    Ok(Candidate::new(Form::GotoUnlock, exits.finish()?))
}

/// What stands instead of a return.
fn returned(
    task: Task<'_>,
    exit: Exit<'_>,
    value: &str,
    cleanup: &Cleanup<'_>,
    jump: &str,
    end: &str,
) -> Result<Vec<String>, Reason> {
    let jump = jump.to_owned();
    match cleanup.result {
        None if value.is_empty() => Ok(vec![jump]),
        Some(result) if result == value => Ok(vec![jump]),
        Some(result) if !value.is_empty() => {
            if has_comment(&task, exit.stmt.span) {
                return Err(reason("one-line", "a comment stands in the returned value"));
            }
            let text = operand(task, exit.stmt).map_or_else(
                || value.to_owned(),
                |node| task.file.source.text(crate::lower::span(node)),
            );
            Ok(vec![format!("{result} = {text}{end}"), jump])
        }
        _ => Err(reason(
            "control-flow",
            "the label that releases returns something else",
        )),
    }
}
