//! Runs families of programs and lists every breach of the law.

use crate::law::Law;
use crate::runtime::{Case, Runtime, Traces};
use crate::trace::Trace;
use crate::variants::{Family, Rewritten};
use std::process::Command;

/// What a program says when the fixture itself is wrong.
const BROKEN: [&str; 7] = [
    "ReferenceError",
    "NameError",
    "ModuleNotFoundError",
    "is not a function",
    "no way to watch",
    "Call to undefined",
    "warning: Undefined",
];

/// What came of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every breach, in sentences.
    Breach(Vec<String>),
    /// The program itself is wrong.
    Faulty(Vec<String>),
    Kept {
        /// Whether some run of the original leaves a lock held.
        leaks: bool,
    },
}

impl Verdict {
    /// Whether the law is broken.
    pub fn is_breach(&self) -> bool {
        matches!(self, Verdict::Breach(_))
    }
}

/// Every breach, in sentences.
pub fn breaches(command: Command, families: &[Family]) -> Vec<String> {
    verdicts(command, families)
        .into_iter()
        .flat_map(|verdict| match verdict {
            Verdict::Breach(messages) | Verdict::Faulty(messages) => messages,
            Verdict::Kept { .. } => Vec::new(),
        })
        .collect()
}

/// Runs the families, and judges each of them.
pub fn verdicts(command: Command, families: &[Family]) -> Vec<Verdict> {
    verdicts_of(command, &families.iter().collect::<Vec<_>>())
}

/// The same for families that stand elsewhere.
pub fn verdicts_of(command: Command, families: &[&Family]) -> Vec<Verdict> {
    // Nothing of what cannot be run is asked for.
    let families: Vec<&Family> = families
        .iter()
        .copied()
        .filter(|family| !family.original.runs.is_empty())
        .collect();
    let cases: Vec<Case> = families
        .iter()
        .copied()
        .flat_map(Family::programs)
        .collect();
    let mut results = Runtime::run(command, &cases).into_iter();
    let mut verdicts = Vec::new();
    for family in families {
        let original = results.next().expect("a result for each case");
        let faults = faults_of_fixture(family, &original);
        let mut found = Vec::new();
        for rewritten in &family.rewritten {
            let traces = results.next().expect("a result for each case");
            found.extend(compare(&family.original, &original, rewritten, &traces));
        }
        verdicts.push(if !faults.is_empty() {
            Verdict::Faulty(faults)
        } else if found.is_empty() {
            let leaks = original.is_ok_and(|traces| traces.iter().any(Trace::leaks));
            Verdict::Kept { leaks }
        } else {
            Verdict::Breach(found)
        });
    }
    verdicts
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

/// Every run of a rewritten program that breaks the law, compared with the same run of the original.
fn compare(
    original: &Case,
    original_traces: &Traces,
    rewritten: &Rewritten,
    traces: &Traces,
) -> Vec<String> {
    let case = &rewritten.case;
    let (original_traces, traces) = match (original_traces, traces) {
        (Ok(original_traces), Ok(traces)) => (original_traces, traces),
        // The fixture is at fault: that was said already.
        (Err(_), _) => return Vec::new(),
        (_, Err(error)) => return vec![format!("{}: {error}", case.title)],
    };
    let describe = |trace: &Trace, message: String| {
        let run = &case.runs[trace.run];
        format!(
            "{}: `{run}`, fault {} {}: {message}",
            case.title, trace.fault, trace.mode
        )
    };
    let mut found = Vec::new();
    for trace in traces {
        let same_run = |other: &&Trace| {
            original.runs[other.run] == case.runs[trace.run]
                && (other.fault, &other.mode) == (trace.fault, &trace.mode)
        };
        // A run that the original never came to: it hung before. The run without a fault tells.
        let Some(before) = original_traces.iter().find(same_run) else {
            continue;
        };
        let law = Law {
            exact: rewritten.safe,
            all_freed: rewritten.all_freed[trace.run],
        };
        if let Some(message) = law.violation(before, trace) {
            found.push(describe(trace, message));
        }
    }
    found
}
