//! The forms: one file each, which says what the form needs and what it writes.

mod exit_stack;
mod run_exclusive;
mod tracked;
mod try_finally;
mod using;
mod with;

use super::build::Builder;
use crate::finding::{Form, Reason};
use crate::refusal::reason;

/// Writes the form into the builder.
///
/// # Errors
/// The reason why it does not fit.
pub fn write(form: Form, builder: &mut Builder<'_>) -> Result<(), Reason> {
    match form {
        Form::TryFinally => builder.try_finally(),
        Form::With => builder.with(),
        Form::RunExclusive => builder.run_exclusive(),
        Form::Tracked => builder.tracked(),
        Form::ExitStack => builder.exit_stack(),
        Form::Using => builder.using(),
        Form::PromiseFinally => Err(reason("no-form", "this form does not fit here")),
    }
}
