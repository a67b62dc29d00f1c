//! Random programs through the same law: `LOCKFIX_SEEDS=from..to` chooses which.

use crate::compare;
use crate::print::{Dialect, JAVASCRIPT, PYTHON, print};
use crate::programs::{FLAGS, program, releases};
use crate::runtime::{Case, Runtime};
use crate::variants::{Family, Fixer, Rewritten};
use lockfix::language::Language;
use std::ops::Range;

/// The seeds of an ordinary run: enough for each kind of statement to meet each kind of lock.
const SEEDS: Range<u64> = 0..150;

fn seeds() -> Range<u64> {
    let chosen = std::env::var("LOCKFIX_SEEDS").ok();
    chosen.map_or(SEEDS, |text| {
        let (from, to) = text.split_once("..").expect("LOCKFIX_SEEDS=from..to");
        from.parse().expect("a number")..to.parse().expect("a number")
    })
}

/// The program of this seed, and what the fixer makes of it.
fn family(fixer: &Fixer, language: Language, dialect: &Dialect, seed: u64) -> Family {
    let text = print(dialect, &program(seed));
    let fixed = fixer.fix(language, text.as_bytes());
    let case = |text: &[u8], what: &str| Case {
        title: format!("seed {seed} [{what}]\n{}", String::from_utf8_lossy(text)),
        file_name: dialect.file_name.to_owned(),
        text: text.to_vec(),
        locks: vec!["lock".to_owned()],
        runs: runs(language),
    };
    let original = case(text.as_bytes(), "original");
    // Also when nothing was fixed: what stays locked has to be reported.
    let rewritten = Rewritten {
        all_freed: vec![fixed.remaining.is_empty(); original.runs.len()],
        case: case(&fixed.text, &fixer.name),
        safe: fixer.is_safe(),
    };
    Family {
        rewritten: vec![rewritten],
        must_leak: false,
        original,
    }
}

/// A call for each flag alone, for none and for all.
fn runs(language: Language) -> Vec<String> {
    let (yes, no) = match language {
        Language::Python => ("True", "False"),
        _ => ("true", "false"),
    };
    let call = |is_set: &dyn Fn(usize) -> bool| {
        let flags: Vec<&str> = (0..FLAGS)
            .map(|at| if is_set(at) { yes } else { no })
            .collect();
        format!("work([{}])", flags.join(", "))
    };
    let mut calls: Vec<String> = (0..FLAGS).map(|one| call(&|at| at == one)).collect();
    calls.push(call(&|_| false));
    calls.push(call(&|_| true));
    calls
}

#[track_caller]
fn assert_law(runtime: Runtime, language: Language, dialects: &[Dialect]) {
    let Some(command) = runtime.find() else {
        return;
    };
    let fixers = Fixer::all(language);
    let families: Vec<Family> = seeds()
        .filter(|&seed| releases(&program(seed)))
        .map(|seed| {
            let number = usize::try_from(seed).expect("a small seed");
            let dialect = &dialects[number % dialects.len()];
            let fixer = &fixers[number / dialects.len() % fixers.len()];
            family(fixer, language, dialect, seed)
        })
        .collect();
    let mut found = compare::breaches(command, &families);
    // One of each program will do.
    found.dedup_by_key(|message| message.lines().next().map(str::to_owned));
    let heads: Vec<&str> = found
        .iter()
        .filter_map(|message| message.lines().next())
        .collect();
    let first: Vec<&str> = found.iter().take(3).map(String::as_str).collect();
    assert!(
        found.is_empty(),
        "{} breaches:\n{}\nThe first:\n{}",
        found.len(),
        heads.join("\n"),
        first.join("\n")
    );
}

#[test]
fn generated_javascript_behaves_as_before() {
    assert_law(Runtime::Node, Language::JavaScript, &JAVASCRIPT);
}

#[test]
fn generated_python_behaves_as_before() {
    assert_law(Runtime::CPython, Language::Python, &PYTHON);
}
