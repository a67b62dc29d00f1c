//! Walks a [`Graph`]: which locks are held, which flags are known, where control may go.
//!
//! A state is small and hashable, so that "every path" is "every reachable state": loops need no
//! unrolling and the walk ends.

use super::answers::{Known, put};
use super::few::Few;
use super::graph::{ExitKind, Graph, Op, Pc};
use super::meanings;
use super::remembered::{keeping_count, repeated_conditions, shared_tickets, tested_vars};
use super::{Body, KeyId, Site, SiteId, SiteKind, Value};
use crate::finding::LeakKind;
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// Everything that distinguishes two moments of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub pc: Pc,
    /// By key.
    pub held: Few<Held>,
    /// Keys that were released since they were last acquired; `true` while no condition has been
    /// answered since.
    pub(super) released: Few<(KeyId, bool)>,
    /// Variables whose value matters, by number.
    pub(super) vars: Few<(u32, Known<Value>)>,
    /// Answers that repeated conditions have given, by number of the condition.
    pub(super) facts: Few<(u32, Known<bool>)>,
    /// Which key a ticket variable frees, where it is not always the same.
    pub(super) tickets: Few<(u32, KeyId)>,
    /// What variables that are returned stand for: the step that said so.
    pub(super) meanings: Few<(u32, Pc)>,
    /// The step by which control set out to leave while a lock was held.
    pub origin: Option<Pc>,
    /// Keys that are held because of an exception that left the `try` in which they were taken, and was
    /// caught: the step that threw it.
    pub(super) lost: Few<(KeyId, Pc)>,
    /// The first step that threw with a lock held, where `origin` is another that threw on the way out.
    pub first: Option<Pc>,
    /// A variable was not what this function had made it: somebody else has changed it.
    pub surprised: bool,
}

/// A lock that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    pub key: KeyId,
    /// The acquire that took it (the first one, when it was taken again).
    pub site: SiteId,
    pub depth: u8,
}

