//! The law of preservation, proved: original and rewritten function are walked together, along
//! every path and every failure, and must do the same things with the same locks held.
//!
//! Both walks see the same world: a call that throws in one throws in the other, a condition that
//! is true in one is true in the other. What may differ is when the fixed lock is free:
//! - where the original releases it on the way, the rewritten function holds it over exactly the
//!   same calls;
//! - where the original leaves with it held, the rewritten function has let go of it.

use crate::flow::graph::{ExitKind, Graph, Op};
use crate::flow::machine::{Machine, Outcome, State, Step, Visible};
use crate::flow::{Body, KeyId, SiteId, SiteKind};
use crate::source::Span;
use rustc_hash::FxHashSet;

/// How the rewritten function differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Divergence {
    /// The fixed lock is held over something over which it was not, or the other way round; the
    /// span is that of the original.
    Moved(Span),
    /// A lock that is not being fixed is held at other times.
    OtherLock(Span),
    /// Other calls, other conditions, or another order.
    Different(Span),
    /// The rewritten function would take again what an object holds; the span is that of the original.
    TakenTwice(Span),
    /// The rewritten function still leaves with the lock held.
    StillLeaks,
    TooComplex,
}

/// Pairs of states that one proof may visit.
const MOST_PAIRS: usize = 60_000;
/// Steps that one function may take without anybody seeing it.
const MOST_SILENT: usize = 20_000;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Pair {
    before: State,
    after: State,
    /// The rewritten function has let go of the fixed lock; the original must never.
    freed: bool,
}

struct Proof<'a> {
    before: Machine<'a>,
    after: Machine<'a>,
    /// Keys of the rewritten function by key of the original.
    same: Vec<Option<KeyId>>,
    fixed: KeyId,
    /// The acquire (of the original) that is being fixed.
    site: SiteId,
    /// The rewritten function may hold the lock longer.
    longer: bool,
    again_harmful: &'a dyn Fn(&Body, KeyId, bool) -> bool,
}

/// Proves that `after` is `before` with the release of what `site` (of `before`) takes guaranteed.
///
/// With `longer`, the rewritten function may hold the lock over more than the original did.
///
/// # Errors
/// The first [`Divergence`] found.
pub fn prove(
    before: &Body,
    after: &Body,
    site: SiteId,
    longer: bool,
    again_harmful: &dyn Fn(&Body, KeyId, bool) -> bool,
) -> Result<(), Divergence> {
    let first = Graph::new(before).map_err(|_| Divergence::TooComplex)?;
    let second = Graph::new(after).map_err(|_| Divergence::TooComplex)?;
    let same = before
        .keys
        .iter()
        .map(|key| {
            after
                .keys
                .iter()
                .position(|other| other.text == key.text && other.mode == key.mode)
        })
        .collect();
    let (mut was, mut is) = (Machine::new(before, &first), Machine::new(after, &second));
    was.ask_alike(&mut is);
    let proof = Proof {
        before: was,
        after: is,
        same,
        fixed: before.sites[site].key,
        site,
        longer,
        again_harmful,
    };
    let mut seen: FxHashSet<Box<Pair>> = FxHashSet::default();
    let mut open = vec![Pair {
        before: proof.before.start(),
        after: proof.after.start(),
        freed: false,
    }];
    while let Some(pair) = open.pop() {
        if seen.contains(&pair) {
            continue;
        }
        if seen.len() > MOST_PAIRS {
            return Err(Divergence::TooComplex);
        }
        open.extend(proof.step(&pair)?);
        seen.insert(Box::new(pair));
    }
    Ok(())
}

/// Where a walk stops: at something visible, or at an exit.
enum Stop<'a> {
    At(State, Visible<'a>, Vec<(Outcome, State)>),
    Exit(State, ExitKind),
}

impl<'a> Proof<'a> {
    fn step(&self, pair: &Pair) -> Result<Vec<Pair>, Divergence> {
        let after = self.run(&self.after, &pair.after, false)?;
        let mut before = self.run(&self.before, &pair.before, false)?;
        // A release of what was never taken may go; where both have it, it stays.
        let is_idle = |stop: &Stop<'_>| matches!(stop, Stop::At(_, Visible::IdleRelease(_), _));
        if is_idle(&before) && !is_idle(&after) {
            before = self.run(&self.before, &pair.before, true)?;
        }
        match (before, after) {
            (Stop::Exit(before, kind), Stop::Exit(after, other)) if kind == other => {
                self.exits(&before, &after, kind, pair.freed)?;
                Ok(Vec::new())
            }
            (Stop::At(before, what, outcomes), Stop::At(after, other, others))
                if self.alike(&what, &other) =>
            {
                let mut freed = pair.freed;
                if matches!(what, Visible::Observe(_) | Visible::Acquire(_)) {
                    freed = self.held_alike(&before, &after, freed)?;
                }
                if self.takes_twice(&after) {
                    return Err(Divergence::TakenTwice(self.span_at(&before)));
                }
                // Taken anew, it is a span of its own.
                let anew = matches!(what, Visible::Acquire(key) if key == self.fixed);
                Ok(outcomes
                    .into_iter()
                    .filter_map(|(outcome, before)| {
                        let (_, after) = others.iter().find(|(other, _)| *other == outcome)?;
                        Some(Pair {
                            freed: freed && !(anew && outcome == Outcome::Done),
                            before,
                            after: after.clone(),
                        })
                    })
                    .collect())
            }
            (Stop::At(state, ..) | Stop::Exit(state, _), _) => {
                Err(Divergence::Different(self.span_at(&state)))
            }
        }
    }

