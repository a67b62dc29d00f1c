//! The law of preservation, as a comparison of two traces of the same run.

use crate::trace::{Event, OutcomeKind, Trace};

/// What is demanded of a rewrite, beyond doing the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Law {
    /// Where the original released, the lock is released at the very same point (a `safe` fix).
    pub exact: bool,
    /// What the original leaked is free in the end (every leak was fixed).
    pub all_freed: bool,
}

impl Law {
    /// How `rewritten` breaks the law, in a sentence; `None` when it keeps it.
    pub fn violation(self, original: &Trace, rewritten: &Trace) -> Option<String> {
        if let Some(met) = met_its_own_lock(original, rewritten) {
            self.up_to(met, original, rewritten)
        } else if original.leaks() {
            self.after_leak(original, rewritten)
        } else {
            self.without_leak(original, rewritten)
        }
    }

    /// The original left every lock as it was: everything is the same at every step.
    fn without_leak(self, original: &Trace, rewritten: &Trace) -> Option<String> {
        let leaked = |_| false;
        different_work(original, rewritten)
            .or_else(|| self.different_locks(original, rewritten, usize::MAX, leaked))
            .or_else(|| different_end(&original.last, &rewritten.last, |old, new| new == old))
    }

    /// The original leaked: the same work, each lock held at most as long, and free in the end.
    fn after_leak(self, original: &Trace, rewritten: &Trace) -> Option<String> {
        let leaked = |lock| original.leaks_lock(lock);
        different_work(original, rewritten)
            .or_else(|| self.different_locks(original, rewritten, usize::MAX, leaked))
            .or_else(|| self.at_the_end(original, rewritten))
    }

    /// The original met a lock that it had forgotten itself, after `met` steps: what it does from there
    /// on is no measure.
    fn up_to(self, met: usize, original: &Trace, rewritten: &Trace) -> Option<String> {
        if steps(rewritten).get(..met) != Some(&steps(original)[..met]) {
            return Some("other work before the original met its own lock".to_owned());
        }
        // What is released later all the same was left locked up to here.
        let left = |lock| {
            let at = original.events.get(met).map(|step| &step.held);
            at.unwrap_or(&original.last).get(lock) > original.initial.get(lock)
        };
        self.different_locks(original, rewritten, met, left)
            .or_else(|| {
                self.all_freed
                    .then(|| self.at_the_end(original, rewritten))
                    .flatten()
            })
    }

    /// What is left locked, and whether it comes to its end.
    fn at_the_end(self, original: &Trace, rewritten: &Trace) -> Option<String> {
        let left = if self.all_freed {
            let (first, last) = (&rewritten.initial, &rewritten.last);
            (!all(first, last, |first, new| new == first))
                .then(|| format!("{STILL_HELD}: {last:?}, not {first:?}"))
        } else {
            different_end(&original.last, &rewritten.last, |old, new| new <= old)
        };
        left.or_else(|| {
            let hangs = rewritten.outcome.kind == OutcomeKind::Hang;
            (self.all_freed && hangs).then(|| "waits for ever".to_owned())
        })
    }

    /// One of the first `within` steps at which a lock is held otherwise than before: a lock that leaks
    /// may be free earlier, every other is held exactly as it was.
    fn different_locks(
        self,
        original: &Trace,
        rewritten: &Trace,
        within: usize,
        leaks: impl Fn(usize) -> bool,
    ) -> Option<String> {
        let steps = original.events.iter().zip(&rewritten.events);
        let mut steps = steps.take(within);
        let differs = |(old, new): &(&Event, &Event)| {
            let mut depths = old.held.iter().zip(&new.held).enumerate();
            depths.any(|(lock, (old, new))| new > old || (new < old && !leaks(lock)))
        };
        let (old, new) = self.exact.then(|| steps.find(differs)).flatten()?;
        Some(format!(
            "locks at step `{}`: {:?}, not {:?}",
            old.name, new.held, old.held
        ))
    }
}

/// What the original left locked, though all that was found of it is fixed.
pub const STILL_HELD: &str = "still locked in the end";

/// What a step is called at which a lock is not had: the very thread holds it, or somebody does.
const NOT_HAD: [&str; 2] = ["refused to itself", "busy"];

/// After how many steps the original does not get a lock that it has forgotten itself, where the
/// rewritten program does: it waits for ever, or is told so.
fn met_its_own_lock(original: &Trace, rewritten: &Trace) -> Option<usize> {
    let (old, new) = (steps(original), steps(rewritten));
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    let same = same.count();
    let told = old.get(same).is_some_and(|step| NOT_HAD.contains(step));
    let waits = original.outcome.kind == OutcomeKind::Hang;
    (told || (waits && original.leaks())).then_some(if told { same } else { old.len() })
}

/// Whether `allowed(old, new)` holds for each lock.
fn all(old: &[i64], new: &[i64], allowed: impl Fn(i64, i64) -> bool) -> bool {
    old.iter().zip(new).all(|(&old, &new)| allowed(old, new))
}

/// Locks that are not as they ought to be in the end.
fn different_end(old: &[i64], new: &[i64], allowed: impl Fn(i64, i64) -> bool) -> Option<String> {
    (!all(old, new, allowed)).then(|| format!("locks in the end: {new:?}, not {old:?}"))
}

/// Other steps, another order of them, or another result.
fn different_work(original: &Trace, rewritten: &Trace) -> Option<String> {
    if steps(original) != steps(rewritten) {
        let (new, old) = (steps(rewritten), steps(original));
        return Some(format!("steps {new:?}, not {old:?}"));
    }
    let (new, old) = (&rewritten.outcome, &original.outcome);
    (new != old).then(|| format!("ends with {new:?}, not {old:?}"))
}

/// The names of the events, in order.
fn steps(trace: &Trace) -> Vec<&str> {
    trace
        .events
        .iter()
        .map(|event| event.name.as_str())
        .collect()
}
