//! What a walk has to remember: variables and conditions on which something depends.

use super::answers::null_fact;
use super::graph::{Graph, Op};
use super::machine::site_var;
use super::{Body, Cond, Event, EventKind, KeyId, Stmt, StmtKind, Test, Value};
use std::collections::{HashMap, HashSet};

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

/// Pure conditions that guard lock events in more than one place: the second answer is the first.
pub(super) fn repeated_conditions(body: &Body) -> HashMap<String, (u32, Vec<String>)> {
    fn walk(stmts: &[Stmt], seen: &mut Vec<(String, Vec<String>)>) {
        let of_locks =
            |event: &Event| matches!(event.kind, EventKind::Acquire(_) | EventKind::Release(_));
        for stmt in stmts {
            let mut stmt = stmt;
            while let StmtKind::Labeled { body, .. } = &stmt.kind {
                stmt = body;
            }
            if let StmtKind::If { cond, .. } = &stmt.kind
                && stmt.all_events().into_iter().any(of_locks)
            {
                conditions(cond, seen);
            }
            for event in stmt.own_events() {
                if let EventKind::Choice { cond, yes, no } = &event.kind
                    && yes.iter().chain(no).any(of_locks)
                {
                    conditions(cond, seen);
                }
            }
            for block in stmt.blocks() {
                walk(&block.stmts, seen);
            }
        }
    }
    fn conditions(cond: &Cond, seen: &mut Vec<(String, Vec<String>)>) {
        match cond {
            Cond::Test {
                test:
                    Test::Unknown {
                        label,
                        names,
                        pure: true,
                    },
                ..
            } => seen.push((label.clone(), names.clone())),
            Cond::Test {
                test: Test::Var(var),
                ..
            } => seen.push((var.clone(), vec![var.clone()])),
            Cond::Test {
                test: Test::IsNull(var),
                ..
            } => seen.push((null_fact(var), vec![var.clone()])),
            Cond::Test { .. } => {}
            Cond::Not(inner) => conditions(inner, seen),
            Cond::And(a, b) | Cond::Or(a, b) => {
                conditions(a, seen);
                conditions(b, seen);
            }
        }
    }
    let mut seen = Vec::new();
    walk(&body.root.stmts, &mut seen);
    let mut repeated = HashMap::new();
    for (index, (label, names)) in seen.iter().enumerate() {
        if seen[..index].iter().any(|(earlier, _)| earlier == label) {
            let number = u32::try_from(repeated.len()).unwrap_or(u32::MAX);
            repeated
                .entry(label.clone())
                .or_insert_with(|| (number, names.clone()));
        }
    }
    repeated
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
