//! Random programs through the same law: `LOCKFIX_SEEDS=from..to` chooses which.

use crate::compare::{self, Verdict};
use crate::dialects::{C, CPP, GO, JAVA, JAVASCRIPT, PHP, PYTHON, TYPESCRIPT};
use crate::grow::program;
use crate::law::STILL_HELD;
use crate::print::{Dialect, print};
use crate::programs::{
    FLAGS, Statement, WAYS, releases_all, smaller, takes_what_it_frees, works_in_handlers,
};
use crate::runtime::{self, Case, Runtime};
use crate::trace::{OutcomeKind, Trace};
use crate::variants::{Family, Fixer, Rewritten};
use lockfix::finding::{Finding, Rule};
use lockfix::language::Language;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// The seeds of an ordinary run: enough for each kind of statement to meet each kind of lock.
const SEEDS: Range<u64> = 0..150;

/// How many smaller programs are tried at once for one that breaks the law, and how often.
const SHRINKING: usize = 60;
const ROUNDS: usize = 25;

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
    /// Some leak was found.
    found: bool,
    /// Why one that was found is left when everything is fixed that can be.
    refused: Option<&'static str>,
}

impl Sample {
    fn is_rewritten(&self) -> bool {
        let original = &self.family.original.text;
        let mut rewritten = self.family.rewritten.iter();
        rewritten.any(|one| one.case.text != *original)
    }
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
        let fixer = match fixer.is_for(text.as_bytes()) {
            true => fixer,
            false => &self.fixers[0],
        };
        let fixed = fixer.fix(self.language, text.as_bytes());
        let case = |text: &[u8], what: &str| Case {
            standard: fixer.standard,
            title: format!("seed {seed} [{what}]\n{}", String::from_utf8_lossy(text)),
            file_name: dialect.file_name.to_owned(),
            text: text.to_vec(),
            locks: dialect.locks(),
            runs: runs(dialect, &SOME_INPUTS),
        };
        let original = case(text.as_bytes(), "original");
        // Also when nothing was fixed: what stays locked has to be reported.
        let rewritten = Rewritten {
            all_freed: vec![only_by_hand(&fixed.remaining); original.runs.len()],
            case: case(&fixed.text, &fixer.name),
            safe: fixer.is_safe(),
        };
        let is_leak =
            |finding: &&Finding| matches!(finding.rule, Rule::LeakOnExit | Rule::LeakOnException);
        let reason = |finding: &Finding| {
            finding
                .refusal
                .as_ref()
                .map_or("only an unsafe fix", |it| it.code)
        };
        let first = fixer.findings(self.language, text.as_bytes());
        Sample {
            title: format!("seed {seed} [{}]", fixer.name),
            body,
            family: Family {
                rewritten: vec![rewritten],
                must_leak: false,
                original,
            },
            found: first.iter().any(|finding| is_leak(&finding)),
            refused: fixed.remaining.iter().find(is_leak).map(reason),
        }
    }

    /// A smaller program that breaks the law as well.
    fn shrunk(&self, seed: u64, body: Vec<Statement>) -> String {
        let mut body = body;
        // All of a round are run at once: starting some of the runtimes takes long.
        for _ in 0..ROUNDS {
            let samples: Vec<Sample> = smaller(&body)
                .into_iter()
                .filter(|less| takes_what_it_frees(less) && releases_all(less))
                .map(|less| self.of(seed, less))
                .filter(Sample::is_rewritten)
                .take(SHRINKING)
                .collect();
            let families: Vec<&Family> = samples.iter().map(|sample| &sample.family).collect();
            let Some(command) = self.runtime.find() else {
                break;
            };
            let verdicts = compare::verdicts_of(command, &families);
            let Some(at) = verdicts.iter().position(Verdict::is_breach) else {
                break;
            };
            body.clone_from(&samples[at].body);
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

/// Each flag alone, none and all, as bits.
const SOME_INPUTS: [usize; 8] = [1, 2, 4, 8, 0, 0, 0, (1 << FLAGS) - 1];

/// A call for each of these settings of the flags, each on some way through the switches.
fn runs(dialect: &Dialect, inputs: &[usize]) -> Vec<String> {
    let call = |(number, bits): (usize, &usize)| {
        let flags: Vec<bool> = (0..FLAGS).map(|at| bits & (1 << at) != 0).collect();
        (dialect.call)(&flags, number % WAYS)
    };
    inputs.iter().enumerate().map(call).collect()
}

/// The original program with every input that there is.
fn for_every_input(oracle: &Oracle<'_>, seed: u64, sample: &Sample) -> Case {
    let number = usize::try_from(seed).expect("a small seed");
    let dialect = &oracle.dialects[number % oracle.dialects.len()];
    let every: Vec<usize> = (0..WAYS << FLAGS).map(|input| input / WAYS).collect();
    Case {
        runs: runs(dialect, &every),
        ..sample.family.original.clone()
    }
}

/// Whether the program leaves no lock held for any input that there is.
fn never_leaks(oracle: &Oracle<'_>, seed: u64, sample: &Sample) -> bool {
    let original = for_every_input(oracle, seed, sample);
    let family = Family {
        original,
        rewritten: Vec::new(),
        must_leak: false,
    };
    let verdicts = oracle
        .runtime
        .find()
        .map(|command| compare::verdicts(command, &[family]));
    verdicts.is_some_and(|verdicts| verdicts == [Verdict::Kept { leaks: false }])
}

/// Whether each lock that the rewritten program still leaves locked is one with which the original always
/// comes back when it has taken it and nothing went wrong, for any input that there is: then it is meant
/// to, as far as anybody can tell.
fn takes_for_its_caller(oracle: &Oracle<'_>, seed: u64, sample: &Sample) -> bool {
    let original = for_every_input(oracle, seed, sample);
    let rewritten = sample.family.rewritten.first().map(|one| Case {
        runs: original.runs.clone(),
        ..one.case.clone()
    });
    let cases: Vec<Case> = [original].into_iter().chain(rewritten).collect();
    let Some(command) = oracle.runtime.find() else {
        return false;
    };
    let results = Runtime::run(command, &cases);
    let [Ok(before), Ok(after)] = results.as_slice() else {
        return false;
    };
    let returns: Vec<&Trace> = before
        .iter()
        .filter(|trace| trace.fault == 0 && trace.outcome.kind == OutcomeKind::Value)
        .collect();
    let on_purpose = |lock: usize| {
        let mut took = returns
            .iter()
            .filter(|trace| trace.ever_held(lock))
            .peekable();
        took.peek().is_some() && took.all(|trace| trace.leaks_lock(lock))
    };
    let locks = after.first().map_or(0, |trace| trace.last.len());
    let still = |lock: &usize| after.iter().any(|trace| trace.leaks_lock(*lock));
    let left: Vec<usize> = (0..locks).filter(still).collect();
    !left.is_empty() && left.into_iter().all(on_purpose)
}

/// Whether nothing is left to report but releases by hand, which free what they have to.
fn only_by_hand(remaining: &[Finding]) -> bool {
    let mut rules = remaining.iter().map(|finding| finding.rule);
    rules.all(|rule| rule == Rule::ManualRelease)
}

/// Whether the breach is a leak of the original that is left, though everything that was found is fixed.
fn is_leak(message: &str) -> bool {
    message.contains(&format!(": {STILL_HELD}: ")) || message.ends_with(": waits for ever")
}

/// What became of the programs, by its name.
type Tally = BTreeMap<String, usize>;

/// What became of one program.
fn outcome(sample: &Sample, verdict: &Verdict) -> String {
    match (verdict, sample.refused) {
        (Verdict::Breach(messages), _) if messages.iter().all(|one| is_leak(one)) => {
            "still leaks".to_owned()
        }
        (Verdict::Breach(_) | Verdict::Faulty(_), _) => "changed".to_owned(),
        (Verdict::Kept { leaks: true, .. }, _) if !sample.found => "missed".to_owned(),
        (Verdict::Kept { leaks: true, .. }, Some(code)) => format!("refused ({code})"),
        (Verdict::Kept { leaks: true, .. }, None) => "fixed".to_owned(),
        (Verdict::Kept { leaks: false, .. }, _) if sample.found => "false alarm".to_owned(),
        (Verdict::Kept { .. }, _) => "preserved".to_owned(),
    }
}

/// Runs the programs of the chosen seeds; gives back those that ran.
#[track_caller]
fn assert_law(runtime: Runtime, language: Language, dialects: &[Dialect]) -> Vec<Sample> {
    let Some(command) = runtime.find() else {
        return Vec::new();
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
        let mut outcome = outcome(sample, verdict);
        if outcome == "false alarm" && works_in_handlers(&sample.body) {
            "needs two faults".clone_into(&mut outcome);
        } else if outcome == "false alarm" && !never_leaks(&oracle, *seed, sample) {
            "fixed".clone_into(&mut outcome);
        } else if ["missed", "still leaks"].contains(&outcome.as_str())
            && takes_for_its_caller(&oracle, *seed, sample)
        {
            "held on purpose".clone_into(&mut outcome);
        }
        let told = ["missed", "false alarm", "changed", "still leaks"];
        if told.contains(&outcome.as_str()) || outcome.starts_with("refused") {
            println!(
                "{} {}: {outcome}\n{}",
                language.name(),
                sample.title,
                String::from_utf8_lossy(&sample.family.original.text)
            );
            if let Verdict::Breach(messages) = verdict {
                println!("{}", messages[0]);
            }
        }
        if let Verdict::Breach(messages) | Verdict::Faulty(messages) = verdict
            && outcome == "changed"
        {
            breaches.push((*seed, sample, messages));
        }
        *tally.entry(outcome).or_default() += 1;
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
        .filter(|(name, _)| {
            !["preserved", "false alarm", "held on purpose"].contains(&name.as_str())
        })
        .map(|(_, count)| count)
        .sum();
    let unheard = count("missed") + count("still leaks");
    assert!(
        unheard * 100 <= leaking,
        "{unheard} of {leaking} leaks were missed"
    );
    samples
}

#[test]
fn generated_javascript_behaves_as_before() {
    assert_law(Runtime::Node, Language::JavaScript, &JAVASCRIPT);
}

#[test]
fn generated_typescript_behaves_as_before_and_compiles() {
    let samples = assert_law(Runtime::Node, Language::TypeScript, &TYPESCRIPT);
    // Each original, and behind it what became of it.
    let programs: Vec<(usize, Case)> = samples
        .iter()
        .enumerate()
        .flat_map(|(number, sample)| {
            sample
                .family
                .programs()
                .into_iter()
                .map(move |case| (number, case))
        })
        .collect();
    let cases: Vec<Case> = programs.iter().map(|(_, case)| case.clone()).collect();
    let errors = runtime::type_errors(&cases).unwrap_or_default();
    // Some programs ask twice for what the compiler knows by then.
    let is_original = |case: usize| case == 0 || programs[case - 1].0 != programs[case].0;
    let wrong: HashSet<usize> = errors
        .iter()
        .filter_map(|error| error.case.filter(|case| is_original(*case)))
        .map(|case| programs[case].0)
        .collect();
    let new: Vec<&str> = errors
        .iter()
        .filter(|error| {
            error
                .case
                .is_none_or(|case| !wrong.contains(&programs[case].0))
        })
        .map(|error| error.message.as_str())
        .collect();
    println!(
        "typescript: {} of {} programs compile",
        samples.len() - wrong.len(),
        samples.len()
    );
    assert!(new.is_empty(), "do not compile:\n{}", new.join("\n"));
}

#[test]
fn generated_python_behaves_as_before() {
    assert_law(Runtime::CPython, Language::Python, &PYTHON);
}

#[test]
fn generated_php_behaves_as_before() {
    assert_law(Runtime::Php, Language::Php, &PHP);
}

#[test]
fn generated_java_behaves_as_before() {
    assert_law(Runtime::Jvm, Language::Java, &JAVA);
}

#[test]
fn generated_go_behaves_as_before() {
    assert_law(Runtime::Go, Language::Go, &GO);
}

#[test]
fn generated_cpp_behaves_as_before() {
    assert_law(Runtime::Gxx, Language::Cpp, &CPP);
}

#[test]
fn generated_c_behaves_as_before() {
    assert_law(Runtime::Gcc, Language::C, &C);
}
