//! What is taken over from one round of fixes to the next is what would be found anew: every fixture comes to the
//! same text, edits and reasons, whether the rounds know of each other or not.

#[path = "support/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use fixture::Fixture;
use lockfix::engine::{Engine, Options};
use lockfix::finding::Applicability;
use lockfix::language::beside::Beside;
use lockfix::resolve::{Look, resolve};
use std::cell::Cell;

/// What the rounds come to, with as many of them as there were; `beside` gives each round its surroundings,
/// `knows` lets a later round look for no more than it applies.
fn resolved<'b>(
    engine: &Engine,
    fixture: &Fixture,
    knows: bool,
    beside: impl Fn() -> &'b Beside,
) -> (String, usize) {
    let rounds = Cell::new(0);
    let resolution = resolve(&fixture.text, Applicability::Unsafe, |text, round| {
        rounds.set(rounds.get() + 1);
        let beside = beside();
        beside.past.goes_on(round.filter(|_| knows));
        let analysis = engine.analyse_with(fixture.language, text, beside);
        Look {
            partial: analysis.partial,
            findings: analysis.findings,
            skipped: analysis.skipped,
            skipped_file: analysis.skipped_file,
        }
    });
    (format!("{resolution:#?}"), rounds.get())
}

#[test]
fn rounds_that_know_of_each_other_come_to_the_same() {
    let options = Options {
        alternatives: false,
        ..Options::default()
    };
    let engine = Engine::new(options).expect("the catalogue is valid");
    let mut later = 0;
    for folder in ["c", "cpp", "go", "java", "javascript", "php", "python"] {
        for fixture in fixture::of_language(folder) {
            let beside = Beside::default();
            let (known, rounds) = resolved(&engine, &fixture, true, || &beside);
            let (anew, _) = resolved(&engine, &fixture, false, || Box::leak(Box::default()));
            assert_eq!(known, anew, "{}", fixture.name);
            later += rounds.saturating_sub(2);
        }
    }
    assert!(later > 0, "no fixture takes a third round");
}
