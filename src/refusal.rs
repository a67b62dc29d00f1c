//! Why a finding has no safe fix: the one list of codes.

use crate::finding::Reason;

/// Every code that a refusal can carry, with what it means. Codes are stable.
pub const CODES: &[(&str, &str)] = &[
    (
        "acquire-in-expression",
        "the acquire is part of a larger expression",
    ),
    (
        "acquire-conditional",
        "the acquire runs only under a condition that the release does not repeat",
    ),
    (
        "acquire-result-ignored",
        "the acquire can fail, and its result is not looked at",
    ),
    (
        "acquire-error-handled",
        "a handler around the acquire sees its error, and would not any more",
    ),
    (
        "lock-may-change",
        "a part of the lock's name is assigned inside the span",
    ),
    (
        "receiver-has-call",
        "the lock is the result of a call that may differ between acquire and release",
    ),
    (
        "release-would-move",
        "the release would move past other calls",
    ),
    (
        "released-elsewhere",
        "the release is handed to a closure, a callback or another function",
    ),
    ("not-released", "nothing in this function releases the lock"),
    ("double-release", "a path releases the lock twice"),
    (
        "declared-in-span",
        "a declaration inside the span is needed after it and cannot move",
    ),
    (
        "declared-type-unknown",
        "a declaration inside the span is used after it and its type is not known here",
    ),
    (
        "control-flow",
        "the control flow of the function is not understood",
    ),
    ("no-form", "no form of this language and library fits"),
    (
        "variables-seen",
        "the function looks at all of its variables, and would see those of the fix",
    ),
    ("one-line", "the code shares its line with other statements"),
    ("too-complex", "the function is too large to be proved"),
    (
        "too-many-findings",
        "the file has more findings than can be proved in reasonable time",
    ),
    (
        "not-proved",
        "the rewritten code could not be proved to behave the same",
    ),
];

/// The reason with this code.
///
/// Debug builds panic on a code that [`CODES`] does not list.
pub fn reason(code: &'static str, message: impl Into<String>) -> Reason {
    debug_assert!(
        CODES.iter().any(|(known, _)| *known == code),
        "unlisted refusal code {code}"
    );
    Reason {
        code,
        message: message.into(),
    }
}
