//! Random programs through the same law: `LOCKFIX_SEEDS=from..to` chooses which.

use crate::compare::{self, Verdict};
use crate::dialects::{JAVASCRIPT, PYTHON};
use crate::print::{Dialect, print};
use crate::programs::{FLAGS, Statement, WAYS, program, releases_all, smaller};
use crate::runtime::{Case, Runtime};
use crate::variants::{Family, Fixer, Rewritten};
use lockfix::finding::Rule;
use lockfix::language::Language;
use std::collections::BTreeMap;
use std::ops::Range;

/// The seeds of an ordinary run: enough for each kind of statement to meet each kind of lock.
const SEEDS: Range<u64> = 0..150;

/// How many smaller programs are tried for one that breaks the law.
const SHRINKING: usize = 200;

fn seeds() -> Range<u64> {
    let chosen = std::env::var("LOCKFIX_SEEDS").ok();
    chosen.map_or(SEEDS, |text| {
        let (from, to) = text.split_once("..").expect("LOCKFIX_SEEDS=from..to");
        from.parse().expect("a number")..to.parse().expect("a number")
    })
}

/// One program, and how it goes to the runtime.
struct Sample {
    title: String,
    body: Vec<Statement>,
    family: Family,
    /// Leaks that were found, with the reason of each that is not fixed.
    findings: Vec<Option<&'static str>>,
}

/// A language with its locks, and ways to fix.
struct Oracle<'a> {
    runtime: Runtime,
    language: Language,
    dialects: &'a [Dialect],
    fixers: Vec<Fixer>,
}

impl Oracle<'_> {
    fn sample(&self, seed: u64) -> Option<Sample> {
        let number = usize::try_from(seed).expect("a small seed");
        let dialect = &self.dialects[number % self.dialects.len()];
        let body = program(seed, dialect.features());
        releases_all(&body).then(|| self.of(seed, body))
    }

    /// The program of this seed (or what is left of it), and what the fixer makes of it.
    fn of(&self, seed: u64, body: Vec<Statement>) -> Sample {
        let number = usize::try_from(seed).expect("a small seed");
        let dialect = &self.dialects[number % self.dialects.len()];
        let fixer = &self.fixers[number / self.dialects.len() % self.fixers.len()];
        let text = print(dialect, &body);
        let fixed = fixer.fix(self.language, text.as_bytes());
        let case = |text: &[u8], what: &str| Case {
            title: format!("seed {seed} [{what}]\n{}", String::from_utf8_lossy(text)),
            file_name: dialect.file_name.to_owned(),
            text: text.to_vec(),
            locks: dialect.locks(),
            runs: runs(dialect),
        };
        let original = case(text.as_bytes(), "original");
        // Also when nothing was fixed: what stays locked has to be reported.
        let rewritten = Rewritten {
            all_freed: vec![fixed.remaining.is_empty(); original.runs.len()],
            case: case(&fixed.text, &fixer.name),
            safe: fixer.is_safe(),
        };
        let findings = fixer
            .findings(self.language, text.as_bytes())
            .into_iter()
            .filter(|finding| matches!(finding.rule, Rule::LeakOnExit | Rule::LeakOnException))
            .map(|finding| {
                let unfixed = finding.fixes.is_empty();
                unfixed.then(|| finding.refusal.map_or("no reason", |reason| reason.code))
            })
            .collect();
        Sample {
            title: format!("seed {seed} [{}]", fixer.name),
            body,
            family: Family {
                rewritten: vec![rewritten],
                must_leak: false,
                original,
            },
            findings,
        }
    }

    /// A smaller program that breaks the law as well.
    fn shrunk(&self, seed: u64, body: Vec<Statement>) -> String {
        let mut body = body;
        let mut tried = 0;
        'smaller: loop {
            for less in smaller(&body) {
                tried += 1;
                if tried > SHRINKING {
                    break 'smaller;
                }
                let sample = self.of(seed, less);
                let Some(command) = self.runtime.find() else {
                    break 'smaller;
                };
                let verdicts = compare::verdicts(command, &[sample.family]);
                if verdicts.iter().any(Verdict::is_breach) {
                    body = sample.body;
                    continue 'smaller;
                }
            }
            break;
        }
        let sample = self.of(seed, body);
        let text = |case: &Case| String::from_utf8_lossy(&case.text).into_owned();
        let after = sample.family.rewritten.first().map(|one| text(&one.case));
        format!(
            "{}\n--- becomes ---\n{}",
            text(&sample.family.original),
            after.unwrap_or_default()
        )
    }
}

