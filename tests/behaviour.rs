//! Runs original and rewritten programs on the real runtimes, with a fault injected at each step, and
//! compares what they do and which locks they hold meanwhile.

#[path = "behaviour/compare.rs"]
mod compare;
#[path = "behaviour/dialects/mod.rs"]
mod dialects;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "behaviour/generated.rs"]
mod generated;
#[path = "behaviour/grow.rs"]
mod grow;
#[path = "behaviour/law.rs"]
mod law;
#[path = "behaviour/native.rs"]
mod native;
#[path = "behaviour/planted.rs"]
mod planted;
#[path = "behaviour/print.rs"]
mod print;
#[path = "behaviour/programs.rs"]
mod programs;
#[path = "behaviour/runtime.rs"]
mod runtime;
#[path = "behaviour/shadows.rs"]
mod shadows;
#[path = "behaviour/trace.rs"]
mod trace;
#[path = "behaviour/variants.rs"]
mod variants;

use runtime::{Case, Runtime};
use std::sync::LazyLock;
use variants::{Family, Fixer, family};

/// Every fixture of a language, with its rewritten forms.
fn families(folder: &str) -> Vec<Family> {
    let fixtures = fixture::of_language(folder);
    let language = fixtures.first().expect("a fixture").language;
    let fixers = Fixer::all(language);
    let mut families = Vec::new();
    for fixture in &fixtures {
        families.push(match fixture.families.as_slice() {
            [] => family(&fixers, fixture),
            wanted => family(&Fixer::looking_for(language, wanted), fixture),
        });
    }
    families
}

/// They are both run and compiled.
static TYPESCRIPT: LazyLock<Vec<Family>> = LazyLock::new(|| families("typescript"));

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
        assert_none(&compare::breaches(node, &TYPESCRIPT));
    }
}

#[test]
fn python_behaves_as_before() {
    if let Some(python) = Runtime::CPython.find() {
        assert_none(&compare::breaches(python, &families("python")));
    }
}

#[test]
fn c_behaves_as_before() {
    if let Some(gcc) = Runtime::Gcc.find() {
        assert_none(&compare::breaches(gcc, &families("c")));
    }
}

#[test]
fn cpp_behaves_as_before() {
    if let Some(gxx) = Runtime::Gxx.find() {
        assert_none(&compare::breaches(gxx, &families("cpp")));
    }
}

#[test]
fn java_behaves_as_before() {
    if let Some(jvm) = Runtime::Jvm.find() {
        assert_none(&compare::breaches(jvm, &families("java")));
    }
}

#[test]
fn php_behaves_as_before() {
    if let Some(php) = Runtime::Php.find() {
        assert_none(&compare::breaches(php, &families("php")));
    }
}

#[test]
fn go_behaves_as_before() {
    if let Some(go) = Runtime::Go.find() {
        assert_none(&compare::breaches(go, &families("go")));
    }
}

#[test]
fn typescript_still_compiles() {
    let cases: Vec<Case> = TYPESCRIPT.iter().flat_map(Family::programs).collect();
    if let Some(errors) = runtime::type_errors(&cases) {
        let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
        assert_none(&messages);
    }
}
