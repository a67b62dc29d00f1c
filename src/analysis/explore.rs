//! Visits every reachable state of a body and writes down what matters about its locks.

use crate::finding::LeakKind;
use crate::flow::graph::{ExitKind, Graph, Op, Pc};
use crate::flow::machine::{Machine, State, Step, Visible};
use crate::flow::{Body, KeyId, SiteId};
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// States that one function may have.
const MOST_STATES: usize = 40_000;

/// What the paths through a body do to its locks.
#[derive(Debug, Default)]
pub struct Paths {
    /// Per acquire: the exits that leave with the lock held, by place.
    pub leaks: BTreeMap<SiteId, BTreeMap<Span, LeakKind>>,
    /// Per acquire: what threw with the lock held on the way out of something that threw before it, and that.
    late: BTreeMap<SiteId, BTreeSet<(Span, Span)>>,
    /// Per release: the acquires whose lock it frees on some path.
    pub frees: BTreeMap<SiteId, BTreeSet<SiteId>>,
    /// The same, where the lock is free then.
    pub ends: BTreeMap<SiteId, BTreeSet<SiteId>>,
    /// Acquires and releases that some path comes to.
    pub reached: BTreeSet<SiteId>,
    /// Keys that some path releases before it returns normally.
    pub released: BTreeSet<KeyId>,
    /// Per key: the returns that some path reaches with the key released.
    pub freed_at: BTreeMap<KeyId, BTreeSet<Span>>,
    /// Per key: releases that find it neither held nor released on some path.
    pub unheld: BTreeMap<KeyId, BTreeSet<SiteId>>,
    /// Keys that some path takes again after it has released them.
    pub retaken: BTreeSet<KeyId>,
    /// Per key: releases that find it released already, with no question asked in between.
    pub again: BTreeMap<KeyId, BTreeSet<SiteId>>,
}

/// The body has too many states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooComplex;

/// Visits the body. Where that is too much, nobody else is taken to change any variable.
///
/// # Errors
/// [`TooComplex`] past [`MOST_STATES`] states.
pub fn explore(body: &Body, graph: &Graph) -> Result<Paths, TooComplex> {
    let trusting = || Machine::new(body, graph).trusting();
    visit(&trusting()).or_else(|TooComplex| visit(&trusting().alone()))
}

fn visit(machine: &Machine<'_>) -> Result<Paths, TooComplex> {
    let mut paths = Paths::default();
    // A table of pointers: one of states is twice as large whenever it grows.
    let mut seen: FxHashSet<Box<State>> = FxHashSet::default();
    let mut open = vec![machine.start()];
    while let Some(state) = open.pop() {
        if seen.contains(&state) {
            continue;
        }
        if seen.len() > MOST_STATES {
            return Err(TooComplex);
        }
        if let Op::Acquire { site, .. } | Op::Release { site, .. } = &machine.graph.ops[state.pc] {
            paths.reached.insert(*site);
        }
        match machine.step(&state) {
            Step::Silent(next) => {
                paths.note_release(machine, &state);
                open.push(next);
            }
            Step::Visible(visible, outcomes) => {
                paths.note(machine, &state, &visible);
                open.extend(outcomes.into_iter().map(|(_, next)| next));
            }
            Step::Exit(kind) => paths.exit(machine, &state, kind),
        }
        seen.insert(Box::new(state));
    }
    paths.add_late();
    Ok(paths)
}

impl Paths {
    fn note_release(&mut self, machine: &Machine<'_>, state: &State) {
        if let Op::Release { site, .. } = &machine.graph.ops[state.pc] {
            let key = machine.released_key(state, *site);
            let freed = state.held.iter().filter(|held| held.key == key);
            let last = freed.clone().filter(|held| held.depth == 1);
            self.ends
                .entry(*site)
                .or_default()
                .extend(last.map(|held| held.site));
            self.frees
                .entry(*site)
                .or_default()
                .extend(freed.map(|held| held.site));
        }
    }

    fn note(&mut self, machine: &Machine<'_>, state: &State, visible: &Visible<'_>) {
        match (visible, &machine.graph.ops[state.pc]) {
            (Visible::IdleRelease(key), Op::Release { site, .. }) => {
                if machine.just_released(state, *key) {
                    self.again.entry(*key).or_default().insert(*site);
                } else if !machine.was_released(state, *key) {
                    self.unheld.entry(*key).or_default().insert(*site);
                }
            }
            (Visible::Leave(LeakKind::Return, _), Op::Leave { span, .. }) => {
                for key in 0..machine.body.keys.len() {
                    if machine.was_released(state, key) {
                        self.freed_at.entry(key).or_default().insert(*span);
                    }
                }
            }
            // The lock is taken again where it was left behind: by the same acquire in the next round,
            // or by another behind a jump or a handler.
            (Visible::Acquire(key), Op::Acquire { site, .. }) => {
                if machine.was_released(state, *key) {
                    self.retaken.insert(*key);
                }
                let lost = machine.lost_by(state, *key);
                let left = lost.is_some() || machine.left_behind(state);
                let held = state
                    .held
                    .iter()
                    .find(|held| held.key == *key && (left || held.site == *site));
                if let Some(held) = held {
                    let (span, kind) = match lost.or(state.origin) {
                        Some(origin) => left_at(machine, origin),
                        None => (machine.body.sites[*site].span, LeakKind::Continue),
                    };
                    self.leaks.entry(held.site).or_default().insert(span, kind);
                }
            }
            _ => {}
        }
    }

    fn exit(&mut self, machine: &Machine<'_>, state: &State, kind: ExitKind) {
        if kind == ExitKind::Process {
            return;
        }
        if kind == ExitKind::Normal {
            let released =
                (0..machine.body.keys.len()).filter(|key| machine.was_released(state, *key));
            self.released.extend(released);
        }
        for held in state.held.iter() {
            let Some(origin) = state.origin else { continue };
            let (span, kind) = left_at(machine, origin);
            match state.first {
                Some(first) => {
                    let late = self.late.entry(held.site).or_default();
                    late.insert((span, left_at(machine, first).0));
                }
                None => {
                    self.leaks.entry(held.site).or_default().insert(span, kind);
                }
            }
        }
    }

    /// What threw on the way out is a cause only where what threw first is none by itself.
    fn add_late(&mut self) {
        for (site, late) in std::mem::take(&mut self.late) {
            let leaks = self.leaks.entry(site).or_default();
            let causes: Vec<Span> = late
                .into_iter()
                .filter(|(_, first)| !leaks.contains_key(first))
                .map(|(span, _)| span)
                .collect();
            for span in causes {
                leaks.entry(span).or_insert(LeakKind::Exception);
            }
        }
    }
}

/// Where and how control set out to leave.
fn left_at(machine: &Machine<'_>, origin: Pc) -> (Span, LeakKind) {
    match &machine.graph.ops[origin] {
        Op::Leave { kind, span, .. } => (*span, *kind),
        Op::Observe { span, .. } | Op::MayThrow { span, .. } => (*span, LeakKind::Exception),
        Op::Acquire { site, .. } | Op::Release { site, .. } => {
            (machine.body.sites[*site].span, LeakKind::Exception)
        }
        _ => (machine.body.root.span, LeakKind::EndOfBody),
    }
}