/// What the world sees of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible<'a> {
    Observe(&'a str),
    MayThrow(&'a str),
    Acquire(KeyId),
    /// A release of a lock that is not held here.
    IdleRelease(KeyId),
    Decide(&'a str),
    Leave(LeakKind, &'a str),
}

/// Which way a visible step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Done,
    Threw,
    /// A conditional acquire came back without the lock; a condition was false.
    No,
}

/// One step from a state.
#[derive(Debug)]
pub enum Step<'a> {
    Silent(State),
    Visible(Visible<'a>, Vec<(Outcome, State)>),
    Exit(ExitKind),
}

/// A graph with what of it has to be remembered.
pub struct Machine<'a> {
    pub body: &'a Body,
    pub graph: &'a Graph,
    pub(super) vars: HashMap<String, u32>,
    pub(super) facts: HashMap<String, (u32, Vec<String>)>,
    tickets: HashMap<String, u32>,
    /// Variables that others can change, and answers that hang on them, by number.
    pub(super) shared_vars: HashSet<u32>,
    pub(super) shared_facts: HashSet<u32>,
    /// Conditions by which the body keeps count of its locks.
    pub(super) counts: HashSet<String>,
    pub(super) meanings: HashMap<String, u32>,
    pub(super) trusting: bool,
}

/// Whether leaving the context swallows exceptions, by its name.
pub fn suppresses(label: &str) -> bool {
    ["suppress", "raises", "assertRaises", "ignor"]
        .iter()
        .any(|word| label.contains(word))
}

/// The pseudo variable that holds what the acquire at `site` gave.
pub(super) fn site_var(site: SiteId) -> String {
    format!("#{site}")
}

impl<'a> Machine<'a> {
    /// Prepares a walk.
    pub fn new(body: &'a Body, graph: &'a Graph) -> Self {
        let mut machine = Machine {
            vars: tested_vars(graph),
            facts: repeated_conditions(body),
            tickets: shared_tickets(body),
            shared_vars: HashSet::new(),
            shared_facts: HashSet::new(),
            counts: HashSet::new(),
            meanings: meanings::returned(graph),
            trusting: false,
            body,
            graph,
        };
        machine.share(&body.shared);
        machine
    }

    /// Takes it that a `with` swallows no exception unless its name says so, and that nobody else changes
    /// what the body keeps count by. A proof trusts nothing.
    pub fn trusting(mut self) -> Self {
        self.trusting = true;
        self.counts = keeping_count(self.body, self.graph);
        self
    }

    /// Takes it that nobody else changes any variable.
    pub fn alone(mut self) -> Self {
        self.shared_vars.clear();
        self.shared_facts.clear();
        self
    }

    /// The state at the entry of the body.
    pub fn start(&self) -> State {
        State {
            pc: self.graph.entry,
            held: Few::default(),
            released: Few::default(),
            vars: Few::default(),
            facts: Few::default(),
            tickets: Few::default(),
            meanings: Few::default(),
            origin: None,
            lost: Few::default(),
            first: None,
            surprised: false,
        }
    }

    /// Takes one step.
    pub fn step(&self, state: &State) -> Step<'a> {
        let at = |pc: Pc| State {
            pc,
            ..state.clone()
        };
        let leaving = |pc: Pc| {
            let holds = !state.held.is_empty();
            let threw = |pc: &Pc| !matches!(self.graph.ops[*pc], Op::Leave { .. });
            State {
                pc,
                origin: holds.then_some(state.pc),
                first: state.first.or(state.origin.filter(threw)).filter(|_| holds),
                ..state.clone()
            }
        };
        match &self.graph.ops[state.pc] {
            Op::Goto(next) => Step::Silent(at(*next)),
            Op::Caught { body, next } => Step::Silent(State {
                origin: None,
                first: None,
                lost: self.lost_in(state, *body),
                ..at(*next)
            }),
            Op::Exit(kind) => Step::Exit(*kind),
            Op::Observe {
                label,
                next,
                on_throw,
                ..
            } => {
                let mut outcomes = vec![(Outcome::Done, at(*next))];
                outcomes.extend(on_throw.map(|pc| (Outcome::Threw, leaving(pc))));
                for (_, after) in &mut outcomes {
                    self.forget_passing(after);
                    self.doubt(after);
                }
                Step::Visible(Visible::Observe(label), outcomes)
            }
            Op::MayThrow {
                label,
                next,
                on_throw,
                ..
            } => Step::Visible(
                Visible::MayThrow(label),
                vec![
                    (Outcome::Done, at(*next)),
                    (Outcome::Threw, leaving(*on_throw)),
                ],
            ),
            Op::Leave {
                kind,
                label,
                from,
                next,
                ..
            } => {
                let after = if self.sets_out(state, *from) {
                    leaving(*next)
                } else {
                    at(*next)
                };
                // Nobody sees a jump within the function.
                if from.is_some() {
                    return Step::Silent(after);
                }
                let label = self.meaning(state, label);
                Step::Visible(Visible::Leave(*kind, label), vec![(Outcome::Done, after)])
            }
            Op::Means { var, text, .. } => Step::Silent(self.meant(state, var, text)),
            Op::Set { var, value, next } => {
                let mut after = at(*next);
                self.set(&mut after, var, value);
                Step::Silent(after)
            }
            Op::Branch {
                test,
                looping,
                yes,
                no,
            } => self.branch(state, test, *looping, (*yes, *no)),
            Op::Acquire {
                site,
                next,
                on_throw,
            } => self.acquire(state, *site, *next, on_throw.map(leaving)),
            Op::Release { site, next } => self.release(state, *site, *next),
            Op::Adopt { site, next } => {
                let mut after = at(*next);
                let key = self.body.sites[*site].key;
                for held in after.held.iter_mut() {
                    if held.key == key {
                        held.site = *site;
                    }
                }
                after.held.sort_unstable();
                Step::Silent(after)
            }
        }
    }

    /// Whether a jump is how a held lock gets out of its span: a break that leaves the loop in
    /// which the lock was taken is, one of an inner loop is not. The first such jump counts.
    fn sets_out(&self, state: &State, from: Option<Span>) -> bool {
        match from {
            None => !self.jumped(state),
            Some(body) => {
                let left = |origin| matches!(self.graph.ops[origin], Op::Leave { from: Some(left), .. } if left == body);
                !state.origin.is_some_and(left)
                    && state
                        .held
                        .iter()
                        .any(|held| body.contains(self.body.sites[held.site].span))
            }
        }
    }

    /// Whether a jump within the function has left a span with its lock held.
    fn jumped(&self, state: &State) -> bool {
        state
            .origin
            .is_some_and(|origin| matches!(self.graph.ops[origin], Op::Leave { from: Some(_), .. }))
    }

    /// Whether what is held when a lock is taken here is what a jump forgot: from here on, it is
    /// the lock of the new acquire. A proof takes nothing for forgotten.
    pub fn left_behind(&self, state: &State) -> bool {
        self.trusting && self.jumped(state)
    }

    /// What is held for good when what left the block at `body` is caught. A proof takes nothing for that.
    fn lost_in(&self, state: &State, body: Option<Span>) -> Few<(KeyId, Pc)> {
        let mut lost = state.lost.clone();
        let (Some(body), Some(origin), true) = (body, state.origin, self.trusting) else {
            return lost;
        };
        for held in state.held.iter() {
            let known = lost.iter().any(|(key, _)| *key == held.key);
            if !known && body.contains(self.body.sites[held.site].span) {
                lost.push((held.key, origin));
            }
        }
        lost.sort_unstable();
        lost
    }

    /// The step that threw what left the key locked for good.
    pub fn lost_by(&self, state: &State, key: KeyId) -> Option<Pc> {
        let mut lost = state.lost.iter();
        lost.find(|(lost, _)| *lost == key).map(|(_, by)| *by)
    }

    fn acquire(&self, state: &State, id: SiteId, next: Pc, threw: Option<State>) -> Step<'a> {
        let site = &self.body.sites[id];
        let key = site.key;
        let Some(acquire) = site.acquire() else {
            return Step::Silent(State {
                pc: next,
                ..state.clone()
            });
        };
        let mut waited = state.clone();
        self.doubt(&mut waited);
        let mut taken = State {
            pc: next,
            ..waited.clone()
        };
        match taken.held.iter_mut().find(|held| held.key == key) {
            // The same acquire again, in a loop: what it held before was left behind.
            Some(held) if held.site == id || acquire.renews => {}
            Some(held) if self.left_behind(state) || self.lost_by(state, key).is_some() => {
                (held.site, held.depth) = (id, 1);
            }
            Some(held) => held.depth = held.depth.saturating_add(1).min(3),
            None => taken.held.push(Held {
                key,
                site: id,
                depth: 1,
            }),
        }
        taken.held.sort_unstable();
        taken
            .released
            .remove_where(|(released, _)| *released == key);
        taken.lost.remove_where(|(lost, _)| *lost == key);
        // What was tried again and failed is not held, whatever was released before.
        let threw = threw.map(|mut threw| {
            threw
                .released
                .remove_where(|(released, _)| *released == key);
            self.doubt(&mut threw);
            threw
        });
        taken.origin = None;
        taken.first = None;
        for name in &self.body.keys[key].present {
            if let Some(&number) = self.vars.get(name) {
                put(&mut taken.vars, number, Known::sure(Value::True));
            }
        }
        if let Some(ticket) = &acquire.ticket
            && let Some(&number) = self.tickets.get(ticket)
        {
            put(&mut taken.tickets, number, key);
        }
        self.set(&mut taken, &site_var(id), &Value::True);
        let mut outcomes = vec![(Outcome::Done, taken)];
        // Whether code is sound should not hang on what one library happens to promise.
        if !acquire.at_entry && (self.trusting || !acquire.sure) {
            outcomes.extend(threw.map(|threw| (Outcome::Threw, threw)));
        }
        if acquire.conditional && !acquire.ignored {
            let mut free = State { pc: next, ..waited };
            let value = if acquire.null_when_not {
                Value::Null
            } else {
                Value::False
            };
            self.set(&mut free, &site_var(id), &value);
            outcomes.push((Outcome::No, free));
        }
        Step::Visible(Visible::Acquire(key), outcomes)
    }

    fn release(&self, state: &State, id: SiteId, next: Pc) -> Step<'a> {
        let key = self.released_key(state, id);
        let mut after = State {
            pc: next,
            ..state.clone()
        };
        let held = after
            .held
            .iter()
            .position(|held| held.key == key && !self.is_of_another(id, held.site));
        let Some(index) = held else {
            return Step::Visible(Visible::IdleRelease(key), vec![(Outcome::Done, after)]);
        };
        after.held[index].depth -= 1;
        if after.held[index].depth == 0 {
            after.held.remove(index);
            after.lost.remove_where(|(lost, _)| *lost == key);
            after
                .released
                .remove_where(|(released, _)| *released == key);
            after.released.push((key, true));
            after.released.sort_unstable();
            if after.held.is_empty() {
                after.origin = None;
                after.first = None;
            }
        }
        Step::Silent(after)
    }

    /// Whether the release is by the ticket of another acquire than the one that holds the lock: a proof
    /// takes it that nothing is freed by it.
    fn is_of_another(&self, release: SiteId, held: SiteId) -> bool {
        let sites = &self.body.sites;
        let SiteKind::Release {
            ticket: Some(ticket),
            ..
        } = &sites[release].what
        else {
            return false;
        };
        let gives = |site: &Site| {
            site.acquire()
                .is_some_and(|acquire| acquire.ticket.as_ref() == Some(ticket))
        };
        !self.trusting && !gives(&sites[held]) && sites.iter().any(gives)
    }

    /// The key that the release at `id` frees in this state.
    pub fn released_key(&self, state: &State, id: SiteId) -> KeyId {
        let site = &self.body.sites[id];
        if let SiteKind::Release {
            ticket: Some(ticket),
            ..
        } = &site.what
            && let Some(number) = self.tickets.get(ticket)
            && let Some((_, key)) = state.tickets.iter().find(|(known, _)| known == number)
        {
            return *key;
        }
        site.key
    }

    /// Whether the key was held and has been released since.
    pub fn was_released(&self, state: &State, key: KeyId) -> bool {
        state.released.iter().any(|(released, _)| *released == key)
    }

    /// Whether the key was released and no condition has been answered since.
    pub fn just_released(&self, state: &State, key: KeyId) -> bool {
        state.released.contains(&(key, true))
    }
}
