//! What is left out of a parse changes nothing: every fixture, alone and among functions without locks, is found
//! to be what it is found to be when all of it is read.

#[path = "support/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use fixture::Fixture;
use lockfix::engine::{Engine, Exceptions, Options};
use lockfix::finding::{Applicability, Rule};
use lockfix::language::Language;
use lockfix::language::beside::Beside;

fn engine() -> Engine {
    engine_with(Options::default())
}

fn engine_with(options: Options) -> Engine {
    let options = Options {
        alternatives: false,
        ..options
    };
    Engine::new(options).expect("the catalogue is valid")
}

/// Compares what is found; returns how many bodies were left out.
#[track_caller]
fn compare(engine: &Engine, language: Language, text: &[u8], name: &str) -> usize {
    let said = |analysis| format!("{analysis:#?}");
    // Neither is to know of the other.
    let whole = said(engine.analyse_whole(language, text, &Beside::default()));
    let found = said(engine.analyse_with(language, text, &Beside::default()));
    if engine.may_hold_locks(language, text) {
        assert_eq!(found, whole, "{name}");
    }
    engine.needless_bodies(language, text).len()
}

/// The same functions without a word that a lock knows.
fn silent(text: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(text).into_owned();
    for (word, other) in [
        ("ock", "orb"),
        ("OCK", "ORB"),
        ("cquire", "cclaim"),
        ("elease", "ecline"),
        ("emaphore", "maphore"),
        ("utex", "otex"),
        ("sem_", "zem_"),
        ("wait", "hold"),
    ] {
        text = text.replace(word, other);
    }
    text.into_bytes()
}

const SKIMMED: [&str; 4] = ["go", "java", "c", "cpp"];

#[test]
fn every_fixture_is_found_to_be_the_same() {
    let engine = engine();
    let mut left_out = 0;
    for folder in SKIMMED {
        for fixture in fixture::of_language(folder) {
            left_out += compare(&engine, fixture.language, &fixture.text, &fixture.name);
            let fixed = engine.fix_all(fixture.language, &fixture.text, Applicability::Safe);
            left_out += compare(&engine, fixture.language, &fixed.text, &fixture.name);
        }
    }
    assert!(left_out > 0, "nothing was left out");
}

/// Freed by hand, and only an operator can panic.
const STRAIGHT: &[u8] = b"package p

import \"sync\"

var mu sync.Mutex
var all []int

func first() int {
\tmu.Lock()
\tone := all[0]
\tmu.Unlock()
\treturn one
}

func none() int {
\treturn len(all) + len(all)
}
";

#[test]
fn whatever_is_asked_for_is_found_to_be_the_same() {
    let by_hand = Options {
        rules: Rule::ALL.to_vec(),
        ..Options::default()
    };
    let operators = Options {
        exceptions: Some(Exceptions::Operators),
        ..Options::default()
    };
    let mut left_out = 0;
    for engine in [by_hand, operators].map(engine_with) {
        compare(&engine, Language::Go, STRAIGHT, "a straight span");
        for fixture in SKIMMED.into_iter().flat_map(fixture::of_language) {
            left_out += compare(&engine, fixture.language, &fixture.text, &fixture.name);
        }
    }
    assert!(left_out > 0, "nothing was left out");
}

#[test]
fn among_other_functions_it_is_the_same() {
    let engine = engine();
    for folder in SKIMMED {
        let fixtures = fixture::of_language(folder);
        let mut random = 7_u64;
        let mut pick = || {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            &fixtures[(random >> 33) as usize % fixtures.len()]
        };
        let mut left_out = 0;
        for _ in 0..60 {
            let parts: [&Fixture; 4] = [pick(), pick(), pick(), pick()];
            let texts = parts.iter().enumerate().map(|(at, part)| match at {
                0 | 2 => part.text.clone(),
                _ => silent(&part.text),
            });
            let text = texts.collect::<Vec<_>>().join(&b'\n');
            let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
            left_out += compare(&engine, parts[0].language, &text, &names.join(" + "));
        }
        assert!(left_out > 100, "{folder}: {left_out} bodies were left out");
    }
}
