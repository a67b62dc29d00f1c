//! What a walk knows of the answers to conditions: values of variables, and answers given before.
//!
//! Somebody else may change a field, a global or what a closure reaches whenever the function waits or
//! calls something. What was known of it is doubted from then on.

use super::few::Few;
use super::graph::{Op, Pc};
use super::machine::{Machine, Outcome, State, Step, Visible, site_var, suppresses};
use super::{KeyId, Test, Value};
use std::collections::{BTreeSet, HashSet};

/// What is known of something that somebody else may be able to change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Known<T> {
    what: T,
    /// They had the opportunity since.
    doubted: bool,
}

impl<T> Known<T> {
    pub(super) fn sure(what: T) -> Self {
        Known {
            what,
            doubted: false,
        }
    }
}

/// The name of the answer to whether the variable is null.
pub(super) fn null_fact(var: &str) -> String {
    format!("{var} is null")
}

impl<'a> Machine<'a> {
    /// Says which variables others can change.
    pub(super) fn share(&mut self, names: &BTreeSet<String>) {
        let vars = names.iter().filter_map(|name| self.vars.get(name));
        self.shared_vars.extend(vars);
        let facts = self.facts.values();
        self.shared_facts.extend(
            facts
                .filter(|(_, read)| read.iter().any(|name| names.contains(name)))
                .map(|(number, _)| *number),
        );
    }

    /// Remembers no answer that the other one does not, and doubts what the other one doubts: then both
    /// meet the same questions.
    pub fn ask_alike(&mut self, other: &mut Machine<'_>) {
        self.facts
            .retain(|label, _| other.facts.contains_key(label));
        other
            .facts
            .retain(|label, _| self.facts.contains_key(label));
        self.share(&other.body.shared);
        other.share(&self.body.shared);
    }

    /// Others had the opportunity to change what they can change.
    pub(super) fn doubt(&self, state: &mut State) {
        doubt_all(&mut state.vars, &self.shared_vars);
        doubt_all(&mut state.facts, &self.shared_facts);
    }

    /// Whether the variable is a lock that is held: then it is something.
    fn is_held_as(&self, state: &State, var: &str) -> bool {
        let mut held = state.held.iter();
        held.any(|held| self.body.keys[held.key].text == var)
    }