    /// Runs until something can be seen; a `lenient` run passes by releases of what was never taken.
    fn run(
        &self,
        machine: &Machine<'a>,
        from: &State,
        lenient: bool,
    ) -> Result<Stop<'a>, Divergence> {
        let mut state = from.clone();
        for _ in 0..MOST_SILENT {
            match machine.step(&state) {
                Step::Silent(next) => state = next,
                Step::Visible(Visible::IdleRelease(key), mut outcomes)
                    if self.may_skip(machine, &state, key, lenient) =>
                {
                    match outcomes.pop() {
                        Some((_, next)) => state = next,
                        None => return Err(Divergence::TooComplex),
                    }
                }
                Step::Visible(visible, outcomes) => {
                    return Ok(Stop::At(state, visible, outcomes));
                }
                Step::Exit(kind) => return Ok(Stop::Exit(state, kind)),
            }
        }
        Err(Divergence::TooComplex)
    }

    /// An idle release that does nothing; and, in a lenient run of the original, one of a lock that was
    /// never taken on this path, which is what `acquire-inside-try` is about.
    fn may_skip(&self, machine: &Machine<'a>, state: &State, key: KeyId, lenient: bool) -> bool {
        let by_ticket = match &machine.graph.ops[state.pc] {
            Op::Release { site, .. } => matches!(
                machine.body.sites[*site].what,
                SiteKind::Release {
                    ticket: Some(_),
                    ..
                }
            ),
            _ => false,
        };
        !(self.again_harmful)(machine.body, key, by_ticket)
            || (lenient && key == self.fixed && !machine.was_released(state, key))
    }

    fn alike(&self, before: &Visible<'_>, after: &Visible<'_>) -> bool {
        match (before, after) {
            (Visible::Acquire(a), Visible::Acquire(b))
            | (Visible::IdleRelease(a), Visible::IdleRelease(b)) => self.same[*a] == Some(*b),
            (Visible::Acquire(_) | Visible::IdleRelease(_), _)
            | (_, Visible::Acquire(_) | Visible::IdleRelease(_)) => false,
            (a, b) => a == b,
        }
    }

    /// Compares what is held where others can see it. Returns whether the fixed lock is freed.
    fn held_alike(&self, before: &State, after: &State, freed: bool) -> Result<bool, Divergence> {
        let mut freed = freed;
        for key in 0..self.same.len() {
            let (was, is) = (depth(before, key), self.depth_after(after, key));
            if key != self.fixed {
                if was != is {
                    return Err(Divergence::OtherLock(self.span_at(before)));
                }
            } else if was < is && self.longer && !freed {
                continue;
            } else if was < is || (freed && was == 0) {
                return Err(Divergence::Moved(self.span_at(before)));
            } else if was > is {
                freed = true;
            }
        }
        Ok(freed)
    }

    fn exits(
        &self,
        before: &State,
        after: &State,
        kind: ExitKind,
        freed: bool,
    ) -> Result<(), Divergence> {
        for key in 0..self.same.len() {
            let (was, is) = (depth(before, key), self.depth_after(after, key));
            if key != self.fixed {
                if was != is {
                    return Err(Divergence::OtherLock(self.span_at(before)));
                }
                continue;
            }
            if freed && was == 0 {
                return Err(Divergence::Moved(self.span_at(before)));
            }
            // What another acquire of the same lock leaves held is another finding.
            let others = before
                .held
                .iter()
                .any(|held| held.key == key && (held.site != self.site || held.depth > 1));
            // Where somebody else has changed what says whether to release, both may hold it.
            let leaks = if kind == ExitKind::Process || others || before.surprised {
                was < is
            } else {
                is > 0
            };
            if leaks {
                return Err(Divergence::StillLeaks);
            }
        }
        Ok(())
    }

    /// Whether what an object holds is about to be taken once more: by the object, which refuses, or by
    /// hand, and given to the object, which lets go of the first.
    fn takes_twice(&self, after: &State) -> bool {
        let Op::Acquire { site, .. } = &self.after.graph.ops[after.pc] else {
            return false;
        };
        let body = self.after.body;
        after.held.iter().any(|held| {
            held.key == body.sites[*site].key
                && body.sites[held.site]
                    .acquire()
                    .is_some_and(|holder| holder.owned)
        })
    }

    fn depth_after(&self, state: &State, key: KeyId) -> u8 {
        self.same[key].map_or(0, |key| depth(state, key))
    }

    fn span_at(&self, state: &State) -> Span {
        match &self.before.graph.ops[state.pc] {
            Op::Observe { span, .. } | Op::MayThrow { span, .. } | Op::Leave { span, .. } => *span,
            Op::Acquire { site, .. } | Op::Release { site, .. } => {
                self.before.body.sites[*site].span
            }
            _ => self.before.body.span,
        }
    }
}

fn depth(state: &State, key: KeyId) -> u8 {
    state
        .held
        .iter()
        .find(|held| held.key == key)
        .map_or(0, |held| held.depth)
}
