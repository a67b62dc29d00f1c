//! What holds for every fixture, for free. Each check lists what is wrong, in sentences.

use crate::fixture::{Expected, Fixture, short_name};
use crate::layouts::LAYOUTS;
use crate::syntax::{Token, errors, is_comment, is_string, tokens};
use lockfix::engine::{Analysis, Engine, Fixed};
use lockfix::finding::{Applicability, Finding, Form, Rule};
use lockfix::language::Language;
use std::collections::{HashMap, HashSet};

/// A fixture with what the engine says about it.
pub struct Study {
    pub fixture: Fixture,
    pub analysis: Analysis,
    /// With all safe fixes.
    pub fixed: Fixed,
}

impl Study {
    pub fn new(engine: &Engine, fixture: Fixture) -> Study {
        Study {
            analysis: engine.analyse(fixture.language, &fixture.text),
            fixed: engine.fix_all(fixture.language, &fixture.text, Applicability::Safe),
            fixture,
        }
    }
}

/// The `expect:` lines are what is found.
pub fn expectations(study: &Study) -> Vec<String> {
    let (fixture, findings) = (&study.fixture, &study.analysis.findings);
    let mut unexpected: Vec<&Finding> = findings.iter().collect();
    let mut wrong = Vec::new();
    for expected in fixture.expected.iter().filter(|one| one.rule.is_some()) {
        match unexpected
            .iter()
            .position(|finding| fits(expected, finding))
        {
            Some(at) => {
                unexpected.remove(at);
            }
            None => wrong.push(format!("{expected:?} is not found")),
        }
    }
    let open = |finding: &&Finding| {
        let open = fixture.expected.iter().filter(|one| one.rule.is_none());
        !open.into_iter().any(|one| fits(one, finding))
    };
    wrong.extend(
        unexpected
            .into_iter()
            .filter(open)
            .map(|finding| format!("unexpected: {}", summary(finding))),
    );
    wrong
}

fn fits(expected: &Expected, finding: &Finding) -> bool {
    expected.function == short_name(&finding.function)
        && expected.rule.is_none_or(|rule| rule == finding.rule)
        && expected
            .applicability
            .is_none_or(|applicability| applicability == finding.applicability())
}

/// A finding without what depends on the layout of its line.
fn summary(finding: &Finding) -> String {
    let forms: Vec<_> = finding
        .fixes
        .iter()
        .map(|fix| (fix.form, fix.applicability))
        .collect();
    let reason = finding.refusal.as_ref().map(|reason| reason.code);
    format!(
        "line {} {} {} `{}` {forms:?} {reason:?}",
        finding.location.line, finding.function, finding.rule, finding.lock
    )
}

/// The fixed text parses as well as the original.
pub fn still_parses(study: &Study) -> Vec<String> {
    let language = study.fixture.language;
    let before = errors(language, &study.fixture.text);
    let after = errors(language, &study.fixed.text);
    let worse = after > before;
    worse
        .then(|| format!("{after} errors, not {before}"))
        .into_iter()
        .collect()
}

/// A second run finds nothing to fix, and nothing that was not there before.
pub fn second_run(study: &Study) -> Vec<String> {
    let known: HashSet<(&str, Rule)> = study
        .analysis
        .findings
        .iter()
        .map(|finding| (finding.function.as_str(), finding.rule))
        .collect();
    let again = |finding: &&Finding| {
        let new = !known.contains(&(finding.function.as_str(), finding.rule));
        new || finding.applicability() == Applicability::Safe
    };
    let remaining = study.fixed.remaining.iter().filter(again);
    remaining
        .map(|finding| format!("in the fixed text: {}", summary(finding)))
        .collect()
}

/// Comments and strings are the same in the same order; only acquires and releases disappear.
pub fn nothing_lost(study: &Study) -> Vec<String> {
    let fixture = &study.fixture;
    let findings = &study.analysis.findings;
    let mut touched: HashSet<usize> = findings.iter().flat_map(lines_of).collect();
    for finding in findings {
        // `finally` passes the value on by itself: the handler's parameter and its return go.
        let form = finding.fixes.first().map(|fix| fix.form);
        if form == Some(Form::PromiseFinally) {
            touched.extend(finding.location.line..=finding.end.line);
        }
        // A return becomes a jump to the label that releases.
        if form == Some(Form::GotoUnlock) {
            touched.extend(finding.leaks.iter().map(|leak| leak.location.line));
        }
    }
    losses(fixture.language, &fixture.text, &study.fixed.text, &touched)
}

