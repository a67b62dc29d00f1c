//! The acquire that stands inside the `try` whose `finally` releases: it moves in front of it.

use super::place::{At, path_to};
use super::{Candidate, Task};
use crate::analysis::frees;
use crate::finding::{Form, Reason};
use crate::flow::StmtKind;
use crate::refusal::reason;
use crate::rewrite::Draft;

/// The candidates of the form.
pub fn candidates(task: Task<'_>, form: Form) -> Result<Vec<Candidate>, Reason> {
    if form != Form::TryFinally {
        return Err(reason(
            "no-form",
            "the acquire only has to move in front of its `try`",
        ));
    }
    let path = path_to(task.body, task.site).ok_or_else(|| {
        reason(
            "acquire-in-expression",
            "the acquire is part of an expression",
        )
    })?;
    let key = task.body.sites[task.site].key;
    let level = path
        .iter()
        .rposition(|at| {
            matches!(&at.stmt().kind, StmtKind::Try { finally: Some(finally), .. }
                if frees(task.body, &finally.stmts, key))
        })
        .ok_or_else(|| reason("control-flow", "the `try` of the acquire was not found"))?;
    let (tried, own) = match (path.get(level), path.get(level + 1)) {
        (Some(tried), Some(own)) if level + 2 == path.len() => (*tried, *own),
        _ => {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands deeper inside its `try`",
            ));
        }
    };
    let StmtKind::Try { handlers, body, .. } = &tried.stmt().kind else {
        return Err(reason(
            "control-flow",
            "the `try` of the acquire was not found",
        ));
    };
    if !std::ptr::eq(body, own.block) {
        return Err(reason("control-flow", "the acquire stands in a handler"));
    }
    if !handlers.is_empty() {
        return Err(reason(
            "acquire-error-handled",
            "the handler of this `try` also handles errors of the acquire",
        ));
    }
    let moved = move_out(task, tried, own)?;
    Ok(vec![Candidate { form, edits: moved }])
}

fn move_out(task: Task<'_>, tried: At<'_>, own: At<'_>) -> Result<Vec<crate::edit::Edit>, Reason> {
    let source = task.file.source;
    let one_line = || reason("one-line", "the code shares its line with other statements");
    if !source.first_on_line(tried.stmt().span.start) {
        return Err(one_line());
    }
    let mut draft = Draft::new(source, task.verbatim);
    let at = source.line_start(tried.stmt().span.start);
    let indent = String::from_utf8_lossy(source.indent_at(at)).into_owned();
    let text = source.text(own.stmt().span);
    draft.insert(at, format!("{indent}{text}{}", source.newline));
    let previous = own
        .index
        .checked_sub(1)
        .map(|index| own.block.stmts[index].span.end);
    draft.remove_stmt(own.stmt().span, own.block, previous, false);
    draft.finish().map_err(|_| one_line())
}
