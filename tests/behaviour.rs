//! Runs original and rewritten programs on the real runtimes, with a fault injected at each step, and
//! compares what they do and which locks they hold meanwhile.

#[path = "behaviour/compare.rs"]
mod compare;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "behaviour/generated.rs"]
mod generated;
#[path = "behaviour/law.rs"]
mod law;
#[path = "behaviour/planted.rs"]
mod planted;
#[path = "behaviour/print.rs"]
mod print;
#[path = "behaviour/programs.rs"]
mod programs;
#[path = "behaviour/runtime.rs"]
mod runtime;
#[path = "behaviour/trace.rs"]
mod trace;
#[path = "behaviour/variants.rs"]
mod variants;

use lockfix::engine::{Engine, Options};
use runtime::{Case, Runtime};
use variants::{Family, family};

/// Every fixture of a language that can be run, with its rewritten forms.
fn families(folder: &str) -> Vec<Family> {
    let engine = Engine::new(Options::default()).expect("the catalogue is valid");
    fixture::of_language(folder)
        .iter()
        .filter(|fixture| !fixture.runs.is_empty())
        .map(|fixture| family(&engine, fixture))
        .collect()
}

/// Fails with the list when it is not empty.
#[track_caller]
fn assert_none(found: &[String]) {
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn javascript_behaves_as_before() {
    if let Some(node) = Runtime::Node.find() {
        assert_none(&compare::breaches(node, &families("javascript")));
    }
}

#[test]
fn typescript_behaves_as_before() {
    if let Some(node) = Runtime::Node.find() {
        assert_none(&compare::breaches(node, &families("typescript")));
    }
}

#[test]
fn python_behaves_as_before() {
    if let Some(python) = Runtime::CPython.find() {
        assert_none(&compare::breaches(python, &families("python")));
    }
}

#[test]
fn typescript_still_compiles() {
    let engine = Engine::new(Options::default()).expect("the catalogue is valid");
    let cases: Vec<Case> = fixture::of_language("typescript")
        .iter()
        .map(|fixture| family(&engine, fixture))
        .flat_map(|family| {
            let rewritten = family.rewritten.into_iter().map(|(case, _)| case);
            std::iter::once(family.original).chain(rewritten)
        })
        .collect();
    if let Some(errors) = runtime::type_errors(&cases) {
        assert_none(&errors);
    }
}
