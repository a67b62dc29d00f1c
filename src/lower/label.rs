//! Kinds of event with a label, for [`Lowering::event`](super::Lowering::event).

use crate::flow::EventKind;

/// A call.
pub fn call(label: String) -> EventKind {
    EventKind::Call { label }
}
/// A visible effect.
pub fn effect(label: String) -> EventKind {
    EventKind::Effect { label }
}
/// An operator that may throw.
pub fn may_throw(label: String) -> EventKind {
    EventKind::MayThrow { label }
}
/// The end of the expression by an exception.
pub fn throw(label: String) -> EventKind {
    EventKind::Throw { label }
}
/// The end of the process.
pub fn process_exit(label: String) -> EventKind {
    EventKind::ProcessExit { label }
}
