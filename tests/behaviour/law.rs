//! The law of preservation, as a comparison of two traces of the same run.

use crate::trace::{Event, OutcomeKind, Trace};

/// How much a rewrite may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Where the original released, the lock is released at the very same point.
    Safe,
    /// The lock may be held over other steps; it is still free in the end, and all else is the same.
    Unsafe,
}

/// How `rewritten` breaks the law, in a sentence; `None` when it keeps it.
pub fn violation(original: &Trace, rewritten: &Trace, strictness: Strictness) -> Option<String> {
    if original.leaks() {
        after_leak(original, rewritten, strictness)
    } else {
        without_leak(original, rewritten, strictness)
    }
}

/// The original left every lock as it was: everything is the same at every step.
fn without_leak(original: &Trace, rewritten: &Trace, strictness: Strictness) -> Option<String> {
    different_work(original, rewritten)
        .or_else(|| match strictness {
            Strictness::Safe => different_locks(&original.events, &rewritten.events, |a, b| a == b),
            Strictness::Unsafe => None,
        })
        .or_else(|| {
            (original.last != rewritten.last).then(|| {
                format!(
                    "locks in the end: {:?}, not {:?}",
                    rewritten.last, original.last
                )
            })
        })
}

/// The original leaked: the same work, each lock held at most as long, and free in the end.
fn after_leak(original: &Trace, rewritten: &Trace, strictness: Strictness) -> Option<String> {
    let work = if original.outcome.kind == OutcomeKind::Hang {
        // What waited for the leaked lock goes on now.
        let same = rewritten
            .events
            .iter()
            .zip(&original.events)
            .all(|(a, b)| a.name == b.name);
        let reached = rewritten.events.len() >= original.events.len();
        (!same || !reached).then(|| "other work before the original hung".to_owned())
    } else {
        different_work(original, rewritten)
    };
    work.or_else(|| {
        (rewritten.outcome.kind == OutcomeKind::Hang).then(|| "waits for ever".to_owned())
    })
    .or_else(|| match strictness {
        Strictness::Safe => different_locks(&original.events, &rewritten.events, |a, b| b <= a),
        Strictness::Unsafe => None,
    })
    .or_else(|| {
        (rewritten.last != rewritten.initial).then(|| {
            format!(
                "locks in the end: {:?}, not {:?}",
                rewritten.last, rewritten.initial
            )
        })
    })
}

/// Other steps, another order of them, or another result.
fn different_work(original: &Trace, rewritten: &Trace) -> Option<String> {
    let names = |trace: &Trace| -> Vec<String> {
        trace
            .events
            .iter()
            .map(|event| event.name.clone())
            .collect()
    };
    if names(original) != names(rewritten) {
        return Some(format!(
            "steps {:?}, not {:?}",
            names(rewritten),
            names(original)
        ));
    }
    (original.outcome != rewritten.outcome).then(|| {
        format!(
            "ends with {:?}, not {:?}",
            rewritten.outcome, original.outcome
        )
    })
}

/// A step at which a lock is held otherwise than `allowed(original, rewritten)` permits.
fn different_locks(
    original: &[Event],
    rewritten: &[Event],
    allowed: impl Fn(i64, i64) -> bool,
) -> Option<String> {
    let pairs = original.iter().zip(rewritten);
    let differs = |(old, new): &(&Event, &Event)| {
        old.held
            .iter()
            .zip(&new.held)
            .any(|(&old, &new)| !allowed(old, new))
    };
    pairs.into_iter().find(differs).map(|(old, new)| {
        format!(
            "locks at step `{}`: {:?}, not {:?}",
            old.name, new.held, old.held
        )
    })
}
