//! The acquire that stands inside the `try` whose `finally` releases: it moves in front of it.

use super::place::{At, path_to};
use super::{Candidate, Task, names};
use crate::analysis::frees;
use crate::edit::Edit;
use crate::finding::{Form, Reason};
use crate::flow::{DeclKind, EventKind, Stmt, StmtKind};
use crate::refusal::reason;
use crate::rewrite::Draft;
use crate::source::Span;

/// The candidates of the form.
pub fn candidates(task: Task<'_>, form: Form) -> Result<Vec<Candidate>, Reason> {
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
    let sure = task.body.sites[task.site]
        .acquire()
        .is_some_and(|acquire| acquire.sure);
    let first = own.block.stmts[..own.index].iter().all(is_silent);
    // What never throws leaves nothing to handlers.
    let edits = if !(handlers.is_empty() || sure && first) {
        if form != Form::Tracked {
            return Err(reason(
                "acquire-error-handled",
                "the handler of this `try` also handles errors of the acquire",
            ));
        }
        flagged(task, tried, own)?
    } else if form != Form::TryFinally {
        return Err(reason(
            "no-form",
            "the acquire only has to move in front of its `try`",
        ));
    } else if first && !is_commented(task, own) {
        move_out(task, tried, own)?
    } else {
        move_head(task, tried, own)?
    };
    Ok(vec![Candidate::new(form, edits)])
}

/// Nothing can go wrong in it.
fn is_silent(stmt: &Stmt) -> bool {
    stmt.decls.is_empty() && stmt.all_events().is_empty()
}

fn one_line() -> Reason {
    reason("one-line", "the code shares its line with other statements")
}

/// Whether a comment right above the acquire says something of it, which has to go with it.
fn is_commented(task: Task<'_>, own: At<'_>) -> bool {
    let draft = Draft::new(task.file.source, task.verbatim);
    draft.start_with_comments(own.stmt(), own.block) < own.stmt().span.start
}

/// The `try` begins behind the acquire: what stands before it comes out of it.
fn move_head(task: Task<'_>, tried: At<'_>, own: At<'_>) -> Result<Vec<Edit>, Reason> {
    let source = task.file.source;
    let declares = own.block.stmts[..own.index]
        .iter()
        .flat_map(|stmt| &stmt.decls)
        .any(|decl| decl.kind != DeclKind::FunctionScoped);
    if declares {
        return Err(reason(
            "declared-in-span",
            "a declaration stands in the `try` in front of the acquire",
        ));
    }
    let head = task.language.printer().open_try();
    let mut draft = Draft::new(source, task.verbatim);
    draft
        .lower_head(tried.stmt().span.start, own.stmt().span, head)
        .map_err(|_| one_line())?;
    draft.finish().map_err(|_| one_line())
}

/// The handlers keep the errors of the acquire; a flag tells the `finally` whether it came to it.
fn flagged(task: Task<'_>, tried: At<'_>, own: At<'_>) -> Result<Vec<Edit>, Reason> {
    let StmtKind::Try {
        finally: Some(finally),
        ..
    } = &tried.stmt().kind
    else {
        return Err(one_line());
    };
    let source = task.file.source;
    let printer = task.language.printer();
    let key = &task.body.keys[task.body.sites[task.site].key];
    let flag = names::free(&task, "held", &key.shown)?;
    let end = if source.slice(own.stmt().span).ends_with(b";") {
        printer.terminator()
    } else {
        ""
    };
    let release = task.releases.iter().find_map(|site| {
        let index = finally.stmts.iter().position(|stmt| {
            stmt.sole_event()
                .is_some_and(|event| matches!(event.kind, EventKind::Release(id) if id == *site))
        })?;
        Some(finally.stmts[index].span)
    });
    let release = release.ok_or_else(|| {
        reason(
            "control-flow",
            "the release is not a statement of the `finally` itself",
        )
    })?;
    let own_lines = [tried.stmt().span, own.stmt().span, release]
        .iter()
        .all(|span| source.first_on_line(span.start));
    if !own_lines {
        return Err(one_line());
    }
    let indent_at = |at: usize| String::from_utf8_lossy(source.indent_at(at)).into_owned();
    let nl = source.newline;
    let mut draft = Draft::new(source, task.verbatim);
    let declared = printer.declare_flag(&flag, printer.truth(false));
    let outer = indent_at(tried.stmt().span.start);
    draft.insert(
        tried.stmt().span.start,
        format!("{declared}{end}{nl}{outer}"),
    );
    let inner = indent_at(own.stmt().span.start);
    let set = printer.set_flag(&flag, true);
    draft.insert(own.stmt().span.end, format!("{nl}{inner}{set}{end}"));
    let depth = indent_at(release.start);
    let lines = draft.lay_out(&printer.when(&flag, &source.text(release), &source.indent));
    draft.replace(release, lines.join(&format!("{nl}{depth}")));
    draft.finish().map_err(|_| one_line())
}

fn move_out(task: Task<'_>, tried: At<'_>, own: At<'_>) -> Result<Vec<Edit>, Reason> {
    let source = task.file.source;
    let one_line = || reason("one-line", "the code shares its line with other statements");
    if !source.first_on_line(tried.stmt().span.start) {
        return Err(one_line());
    }
    let mut draft = Draft::new(source, task.verbatim);
    let at = source.line_start(tried.stmt().span.start);
    let indent = String::from_utf8_lossy(source.indent_at(at)).into_owned();
    let text = lifted_text(&task, own.stmt().span, &indent);
    draft.insert(at, format!("{indent}{text}{}", source.newline));
    let previous = own
        .index
        .checked_sub(1)
        .map(|index| own.block.stmts[index].span.end);
    match previous {
        None => draft.remove_first_stmt(own.stmt().span, own.block),
        previous => draft.remove_stmt(own.stmt().span, own.block, previous, false),
    }
    draft.finish().map_err(|_| one_line())
}

/// The text of a statement whose lines move out to `indent`; lines within strings stay.
fn lifted_text(task: &Task<'_>, span: Span, indent: &str) -> String {
    let source = task.file.source;
    let own = source.indent_at(span.start);
    let deeper = own.strip_prefix(indent.as_bytes()).unwrap_or_default();
    let outer = own.len() - deeper.len();
    let mut text = String::new();
    let mut from = span.start;
    for start in source.line_starts_in(span) {
        let inside = |verbatim: &Span| verbatim.start < start && start < verbatim.end;
        let cut = Span::new(start + outer, start + own.len());
        let moves = source.bytes[start..].starts_with(own) && !task.verbatim.iter().any(inside);
        if start > span.start && moves {
            text.push_str(&source.text(Span::new(from, cut.start)));
            from = cut.end;
        }
    }
    text.push_str(&source.text(Span::new(from, span.end)));
    text
}