/// What `new` lacks of `old`, apart from what stands on the lines of acquires and releases.
pub fn losses(language: Language, old: &[u8], new: &[u8], touched: &HashSet<usize>) -> Vec<String> {
    let (old_tokens, new_tokens) = (tokens(language, old), tokens(language, new));
    let mut wrong = Vec::new();
    if texts(old, &old_tokens, is_comment) != texts(new, &new_tokens, is_comment) {
        wrong.push("the comments differ".to_owned());
    }
    let mut strings = [(old, &old_tokens), (new, &new_tokens)]
        .map(|(text, tokens)| texts(text, tokens, is_string));
    if language.printer().called_in_place().is_some() {
        // What several exits return may stand where the construct is called, once.
        for texts in &mut strings {
            texts.sort_unstable();
            texts.dedup();
        }
    }
    if strings[0] != strings[1] {
        wrong.push("the strings differ".to_owned());
    }
    // The type that `var` stands for is written down where the declaration moves.
    let inferred = |token: &Token| &old[token.bytes.clone()] == b"var";
    // An `else` goes with the release that was all it did.
    let emptied =
        |token: &Token| &old[token.bytes.clone()] == b"else" && touched.contains(&(token.line + 1));
    let kept = |token: &&Token| {
        let by_hand = touched.contains(&token.line) || emptied(token);
        !by_hand && !may_disappear(token) && !inferred(token)
    };
    let mut missing: HashMap<&[u8], isize> = HashMap::new();
    for token in old_tokens.iter().filter(kept) {
        *missing.entry(&old[token.bytes.clone()]).or_default() += 1;
    }
    for token in &new_tokens {
        *missing.entry(&new[token.bytes.clone()]).or_default() -= 1;
    }
    let lost = missing.iter().filter(|(_, count)| **count > 0);
    wrong.extend(lost.map(|(text, _)| format!("`{}` is lost", String::from_utf8_lossy(text))));
    wrong
}

/// The lines of the acquire and the releases of a finding.
fn lines_of(finding: &Finding) -> impl Iterator<Item = usize> + '_ {
    let releases = finding.releases.iter().map(|(_, at)| at.line);
    releases.chain([finding.location.line])
}

/// Comments have a check of their own; the others go where a declaration is hoisted or a suite shrinks.
fn may_disappear(token: &Token) -> bool {
    let changed_by_hoisting = [
        "const", "let", "var", ";", "{", "}", "(", ")", ",", "pass", "try", "finally", ":", ":=",
        // In a function of its own it is a `return`.
        "continue",
    ];
    is_comment(token) || changed_by_hoisting.contains(&token.kind.as_str())
}

/// The texts of the tokens that `select` picks, without the indentation of their lines.
fn texts(text: &[u8], tokens: &[Token], select: fn(&Token) -> bool) -> Vec<String> {
    let unindented = |token: &Token| {
        let text = String::from_utf8_lossy(&text[token.bytes.clone()]);
        if !is_comment(token) {
            return text.into_owned();
        }
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.join("\n")
    };
    tokens
        .iter()
        .filter(|token| select(token))
        .map(unindented)
        .collect()
}

/// The same program in another layout is fixed alike, and what is left to report is the same.
pub fn layout(engine: &Engine, study: &Study) -> Vec<String> {
    let language = study.fixture.language;
    let summaries =
        |fixed: &Fixed| -> Vec<String> { fixed.remaining.iter().map(summary).collect() };
    let mut wrong = Vec::new();
    for layout in &LAYOUTS {
        let change = |text: &[u8]| (layout.apply)(language, text);
        let (Some(before), Some(after)) = (change(&study.fixture.text), change(&study.fixed.text))
        else {
            continue;
        };
        let fixed = engine.fix_all(language, &before, Applicability::Safe);
        if fixed.text != after {
            wrong.push(format!("{}: another fix", layout.name));
        } else if summaries(&fixed) != summaries(&study.fixed) {
            wrong.push(format!("{}: other findings remain", layout.name));
        }
    }
    wrong
}

/// A fixture says what it is about, and what is rewritten is also run.
pub fn complete(study: &Study) -> Vec<String> {
    let fixture = &study.fixture;
    let mut wrong = Vec::new();
    let safe = fixture.expected.iter().any(Expected::is_safe);
    let broken = errors(fixture.language, &fixture.text) > 0;
    if safe && fixture.runs.is_empty() && !broken {
        wrong.push("expects a safe fix, and has no `run:` line".to_owned());
    }
    let watches = String::from_utf8_lossy(&fixture.text).contains("watch(");
    if !fixture.runs.is_empty() && fixture.locks.is_empty() && !watches {
        wrong.push("has `run:` lines, and watches no lock".to_owned());
    }
    wrong
}
