//! What each stage of the engine costs, by language, over the programs in `tests/fixtures`.
//!
//!     cargo bench --bench stages [FILTER]
//!
//! A stage includes those before it: what lowering and analysis cost is the difference between
//! `analyse` and `parse`, and so on. Throughput is in bytes of source.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lockfix::engine::{Engine, Options};
use lockfix::language::Language;
use lockfix::parse::parse;
use std::fs;
use std::path::Path;

fn main() {
    divan::main();
}

/// The programs of a language.
fn corpus(language: Language) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut directories = vec![root];
    let mut texts = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if lockfix::discover::language_of(&path) == Some(language) {
                texts.push(fs::read(&path).expect("readable"));
            }
        }
    }
    assert!(!texts.is_empty(), "no fixture in {language}");
    texts
}

fn each(bencher: Bencher<'_, '_>, language: Language, stage: impl Fn(&[u8]) + Sync) {
    let corpus = corpus(language);
    let bytes: usize = corpus.iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| corpus.iter().for_each(|text| stage(black_box(text))));
}

/// An engine that has its catalogue loaded.
fn engine(language: Language, options: Options) -> Engine {
    let engine = Engine::new(options).expect("the built-in catalogue");
    engine.catalog(language);
    engine
}

#[divan::bench(args = Language::ALL)]
fn load(bencher: Bencher<'_, '_>, language: Language) {
    bencher.bench(|| engine(black_box(language), Options::default()));
}

#[divan::bench(args = Language::ALL)]
fn prefilter(bencher: Bencher<'_, '_>, language: Language) {
    let engine = engine(language, Options::default());
    each(bencher, language, |text| {
        black_box(engine.may_hold_locks(language, text));
    });
}

#[divan::bench(args = Language::ALL)]
fn tree_sitter(bencher: Bencher<'_, '_>, language: Language) {
    each(bencher, language, |text| {
        black_box(parse(language.grammar(), text));
    });
}

/// Lowering and analysis; no rule reports, so nothing is planned.
#[divan::bench(args = Language::ALL)]
fn analyse(bencher: Bencher<'_, '_>, language: Language) {
    let silent = Options {
        rules: Vec::new(),
        ..Options::default()
    };
    let engine = engine(language, silent);
    each(bencher, language, |text| {
        black_box(engine.analyse(language, text));
    });
}

/// The whole pipeline: plans, rewrites and their proofs.
#[divan::bench(args = Language::ALL)]
fn fix(bencher: Bencher<'_, '_>, language: Language) {
    let best_only = Options {
        alternatives: false,
        ..Options::default()
    };
    let engine = engine(language, best_only);
    each(bencher, language, |text| {
        black_box(engine.analyse(language, text));
    });
}
