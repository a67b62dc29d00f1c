//! Every fixture against its snapshot, and against what holds for every fixture.

#[path = "support/checks.rs"]
mod checks;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/layouts.rs"]
mod layouts;
#[path = "support/report.rs"]
mod report;
#[path = "support/shapes.rs"]
mod shapes;
#[path = "support/syntax.rs"]
mod syntax;

use checks::Study;
use fixture::Fixture;
use lockfix::catalog::schema::Family;
use lockfix::engine::{Engine, Options};
use lockfix::language::Language;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

/// The folders of the fixtures, one a language.
const FOLDERS: [&str; 8] = [
    "javascript",
    "typescript",
    "python",
    "c",
    "cpp",
    "java",
    "php",
    "go",
];

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(Options::default()).expect("the catalogue is valid"));

/// For fixtures that are about more than locks.
static FAMILIES: LazyLock<Engine> = LazyLock::new(|| {
    Engine::new(Options {
        families: Family::ALL.to_vec(),
        ..Options::default()
    })
    .expect("the catalogue is valid")
});

fn engine_for(fixture: &Fixture) -> &'static Engine {
    if fixture.families.is_empty() {
        &ENGINE
    } else {
        &FAMILIES
    }
}

/// The fixtures of a folder, studied once for all tests.
fn studies(folder: &str) -> &'static [Study] {
    static STUDIES: [OnceLock<Vec<Study>>; FOLDERS.len()] =
        [const { OnceLock::new() }; FOLDERS.len()];
    let number = FOLDERS.iter().position(|known| *known == folder);
    STUDIES[number.expect("a folder of fixtures")].get_or_init(|| {
        fixture::of_language(folder)
            .into_iter()
            .map(|fixture| Study::new(engine_for(&fixture), fixture))
            .collect()
    })
}

/// Every fixture with its folder.
fn all_studies() -> impl Iterator<Item = (&'static str, &'static Study)> {
    FOLDERS
        .into_iter()
        .flat_map(|folder| studies(folder).iter().map(move |study| (folder, study)))
}

/// Fails with everything that `check` says about any fixture.
#[track_caller]
fn assert_all(check: impl Fn(&Study) -> Vec<String>) {
    let mut wrong = Vec::new();
    for (folder, study) in all_studies() {
        let file = &study.fixture.file_name;
        let messages = check(study);
        wrong.extend(
            messages
                .iter()
                .map(|message| format!("{folder}/{file}: {message}")),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Compares all fixtures of a language with `snapshots/<language>/<name>.snap`.
fn assert_snapshots(folder: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let differs = |study: &Study| {
        let text = report::render(study);
        let compare = || insta::assert_snapshot!(study.fixture.name.clone(), text);
        // To the last fixture, so that one run shows (and `cargo insta` reviews) everything.
        catch_unwind(AssertUnwindSafe(|| settings.bind(compare))).is_err()
    };
    let wrong: Vec<&str> = studies(folder)
        .iter()
        .filter(|study| differs(study))
        .map(|study| study.fixture.name.as_str())
        .collect();
    assert!(
        wrong.is_empty(),
        "not as in the snapshot: {}",
        wrong.join(", ")
    );
}

#[test]
fn javascript_matches_its_snapshots() {
    assert_snapshots("javascript");
}

#[test]
fn typescript_matches_its_snapshots() {
    assert_snapshots("typescript");
}

#[test]
fn python_matches_its_snapshots() {
    assert_snapshots("python");
}

#[test]
fn c_matches_its_snapshots() {
    assert_snapshots("c");
}

#[test]
fn cpp_matches_its_snapshots() {
    assert_snapshots("cpp");
}

#[test]
fn java_matches_its_snapshots() {
    assert_snapshots("java");
}

#[test]
fn php_matches_its_snapshots() {
    assert_snapshots("php");
}

#[test]
fn go_matches_its_snapshots() {
    assert_snapshots("go");
}

#[test]
fn expectations_hold() {
    assert_all(checks::expectations);
}

#[test]
fn fixed_texts_parse() {
    assert_all(checks::still_parses);
}

#[test]
fn a_second_run_changes_nothing() {
    assert_all(checks::second_run);
}

#[test]
fn nothing_is_lost() {
    assert_all(checks::nothing_lost);
}

#[test]
fn layout_does_not_matter() {
    assert_all(|study| checks::layout(engine_for(&study.fixture), study));
}

#[test]
fn fixtures_are_complete() {
    assert_all(checks::complete);
}

#[test]
fn every_snapshot_has_its_fixture() {
    let root = fixture::tests_directory().with_file_name("snapshots");
    for folder in FOLDERS {
        let names: HashSet<&str> = studies(folder)
            .iter()
            .map(|study| study.fixture.name.as_str())
            .collect();
        for snapshot in std::fs::read_dir(root.join(folder)).expect("the snapshots") {
            let path = snapshot.expect("entry").path();
            // What is not reviewed yet is no snapshot.
            if path.extension().is_none_or(|extension| extension != "snap") {
                continue;
            }
            let name = path.file_stem().map(Path::new).expect("a name");
            assert!(
                names.contains(&*name.to_string_lossy()),
                "{} is left over",
                path.display()
            );
        }
    }
}

/// The checks are themselves tested: what `checks::losses` says of a rewrite that it ought to refuse.
#[track_caller]
fn assert_loss(old: &str, new: &str, expected: &[&str]) {
    let touched = HashSet::from([1]);
    let language = Language::JavaScript;
    let found = checks::losses(language, old.as_bytes(), new.as_bytes(), &touched);
    assert_eq!(found, expected);
}

#[test]
fn a_lost_comment_is_seen() {
    assert_loss(
        "a();\n// why\nb();\n",
        "a();\nb();\n",
        &["the comments differ"],
    );
}

#[test]
fn a_changed_template_is_seen() {
    assert_loss(
        "a();\nb(`x\n y`);\n",
        "a();\n  b(`x\n   y`);\n",
        &["the strings differ", "`x\n y` is lost"],
    );
}

#[test]
fn a_lost_call_is_seen() {
    assert_loss("a();\nb();\n", "a();\n", &["`b` is lost"]);
}

#[test]
fn new_indentation_and_removed_releases_are_accepted() {
    let old = "release(); // x\n/* long\n * comment */\nb();\n";
    let new = "// x\n  try {\n  /* long\n   * comment */\n  b(); }\n";
    assert_loss(old, new, &[]);
}

#[test]
fn shapes_end_as_the_page_says() {
    let table = shapes::Table::of(&FOLDERS, all_studies());
    for folder in FOLDERS {
        let unfixed = table.unfixed(folder);
        assert!(
            unfixed.is_empty(),
            "{folder}: no safe fix of shape {unfixed:?}"
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/shapes.md");
    let page = table.page();
    if std::env::var_os("UPDATE_README").is_some_and(|value| value == "1") {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/shapes.md");
    assert_eq!(written, page, "docs/shapes.md is stale");
}
