//! What must hold of every text, however broken: checked by the targets in `fuzz_targets/`.

pub mod mutate;

use lockfix::edit::{self, Edit};
use lockfix::engine::{Engine, Options};
use lockfix::finding::{Applicability, Finding, Rule};
use lockfix::language::Language;
use lockfix::parse::parse;
use lockfix::resolve::{Look, Resolution, Round, Share, resolve};
use lockfix::suppress;
use rustix::time::{ClockId, clock_gettime};
use std::sync::LazyLock;
use std::time::Duration;
use lockfix::tree::Node;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let options = Options {
        rules: Rule::ALL.to_vec(),
        ..Options::default()
    };
    Engine::new(options).expect("the built-in catalogue is valid")
});

/// CPU time for one text: others who work on the machine do not count. Instrumented code is slow;
/// what is quadratic takes minutes.
const LONGEST: Duration = Duration::from_secs(20);

/// The language that a byte picks.
pub fn language(byte: u8) -> Language {
    Language::ALL[usize::from(byte) % Language::ALL.len()]
}

/// Puts the text through the whole pipeline.
///
/// # Panics
/// When an invariant does not hold.
pub fn check(language: Language, text: &[u8]) {
    let begun = cpu_time();
    let look = |text: &[u8], _: Option<Round<'_>>| look(language, text);
    let Ok(resolution) = resolve(text, Applicability::Safe, look) else {
        panic!("the fixes have no end");
    };
    let errors_before = errors(language, text);
    for finding in &resolution.before.findings {
        check_fixes(language, text, finding, errors_before);
    }
    check_shares(text, &resolution);
    if let Some(fixed) = &resolution.fixed {
        let errors_after = errors(language, fixed);
        assert!(
            errors_after <= errors_before,
            "{errors_before} syntax errors became {errors_after}"
        );
        let Ok(again) = resolve(fixed, Applicability::Safe, look) else {
            panic!("the fixes of the second run have no end");
        };
        assert_eq!(again.fixed, None, "a second run changes the text again");
    }
    let taken = cpu_time() - begun;
    assert!(taken < LONGEST, "took {taken:?}");
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

fn look(language: Language, text: &[u8]) -> Look {
    let analysis = ENGINE.analyse(language, text);
    let complete = analysis.skipped.is_empty() && analysis.skipped_file.is_none();
    let rules = &ENGINE.options().rules;
    let suppressed = suppress::apply(language, text, analysis.findings, complete, rules);
    Look {
        findings: suppressed.findings,
        skipped: analysis.skipped,
        skipped_file: analysis.skipped_file,
        partial: analysis.partial,
    }
}

/// Every form that is offered: its edits lie within the file, are sorted and do not overlap, and
/// what they make of the text parses as well as before.
fn check_fixes(language: Language, text: &[u8], finding: &Finding, errors_before: usize) {
    assert!(
        finding.acquire.end <= text.len(),
        "an acquire beyond the end"
    );
    for fix in &finding.fixes {
        check_edits(text, &fix.edits);
        let errors_after = errors(language, &edit::apply(text, &fix.edits));
        assert!(
            errors_after <= errors_before,
            "{}: {errors_before} syntax errors became {errors_after}",
            fix.form
        );
    }
}

fn check_edits(text: &[u8], edits: &[Edit]) {
    let mut at = 0;
    for edit in edits {
        assert!(at <= edit.start, "edits overlap at byte {}", edit.start);
        assert!(edit.start <= edit.end && edit.end <= text.len());
        at = edit.end;
    }
}

/// The edits that the findings of a file carry are what is written.
fn check_shares(text: &[u8], resolution: &Resolution) {
    let mut all: Vec<Edit> = Vec::new();
    for share in &resolution.shares {
        if let Share::Edits(edits) = share {
            all.extend(edits.iter().cloned());
        }
    }
    all.sort();
    check_edits(text, &all);
    let fixed = resolution.fixed.as_deref().unwrap_or(text);
    assert!(
        edit::apply(text, &all) == fixed,
        "the findings carry other edits"
    );
}

/// The number of syntax errors.
fn errors(language: Language, text: &[u8]) -> usize {
    let Some(tree) = parse(language.grammar(), text) else {
        return usize::MAX;
    };
    // Macros that the grammar cannot know are no mistakes.
    let mistake = |node: &Node<'_>| {
        (node.is_error() || node.is_missing()) && !language.grammar().is_harmless(*node, text)
    };
    lockfix::lower::descendants(tree.root_node(), |node| node.has_error())
        .filter(mistake)
        .count()
}
