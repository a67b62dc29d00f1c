//! A promise that releases when it is fulfilled is made to release when it is settled.

use super::{Candidate, Task};
use crate::finding::{Form, Reason};
use crate::flow::Block;
use crate::refusal::reason;
use crate::rewrite::Draft;

/// The candidate: the same handler, for either outcome.
pub fn candidates(task: Task<'_>, form: Form) -> Result<Vec<Candidate>, Reason> {
    let elsewhere = || {
        reason(
            "released-elsewhere",
            "a promise releases the lock when it is settled",
        )
    };
    if form != Form::PromiseFinally {
        return Err(elsewhere());
    }
    let [site] = task.releases else {
        return Err(elsewhere());
    };
    let file = task.file;
    let release = task.body.sites[*site].span;
    let settling = file
        .root
        .descendant_for_byte_range(release.start, release.end)
        .and_then(|call| file.grammar.settling(call, file.source.bytes))
        .ok_or_else(elsewhere)?;
    let mut draft = Draft::new(file.source, task.verbatim);
    draft.replace(settling.method, "finally");
    if let [parameter, returned] = settling.passing_on[..] {
        draft.replace(parameter, "()");
        draft.remove_stmt(
            returned,
            &Block::default(),
            Some(settling.release.end_byte()),
            false,
        );
    }
    let edits = draft
        .finish()
        .map_err(|_| reason("one-line", "the handler shares its line with other code"))?;
    Ok(vec![Candidate::new(form, edits)])
}