    pub(super) fn branch(
        &self,
        state: &State,
        test: &Test,
        looping: bool,
        (yes, no): (Pc, Pc),
    ) -> Step<'a> {
        let known = match test {
            Test::Const(value) => Some(Known::sure(*value)),
            Test::Var(var) => match self.value(state, var) {
                Some(Known {
                    what: what @ (Value::True | Value::False | Value::Null),
                    doubted,
                }) => Some(Known {
                    what: *what == Value::True,
                    // What is held is still there.
                    doubted: *doubted && !self.is_held_as(state, var),
                }),
                _ => self.fact(state, var),
            },
            Test::IsNull(var) => self
                .value(state, var)
                .and_then(|known| {
                    let what = match known.what {
                        Value::Null => Some(true),
                        Value::True | Value::False => Some(false),
                        _ => None,
                    };
                    what.map(|what| Known {
                        what,
                        doubted: known.doubted,
                    })
                })
                .or_else(|| self.is_held_as(state, var).then_some(Known::sure(false)))
                .or_else(|| self.fact(state, &null_fact(var))),
            Test::Taken(site) => self
                .value(state, &site_var(*site))
                .map(|known| Known::sure(known.what == Value::True)),
            Test::Swallowed(label) => {
                (self.trusting && !suppresses(label)).then_some(Known::sure(false))
            }
            Test::Held(key) => Some(Known::sure(state.held.iter().any(|held| held.key == *key))),
            Test::Owned(key) => Some(Known::sure(state.held.iter().any(|held| {
                held.key == *key
                    && self.body.sites[held.site]
                        .acquire()
                        .is_some_and(|acquire| acquire.owned)
            }))),
            Test::Unknown { label, .. } => self.fact(state, label),
        };
        let to = |pc: Pc, answer: bool| {
            let mut after = State {
                pc,
                ..state.clone()
            };
            if let Some(known) = known.as_ref().filter(|known| known.doubted) {
                self.asked_again(&mut after, test, answer != known.what);
            }
            let asked = match test {
                Test::Unknown { label, .. } | Test::Var(label) => self.facts.get(label),
                Test::IsNull(var) => self.facts.get(&null_fact(var)),
                _ => None,
            };
            if let Some((number, _)) = asked {
                put(&mut after.facts, *number, Known::sure(answer));
            }
            after
        };
        // A loop that goes on until something changes is not for ever.
        let relied_on = |known: &&Known<bool>| !known.doubted || (!looping && self.is_count(test));
        match known.as_ref().filter(relied_on) {
            Some(known) => Step::Silent(to(if known.what { yes } else { no }, known.what)),
            None => {
                let to = |pc, answer| {
                    let mut after = to(pc, answer);
                    if after.released.iter().any(|(_, fresh)| *fresh) {
                        after
                            .released
                            .iter_mut()
                            .for_each(|(_, fresh)| *fresh = false);
                    }
                    after
                };
                let label = match self.graph.ops.get(state.pc) {
                    Some(
                        Op::Branch {
                            test: Test::Unknown { label, .. },
                            ..
                        }
                        | Op::Branch {
                            test: Test::Swallowed(label),
                            ..
                        },
                    ) => label.as_str(),
                    Some(Op::Branch {
                        test: Test::Var(var) | Test::IsNull(var),
                        ..
                    }) => var.as_str(),
                    _ => "",
                };
                Step::Visible(
                    Visible::Decide(label),
                    vec![(Outcome::Done, to(yes, true)), (Outcome::No, to(no, false))],
                )
            }
        }
    }

    fn fact(&self, state: &State, label: &str) -> Option<Known<bool>> {
        let (number, _) = self.facts.get(label)?;
        state
            .facts
            .iter()
            .find(|(known, _)| known == number)
            .map(|(_, answer)| answer.clone())
    }

    /// Whether the body keeps count of its locks by what is asked. A proof does not rely on that.
    fn is_count(&self, test: &Test) -> bool {
        match test {
            Test::Unknown { label, .. } | Test::Var(label) => self.counts.contains(label),
            Test::IsNull(var) => self.counts.contains(&null_fact(var)),
            _ => false,
        }
    }

    /// What others can change was asked for again: it is as it was, or, to one's surprise, is not.
    fn asked_again(&self, state: &mut State, test: &Test, changed: bool) {
        // What is explored only to find leaks has no use for it.
        state.surprised |= changed && !self.trusting;
        let (Test::Var(var) | Test::IsNull(var)) = test else {
            return;
        };
        let Some(number) = self.vars.get(var) else {
            return;
        };
        if changed {
            state.vars.remove_where(|(known, _)| known == number);
        } else if let Some((_, known)) = state.vars.iter_mut().find(|(known, _)| known == number) {
            known.doubted = false;
        }
    }

    fn value<'s>(&self, state: &'s State, var: &str) -> Option<&'s Known<Value>> {
        let number = self.vars.get(var)?;
        state
            .vars
            .iter()
            .find(|(known, _)| known == number)
            .map(|(_, value)| value)
    }

    pub(super) fn set(&self, state: &mut State, var: &str, value: &Value) {
        self.forget_meanings(state, var);
        let forgotten: Vec<u32> = self
            .facts
            .values()
            .filter(|(_, names)| names.iter().any(|name| name == var))
            .map(|(number, _)| *number)
            .collect();
        state
            .facts
            .remove_where(|(number, _)| forgotten.contains(number));
        // What was released is not what the variable stands for now. A proof remembers it all the same.
        if self.trusting {
            let stale = |key: KeyId| self.body.keys[key].text == var;
            state.released.remove_where(|(key, _)| stale(*key));
        }
        let Some(&number) = self.vars.get(var) else {
            return;
        };
        let value = match value {
            Value::Taken(site) => self
                .value(state, &site_var(*site))
                .map(|known| known.what.clone()),
            Value::NotTaken(site) => {
                match self.value(state, &site_var(*site)).map(|known| &known.what) {
                    Some(Value::True) => Some(Value::False),
                    Some(Value::False | Value::Null) => Some(Value::True),
                    _ => None,
                }
            }
            value => Some(value.clone()),
        };
        match value {
            Some(value) => put(&mut state.vars, number, Known::sure(value)),
            None => state.vars.remove_where(|(known, _)| *known == number),
        }
    }
}

/// Doubts what is known of these numbers.
fn doubt_all<T: Clone>(known: &mut Few<(u32, Known<T>)>, shared: &HashSet<u32>) {
    let is_new = |(number, known): &(u32, Known<T>)| !known.doubted && shared.contains(number);
    if known.iter().any(is_new) {
        for (number, known) in known.iter_mut() {
            known.doubted |= shared.contains(number);
        }
    }
}

/// Sets an entry of a small sorted map.
pub(super) fn put<T: Clone + PartialEq>(map: &mut Few<(u32, T)>, number: u32, value: T) {
    match map.binary_search_by_key(&number, |(known, _)| *known) {
        Ok(index) if map[index].1 == value => {}
        Ok(index) => map[index].1 = value,
        Err(index) => map.insert(index, (number, value)),
    }
}
