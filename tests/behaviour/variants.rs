//! The rewritten programs of a fixture: the default fix, and every other form that is offered.

use crate::fixture::{Expected, Fixture, short_name};
use crate::runtime::Case;
use lockfix::engine::Engine;
use lockfix::finding::{Applicability, Rule};

/// A fixture with everything that the engine makes of it.
pub struct Family {
    pub original: Case,
    /// Each with whether its fixes are all `safe`.
    pub rewritten: Vec<(Case, bool)>,
    /// Which of the original's runs leave nothing locked once everything is fixed.
    pub all_fixed: Vec<bool>,
    /// Whether the original has to be caught leaking.
    pub must_leak: bool,
}

/// The fixture as it is, with all safe fixes, and with each offered form in turn.
pub fn family(engine: &Engine, fixture: &Fixture) -> Family {
    let fixed = engine.fix_all(fixture.language, &fixture.text, Applicability::Safe);
    let mut rewritten = vec![(
        case(fixture, "all safe fixes", fixed.text, fixture.runs.clone()),
        true,
    )];
    for finding in engine.analyse(fixture.language, &fixture.text).findings {
        for (number, fix) in finding.fixes.iter().enumerate() {
            let safe = fix.applicability == Applicability::Safe;
            let text = engine.apply_fix(&fixture.text, fix);
            // The rest is fixed too, so that every other lock is free in the end.
            let text = engine
                .fix_all(fixture.language, &text, Applicability::Safe)
                .text;
            let what = format!("{} with fix {number} ({})", finding.function, fix.form);
            let runs = runs_of(fixture, short_name(&finding.function));
            rewritten.push((case(fixture, &what, text, runs), safe));
        }
    }
    rewritten.retain(|(case, _)| case.text != fixture.text && !case.runs.is_empty());
    Family {
        original: case(
            fixture,
            "original",
            fixture.text.clone(),
            fixture.runs.clone(),
        ),
        rewritten,
        all_fixed: fixture
            .runs
            .iter()
            .map(|run| all_fixed_in(fixture, run))
            .collect(),
        must_leak: expects_a_safe_fix_of_a_leak(fixture),
    }
}

fn case(fixture: &Fixture, what: &str, text: Vec<u8>, runs: Vec<String>) -> Case {
    Case {
        title: format!("{} {} [{what}]", fixture.language, fixture.name),
        file_name: fixture.file_name.clone(),
        text,
        locks: fixture.locks.clone(),
        runs,
    }
}

/// Whether one of the findings is a leak that is safely fixed.
fn expects_a_safe_fix_of_a_leak(fixture: &Fixture) -> bool {
    let leak = [Some(Rule::LeakOnExit), Some(Rule::LeakOnException)];
    let fixed = |one: &Expected| leak.contains(&one.rule) && one.is_safe();
    fixture.expected.iter().any(fixed)
}

/// Whether everything that this run calls is fixed in the end.
fn all_fixed_in(fixture: &Fixture, run: &str) -> bool {
    let called = |one: &&Expected| mentions(run, &one.function);
    fixture
        .expected
        .iter()
        .filter(called)
        .all(Expected::is_safe)
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
