//! The rewritten programs of a fixture: the default fix, and every other form that is offered.

use crate::fixture::{Expected, Fixture, short_name};
use crate::runtime::Case;
use lockfix::engine::{Engine, Fixed};
use lockfix::finding::{Applicability, Finding, Rule};

/// A program with everything that the engine makes of it.
pub struct Family {
    pub original: Case,
    pub rewritten: Vec<Rewritten>,
    /// Whether the original has to be caught leaking.
    pub must_leak: bool,
}

impl Family {
    /// The original, then what was made of it.
    pub fn programs(&self) -> Vec<Case> {
        let rewritten = self.rewritten.iter().map(|one| one.case.clone());
        std::iter::once(self.original.clone())
            .chain(rewritten)
            .collect()
    }
}

/// One rewritten form of a program.
pub struct Rewritten {
    pub case: Case,
    /// Whether its fixes are all `safe`.
    pub safe: bool,
    /// For each run, whether it must leave nothing locked that was free before.
    pub all_freed: Vec<bool>,
}

/// The fixture as it is, with all safe fixes, and with each offered form in turn.
pub fn family(engine: &Engine, fixture: &Fixture) -> Family {
    let mut rewritten = Vec::new();
    let mut add = |what: &str, text: &[u8], runs: &[String], safe: bool| {
        // With the rest fixed too, so that every other lock is free in the end.
        let fixed = engine.fix_all(fixture.language, text, Applicability::Safe);
        let freed = |run: &String| all_freed_in(fixture, &fixed, run);
        if fixed.text != fixture.text {
            rewritten.push(Rewritten {
                all_freed: runs.iter().map(freed).collect(),
                case: case(fixture, what, fixed.text, runs),
                safe,
            });
        }
    };
    add("all safe fixes", &fixture.text, &fixture.runs, true);
    for finding in engine.analyse(fixture.language, &fixture.text).findings {
        let runs = runs_of(fixture, short_name(&finding.function));
        for (number, fix) in finding.fixes.iter().enumerate() {
            let what = format!("{} with fix {number} ({})", finding.function, fix.form);
            let safe = fix.applicability == Applicability::Safe;
            add(&what, &engine.apply_fix(&fixture.text, fix), &runs, safe);
        }
    }
    Family {
        original: case(fixture, "original", fixture.text.clone(), &fixture.runs),
        rewritten,
        must_leak: expects_a_safe_fix_of_a_leak(fixture),
    }
}

fn case(fixture: &Fixture, what: &str, text: Vec<u8>, runs: &[String]) -> Case {
    Case {
        title: format!("{} {} [{what}]", fixture.language, fixture.name),
        file_name: fixture.file_name.clone(),
        text,
        locks: fixture.locks.clone(),
        runs: runs.to_vec(),
    }
}

/// Whether one of the findings is a leak that is safely fixed.
fn expects_a_safe_fix_of_a_leak(fixture: &Fixture) -> bool {
    let leak = [Some(Rule::LeakOnExit), Some(Rule::LeakOnException)];
    let fixed = |one: &Expected| leak.contains(&one.rule) && one.is_safe();
    fixture.expected.iter().any(fixed)
}

/// Whether everything that this run calls is fixed. What is not, the expectations have to know of.
fn all_freed_in(fixture: &Fixture, fixed: &Fixed, run: &str) -> bool {
    let called = |one: &&Expected| mentions(run, &one.function);
    let expects_all = fixture
        .expected
        .iter()
        .filter(called)
        .all(Expected::is_safe);
    let reported = |finding: &Finding| mentions(run, short_name(&finding.function));
    expects_all && !fixed.remaining.iter().any(reported)
}

/// The runs that call `function`; all of them for code outside functions.
fn runs_of(fixture: &Fixture, function: &str) -> Vec<String> {
    let calls = |run: &&String| function == "<module>" || mentions(run, function);
    fixture.runs.iter().filter(calls).cloned().collect()
}

/// Whether the identifier `word` occurs in `text`.
fn mentions(text: &str, word: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
        let after = text.as_bytes().get(at + word.len()).copied();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}
