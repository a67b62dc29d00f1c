//! Runs families of programs and lists every breach of the law.

use crate::law::Law;
use crate::runtime::{Case, Runtime, Traces};
use crate::trace::Trace;
use crate::variants::Family;
use std::process::Command;

/// What a program says when the fixture itself is wrong.
const BROKEN: [&str; 5] = [
    "ReferenceError",
    "NameError",
    "ModuleNotFoundError",
    "is not a function",
    "no way to watch",
];

/// Every breach, in sentences.
pub fn breaches(command: Command, families: &[Family]) -> Vec<String> {
    let programs = |family: &Family| {
        let rewritten = family.rewritten.iter().map(|(case, _)| case.clone());
        std::iter::once(family.original.clone())
            .chain(rewritten)
            .collect::<Vec<_>>()
    };
    let cases: Vec<Case> = families.iter().flat_map(programs).collect();
    let mut results = Runtime::run(command, &cases).into_iter();
    let mut found = Vec::new();
    for family in families {
        let original = results.next().expect("a result for each case");
        found.extend(faults_of_fixture(family, &original));
        for (case, safe) in &family.rewritten {
            let rewritten = results.next().expect("a result for each case");
            found.extend(compare(family, &original, case, &rewritten, *safe));
        }
    }
    found
}

/// The original has to run, and to show the leak that it is about.
fn faults_of_fixture(family: &Family, traces: &Traces) -> Vec<String> {
    let case = &family.original;
    let traces = match traces {
        Err(error) => return vec![format!("{}: {error}", case.title)],
        Ok(traces) => traces,
    };
    let broken = |trace: &&Trace| {
        BROKEN
            .iter()
            .any(|error| trace.outcome.text.contains(error))
    };
    let mut found: Vec<String> = traces
        .iter()
        .filter(broken)
        .map(|trace| {
            format!(
                "{}: `{}`: {}",
                case.title, case.runs[trace.run], trace.outcome.text
            )
        })
        .collect();
    if family.must_leak && !traces.iter().any(Trace::leaks) {
        found.push(format!("{}: no run of it leaks", case.title));
    }
    found
}

/// Every run of `case` that breaks the law, compared with the same run of the original.
fn compare(
    family: &Family,
    original: &Traces,
    case: &Case,
    rewritten: &Traces,
    safe: bool,
) -> Vec<String> {
    let (Ok(original), Ok(rewritten)) = (original, rewritten) else {
        let error = rewritten
            .as_ref()
            .err()
            .map_or("the original does not run", |error| error);
        return vec![format!("{}: {error}", case.title)];
    };
    let describe = |trace: &Trace, message: String| {
        let run = &case.runs[trace.run];
        format!(
            "{}: `{run}`, fault {} {}: {message}",
            case.title, trace.fault, trace.mode
        )
    };
    let mut found = Vec::new();
    for trace in rewritten {
        let same_run = |other: &&Trace| {
            family.original.runs[other.run] == case.runs[trace.run]
                && (other.fault, &other.mode) == (trace.fault, &trace.mode)
        };
        // A run that the original never came to: it hung before. The run without a fault tells.
        let Some(before) = original.iter().find(same_run) else {
            continue;
        };
        let law = Law {
            exact: safe,
            all_freed: family.all_fixed[before.run],
        };
        if let Some(message) = law.violation(before, trace) {
            found.push(describe(trace, message));
        }
    }
    found
}
