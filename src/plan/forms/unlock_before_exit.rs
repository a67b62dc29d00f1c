//! `unlock-before-exit`: the release that an exit forgets is written in front of it.

use crate::finding::{Form, Leak, LeakKind, Reason};
use crate::plan::exits::{Exits, is_statement};
use crate::plan::{Candidate, Task};
use crate::refusal::reason;

/// The candidates: every exit by itself; or, where jumps meet in front of one, that one alone.
pub fn candidates(task: Task<'_>) -> Result<Vec<Candidate>, Reason> {
    let all: Vec<&Leak> = task.leaks.iter().collect();
    let ends: Vec<&Leak> = all
        .iter()
        .copied()
        .filter(|leak| leak.kind != LeakKind::Goto)
        .collect();
    let mut found = Vec::new();
    let mut refused = None;
    let mut tries = vec![all];
    let falls = |leak: &&Leak| leak.kind == LeakKind::EndOfBody;
    if ends.len() < task.leaks.len() && !ends.is_empty() {
        tries.push(ends);
    }
    for leaks in tries {
        let ends: &[bool] = if leaks.iter().any(falls) {
            &[false, true]
        } else {
            &[false]
        };
        for asks in [false, true] {
            for in_branches in ends {
                match at_each(task, &leaks, (*in_branches, asks)) {
                    Ok(Some(candidate)) => found.push(candidate),
                    Ok(None) => {}
                    Err(reason) => {
                        refused.get_or_insert(reason);
                    }
                }
            }
        }
    }
    match refused {
        Some(reason) if found.is_empty() => Err(reason),
        _ => Ok(found),
    }
}

/// Where the function falls off its end, the release goes there, or into the branches that end it. With `asks`,
/// it is written with the condition under which the function releases elsewhere; `None` where it has none.
fn at_each(
    task: Task<'_>,
    leaks: &[&Leak],
    (in_branches, asks): (bool, bool),
) -> Result<Option<Candidate>, Reason> {
    let mut exits = Exits::new(task)?;
    if asks && !exits.ask_first() {
        return Ok(None);
    }
    let release = exits.lines.clone();
    for leak in leaks {
        if leak.kind == LeakKind::EndOfBody {
            if in_branches {
                exits.at_the_branches(&release)?;
            } else {
                exits.at_the_end(&release)?;
            }
            continue;
        }
        let exit = exits
            .find(leak)
            .filter(|_| is_statement(leak.kind))
            .ok_or_else(|| {
                reason(
                    "control-flow",
                    "nothing can be written in front of this exit",
                )
            })?;
        if exits.is_plain_value(exit.stmt) {
            exits.before(exit, &release)?;
        } else {
            exits.keep_value(exit)?;
        }
    }
    let edits = exits.finish()?;
    Ok(Some(Candidate::new(Form::UnlockBeforeExit, edits)))
}
