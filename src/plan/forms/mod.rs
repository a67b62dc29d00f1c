//! The forms: one file each, which says what the form needs and what it writes.

mod cleanup;
mod closure;
mod defer;
mod exit_stack;
mod goto_unlock;
mod guard;
mod kernel_guard;
mod late_guard;
mod resource;
mod run_exclusive;
mod taken;
mod tracked;
mod try_finally;
mod unlock_before_exit;
mod using;
mod whole_guard;
mod whole_tracked;
mod with;

use super::build::Builder;
use super::{Candidate, Task};
use crate::finding::{Form, Reason};
use crate::refusal::reason;

/// What proposes candidates for a task.
pub type Proposer = fn(Task<'_>) -> Result<Vec<Candidate>, Reason>;

/// Forms that look at the whole function: they mend exits one by one, or convert every lock of it.
pub fn of_function(form: Form) -> Option<Proposer> {
    match form {
        Form::UnlockBeforeExit => Some(unlock_before_exit::candidates),
        Form::GotoUnlock => Some(goto_unlock::candidates),
        Form::KernelGuard => Some(kernel_guard::candidates),
        _ => None,
    }
}

/// Whether the form can stand around everything that a block does to the lock.
pub fn is_wide(form: Form) -> bool {
    matches!(form, Form::UniqueLock | Form::Tracked)
}

/// Writes the form as one construct around everything that the region does to the lock.
///
/// # Errors
/// The reason why it does not fit.
pub fn write_wide(form: Form, builder: &mut Builder<'_>) -> Result<(), Reason> {
    match form {
        Form::UniqueLock => builder.whole_guard(),
        Form::Tracked => builder.whole_tracked(),
        _ => Err(reason("no-form", "this form does not fit here")),
    }
}

/// Writes the form into the builder.
///
/// # Errors
/// The reason why it does not fit.
pub fn write(form: Form, builder: &mut Builder<'_>) -> Result<(), Reason> {
    match form {
        Form::TryFinally => builder.try_finally(),
        Form::With => builder.with(),
        Form::RunExclusive => builder.run_exclusive(),
        Form::Defer => builder.defer(),
        Form::Closure => builder.closure(),
        Form::Tracked => builder.tracked(),
        Form::ExitStack => builder.exit_stack(),
        Form::Using => builder.using(),
        Form::TryWithResources => builder.resource(),
        Form::Cleanup => builder.cleanup(),
        Form::LockGuard => builder.lock_guard(),
        Form::UniqueLock => builder.unique_lock(),
        Form::PromiseFinally | Form::UnlockBeforeExit | Form::GotoUnlock | Form::KernelGuard => {
            Err(reason("no-form", "this form does not fit here"))
        }
    }
}
