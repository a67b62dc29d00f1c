//! What a walk has to remember: variables and conditions on which something depends.

use super::answers::null_fact;
use super::graph::{Graph, Op};
use super::machine::site_var;
use super::{Block, Body, Cond, Event, EventKind, KeyId, Stmt, StmtKind, Test, Value};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Variables that some condition asks for, and what flows into them.
pub(super) fn tested_vars(graph: &Graph) -> HashMap<String, u32> {
    let mut names: HashSet<String> = HashSet::new();
    for op in &graph.ops {
        if let Op::Branch { test, .. } = op {
            match test {
                Test::Var(var) | Test::IsNull(var) => {
                    names.insert(var.clone());
                }
                Test::Taken(site) => {
                    names.insert(site_var(*site));
                }
                Test::Const(_)
                | Test::Held(_)
                | Test::Owned(_)
                | Test::Swallowed(_)
                | Test::Unknown { .. } => {}
            }
        }
    }
    for op in &graph.ops {
        if let Op::Set {
            var,
            value: Value::Taken(site) | Value::NotTaken(site),
            ..
        } = op
            && names.contains(var)
        {
            names.insert(site_var(*site));
        }
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    (0..)
        .zip(names)
        .map(|(number, name)| (name, number))
        .collect()
}

/// A pure condition that guards lock events.
struct Guarding {
    label: String,
    /// What it reads.
    names: Vec<String>,
    /// What it guards goes on behind it: it does not leave.
    goes_on: bool,
}

/// The pure conditions that guard lock events, in order of the text.
fn guarding(body: &Body) -> Vec<Guarding> {
    fn walk(stmts: &[Stmt], seen: &mut Vec<Guarding>) {
        let of_locks =
            |event: &Event| matches!(event.kind, EventKind::Acquire(_) | EventKind::Release(_));
        let goes_on = |block: &Block| {
            let mut events = block.stmts.iter().flat_map(Stmt::all_events);
            events.any(of_locks) && !block.stmts.last().is_some_and(Stmt::leaves)
        };
        for stmt in stmts {
            let mut stmt = stmt;
            while let StmtKind::Labeled { body, .. } = &stmt.kind {
                stmt = body;
            }
            if let StmtKind::If {
                cond,
                then,
                otherwise,
            } = &stmt.kind
                && stmt.all_events().into_iter().any(of_locks)
            {
                let goes_on = goes_on(then) || otherwise.as_ref().is_some_and(goes_on);
                conditions(cond, goes_on, seen);
            }
            for event in stmt.own_events() {
                if let EventKind::Choice { cond, yes, no } = &event.kind
                    && yes.iter().chain(no).any(of_locks)
                {
                    conditions(cond, true, seen);
                }
            }
            for block in stmt.blocks() {
                walk(&block.stmts, seen);
            }
        }
    }
    fn conditions(cond: &Cond, goes_on: bool, seen: &mut Vec<Guarding>) {
        let (label, names) = match cond {
            Cond::Test { test, .. } => match test {
                Test::Unknown {
                    label,
                    names,
                    pure: true,
                } => (label.clone(), names.clone()),
                Test::Var(var) => (var.clone(), vec![var.clone()]),
                Test::IsNull(var) => (null_fact(var), vec![var.clone()]),
                _ => return,
            },
            Cond::Not(inner) => return conditions(inner, goes_on, seen),
            Cond::And(a, b) | Cond::Or(a, b) => {
                conditions(a, goes_on, seen);
                return conditions(b, goes_on, seen);
            }
        };
        seen.push(Guarding {
            label,
            names,
            goes_on,
        });
    }
    let mut seen = Vec::new();
    walk(&body.root.stmts, &mut seen);
    seen
}

/// Pure conditions that guard lock events in more than one place: the second answer is the first.
pub(super) fn repeated_conditions(body: &Body) -> HashMap<String, (u32, Vec<String>)> {
    let seen = guarding(body);
    let mut repeated = HashMap::new();
    for (index, Guarding { label, names, .. }) in seen.iter().enumerate() {
        if seen[..index].iter().any(|earlier| earlier.label == *label) {
            let number = u32::try_from(repeated.len()).unwrap_or(u32::MAX);
            repeated
                .entry(label.clone())
                .or_insert_with(|| (number, names.clone()));
        }
    }
    repeated
}

/// Variables of which a walk may know something: they are given a known value, go with a lock that is
/// taken, or are asked for more than once.
pub fn remembered_names(body: &Body) -> BTreeSet<String> {
    let repeated = repeated_conditions(body).into_values();
    let present = body.keys.iter().flat_map(|key| key.present.iter().cloned());
    let mut events = Vec::new();
    for stmt in &body.root.stmts {
        events.extend(stmt.all_events());
    }
    let known = events.into_iter().filter_map(|event| match &event.kind {
        EventKind::Assign { var, value } if *value != Value::Unknown => Some(var.clone()),
        _ => None,
    });
    repeated
        .flat_map(|(_, names)| names)
        .chain(present)
        .chain(known)
        .collect()
}

/// Conditions by which the body keeps count of its locks, and variables that do: some acquire or
/// release goes by them, or they are told by an acquire. Nobody else meddles with these.
pub(super) fn keeping_count(body: &Body, graph: &Graph) -> HashSet<String> {
    let going_by = guarding(body)
        .into_iter()
        .filter(|guarding| guarding.goes_on);
    let told = graph.ops.iter().filter_map(|op| match op {
        Op::Set {
            var,
            value: Value::Taken(_) | Value::NotTaken(_),
            ..
        } => Some([var.clone(), null_fact(var)]),
        _ => None,
    });
    going_by
        .flat_map(|guarding| std::iter::once(guarding.label).chain(guarding.names))
        .chain(told.flatten())
        .collect()
}

/// Ticket variables that are bound by acquires of different locks.
pub(super) fn shared_tickets(body: &Body) -> HashMap<String, u32> {
    let mut first: HashMap<&str, KeyId> = HashMap::new();
    let mut shared = HashMap::new();
    for site in &body.sites {
        let Some(ticket) = site.acquire().and_then(|acquire| acquire.ticket.as_deref()) else {
            continue;
        };
        if *first.entry(ticket).or_insert(site.key) != site.key {
            let number = u32::try_from(shared.len()).unwrap_or(u32::MAX);
            shared.entry(ticket.to_owned()).or_insert(number);
        }
    }
    shared
}