/// A call for each flag alone, for none and for all, each on some way through the switches.
fn runs(dialect: &Dialect) -> Vec<String> {
    let call = |number: usize, is_set: &dyn Fn(usize) -> bool| {
        let flags: Vec<bool> = (0..FLAGS).map(is_set).collect();
        (dialect.call)(&flags, number % WAYS)
    };
    let mut calls: Vec<String> = (0..FLAGS).map(|one| call(one, &|at| at == one)).collect();
    calls.push(call(0, &|_| false));
    calls.push(call(1, &|_| false));
    calls.push(call(2, &|_| false));
    calls.push(call(1, &|_| true));
    calls
}

/// What became of the programs, by its name.
type Tally = BTreeMap<String, usize>;

/// What became of one program.
fn outcome(sample: &Sample, verdict: &Verdict) -> String {
    let refused = sample.findings.iter().flatten().next();
    match (verdict, refused) {
        (Verdict::Breach(_), _) => "changed".to_owned(),
        (Verdict::Kept { leaks: true, .. }, _) if sample.findings.is_empty() => "missed".to_owned(),
        (Verdict::Kept { leaks: true, .. }, Some(code)) => format!("refused ({code})"),
        (Verdict::Kept { leaks: true, .. }, None) => "fixed".to_owned(),
        (Verdict::Kept { leaks: false, .. }, _) if !sample.findings.is_empty() => {
            "false alarm".to_owned()
        }
        (Verdict::Kept { .. }, _) => "preserved".to_owned(),
    }
}

#[track_caller]
fn assert_law(runtime: Runtime, language: Language, dialects: &[Dialect]) {
    let Some(command) = runtime.find() else {
        return;
    };
    let oracle = Oracle {
        runtime,
        language,
        dialects,
        fixers: Fixer::all(language),
    };
    let chosen = seeds();
    let (numbers, samples): (Vec<u64>, Vec<Sample>) = chosen
        .clone()
        .filter_map(|seed| Some((seed, oracle.sample(seed)?)))
        .unzip();
    let families: Vec<&Family> = samples.iter().map(|sample| &sample.family).collect();
    let verdicts = compare::verdicts_of(command, &families);
    let mut tally = Tally::new();
    let mut breaches = Vec::new();
    for ((seed, sample), verdict) in numbers.iter().zip(&samples).zip(&verdicts) {
        let outcome = outcome(sample, verdict);
        if matches!(outcome.as_str(), "missed" | "false alarm") {
            println!("{} {}: {outcome}", language.name(), sample.title);
        }
        *tally.entry(outcome).or_default() += 1;
        if let Verdict::Breach(messages) = verdict {
            breaches.push((*seed, sample, messages));
        }
    }
    println!("{} seeds {chosen:?}: {tally:?}", language.name());
    let heads: Vec<String> = breaches
        .iter()
        .map(|(_, sample, messages)| format!("{}: {}", sample.title, messages[0]))
        .collect();
    let smallest: Vec<String> = breaches
        .iter()
        .take(2)
        .map(|(seed, sample, _)| oracle.shrunk(*seed, sample.body.clone()))
        .collect();
    assert!(
        breaches.is_empty(),
        "{} programs changed:\n{}\nMade smaller:\n{}",
        breaches.len(),
        heads.join("\n"),
        smallest.join("\n\n")
    );
    // A leak that nobody hears of is worse than one that is refused.
    let count = |name: &str| tally.get(name).copied().unwrap_or_default();
    let leaking: usize = tally
        .iter()
        .filter(|(name, _)| name.as_str() != "preserved" && name.as_str() != "false alarm")
        .map(|(_, count)| count)
        .sum();
    assert!(
        count("missed") * 100 <= leaking,
        "{} of {leaking} leaks were missed",
        count("missed")
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
