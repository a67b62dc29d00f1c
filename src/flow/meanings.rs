//! What returned variables stand for: `ret = f(x); … return ret;` returns `f(x)`.
//!
//! A proof compares what two functions return by its text. That of a variable says nothing when one of
//! the functions has the variable and the other has not.

use super::graph::{Graph, Op, Pc};
use super::machine::{Machine, State};
use crate::finding::LeakKind;
use std::collections::HashMap;

/// The variables that are returned, and those that flow into them, numbered.
pub fn returned(graph: &Graph) -> HashMap<String, u32> {
    let mut names: Vec<&str> = graph
        .ops
        .iter()
        .filter_map(|op| match op {
            Op::Leave {
                kind: LeakKind::Return,
                label,
                ..
            } => Some(label.as_str()),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut checked = 0;
    while let Some(name) = names.get(checked).copied() {
        checked += 1;
        for op in &graph.ops {
            if let Op::Means { var, text, .. } = op
                && var == name
                && !names.contains(&text.as_str())
            {
                names.push(text);
            }
        }
    }
    (0..)
        .zip(names)
        .map(|(number, name)| (name.to_owned(), number))
        .collect()
}

impl<'a> Machine<'a> {
    /// What a return gives back: the expression that its variable stands for, or its own text.
    pub(super) fn meaning(&self, state: &State, label: &'a str) -> &'a str {
        match self.meaning_of(state, label).map(|at| &self.graph.ops[at]) {
            Some(Op::Means { text, .. }) => text,
            _ => label,
        }
    }

    /// The state behind the step at which the variable comes to stand for `text`.
    pub(super) fn meant(&self, state: &State, var: &str, text: &str) -> State {
        let Op::Means { next, names, .. } = &self.graph.ops[state.pc] else {
            return state.clone();
        };
        let mut after = state.clone();
        after.pc = *next;
        // `x = x + 1` says nothing about the `x` behind it.
        if let Some(&number) = self.meanings.get(var)
            && !names.iter().any(|name| name == var)
        {
            let at = self.meaning_of(state, text).unwrap_or(state.pc);
            after.meanings.push((number, at));
            after.meanings.sort_unstable();
        }
        after
    }

    /// A new value of `var`: what it stood for, and what was said of it, is over.
    pub(super) fn forget_meanings(&self, state: &mut State, var: &str) {
        let number = self.meanings.get(var);
        state.meanings.remove_where(|(known, at)| {
            let mentions = matches!(&self.graph.ops[*at],
                Op::Means { names, .. } if names.iter().any(|name| name == var));
            Some(known) == number || mentions
        });
    }

    /// Something happened that may change whatever is not constant.
    pub(super) fn forget_passing(&self, state: &mut State) {
        state.meanings.remove_where(|(_, at)| {
            !matches!(self.graph.ops[*at], Op::Means { lasting: true, .. })
        });
    }

    fn meaning_of(&self, state: &State, name: &str) -> Option<Pc> {
        let number = self.meanings.get(name)?;
        state
            .meanings
            .iter()
            .find(|(known, _)| known == number)
            .map(|(_, at)| *at)
    }
}
