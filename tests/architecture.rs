//! The invariants of `docs/architecture.md`: what is deliberately absent from each part.

#[path = "support/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "support/rust.rs"]
mod rust;

use lockfix::catalog::FILES;
use lockfix::catalog::schema::Library;
use lockfix::engine::{Engine, Options};
use lockfix::language::Language;
use lockfix::refusal::CODES;
use rust::{SourceText, Word, sources};
use std::collections::BTreeSet;

/// What works on texts in memory.
const ENGINE: [&str; 23] = [
    "analysis",
    "catalog",
    "compose",
    "edit",
    "engine",
    "finding",
    "flow",
    "language",
    "lower",
    "names",
    "parse",
    "plan",
    "prefilter",
    "refusal",
    "resolve",
    "rewrite",
    "skim",
    "source",
    "spoken",
    "suppress",
    "syntax",
    "tree",
    "verify",
];

/// What meets files, terminals and people.
const RIM: [&str; 10] = [
    "apply", "baseline", "cli", "config", "discover", "explain", "guard", "inspect", "lsp",
    "report",
];

/// What speaks of acquires, releases, exits and regions, and of no language.
const NO_LANGUAGE: [&str; 5] = ["analysis", "flow", "plan", "rewrite", "verify"];

/// Folders of `src/language` with the grammars that their code is for.
const FAMILIES: [(&str, &[Language]); 6] = [
    (
        "javascript",
        &[Language::JavaScript, Language::TypeScript, Language::Tsx],
    ),
    ("python", &[Language::Python]),
    ("c", &[Language::C, Language::Cpp]),
    ("java", &[Language::Java]),
    ("php", &[Language::Php]),
    ("go", &[Language::Go]),
];

/// What reads, of `std::fs`.
const READS: [&str; 8] = [
    "File",
    "Metadata",
    "canonicalize",
    "metadata",
    "read",
    "read_dir",
    "read_to_string",
    "symlink_metadata",
];

/// Codes of refusals that are listed, and that nothing gives yet.
const RESERVED: [&str; 1] = ["double-release"];

/// The sources of these modules, tests left out.
fn modules(names: &[&str]) -> Vec<SourceText> {
    let all = sources();
    for name in names {
        assert!(
            all.iter().any(|source| source.module == *name),
            "there is no module {name}"
        );
    }
    all.into_iter()
        .filter(|source| names.contains(&source.module.as_str()))
        .collect()
}

#[track_caller]
fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn the_scanner_reads_rust() {
    let source = rust::scan(
        "src/a/b.rs",
        "//! std::net
        use std::{fs, io::{self, Read}};
        fn f(x: Node) {
            match x.kind() { \"a\" | \"b\" => g(\"c\"), \"d\" => println!(), _ => {} }
            matches!(kind, \"e\" | \"f\") && other == \"x\" && x.kind() != \"g\"
        }
        #[cfg(test)]
        mod tests { use std::env; }
        fn h() { match name { \"x\" => {} _ => {} } }",
    );
    assert_eq!(source.module, "a");
    let paths: Vec<String> = source.paths().iter().map(|path| path.join("::")).collect();
    assert_eq!(paths[1..4], ["std::fs", "std::io", "std::io::Read"]);
    assert!(
        !paths
            .iter()
            .any(|path| path == "std::env" || path == "std::net")
    );
    assert_eq!(source.macros(), ["println", "matches"]);
    assert_eq!(source.compared_kinds(), ["a", "b", "d", "e", "f", "g"]);
    assert_eq!(
        source.calls_with_string(),
        [("g".to_owned(), "c".to_owned())]
    );
}

/// The tests that the page names are there.
#[test]
fn the_page_names_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("a page");
    let (page, tests) = (read("docs/architecture.md"), read("tests/architecture.rs"));
    let mut named = 0;
    for name in page.split('`').skip(1).step_by(2) {
        if name.matches('_').count() >= 2 && !name.contains(['=', ' ', '/']) {
            named += 1;
            assert!(tests.contains(&format!("fn {name}()")), "{name}");
        }
    }
    assert!(named > 10, "only {named} tests are named");
    for module in ENGINE.into_iter().chain(RIM) {
        let there = ["", "/", ".rs"]
            .into_iter()
            .any(|end| page.contains(&format!("`{module}{end}`")));
        assert!(there, "the page does not mention {module}");
    }
}

#[test]
fn every_module_is_engine_or_rim() {
    let known: BTreeSet<&str> = ENGINE.into_iter().chain(RIM).chain(["main"]).collect();
    let all = sources();
    let there: BTreeSet<&str> = all.iter().map(|source| source.module.as_str()).collect();
    assert_eq!(there, known);
}

#[test]
fn the_engine_does_no_io() {
    let std_modules = ["fs", "io", "env", "process", "net", "thread"];
    let macros = ["print", "println", "eprint", "eprintln", "dbg"];
    let crates = [
        "anstream",
        "clap",
        "console",
        "dialoguer",
        "ignore",
        "indicatif",
        "rustix",
        "signal_hook",
        "tempfile",
    ];
    let mut found = Vec::new();
    for source in modules(&ENGINE) {
        for path in source.paths() {
            let first = path.first().map_or("", String::as_str);
            let second = path.get(1).map_or("", String::as_str);
            if (first == "std" && std_modules.contains(&second))
                || (path.len() > 1 && crates.contains(&first))
            {
                found.push(format!("{}: {}", source.path, path.join("::")));
            }
        }
        for name in source.macros() {
            if macros.contains(&name.as_str()) {
                found.push(format!("{}: {name}!", source.path));
            }
        }
    }
    assert_none("the engine does IO", &found);
}

#[test]
fn the_engine_does_not_know_the_rim() {
    let mut found = Vec::new();
    for source in modules(&ENGINE) {
        for path in source.paths() {
            if path[0] == "crate" && path.get(1).is_some_and(|name| RIM.contains(&name.as_str())) {
                found.push(format!("{}: {}", source.path, path.join("::")));
            }
        }
    }
    assert_none("the engine uses the rim", &found);
}

/// `module` uses no module of this crate but those.
#[track_caller]
fn assert_uses_only(module: &str, allowed: &[&str]) {
    let mut found = BTreeSet::new();
    for source in modules(&[module]) {
        for path in source.paths() {
            let Some(used) = path.get(1).filter(|_| path[0] == "crate") else {
                continue;
            };
            if used != module && !allowed.contains(&used.as_str()) {
                found.insert(format!("{}: {}", source.path, path.join("::")));
            }
        }
    }
    assert_none(
        &format!("{module} uses more than {allowed:?}"),
        &Vec::from_iter(found),
    );
}

#[test]
fn data_goes_one_way() {
    assert_uses_only("source", &[]);
    assert_uses_only("edit", &["source"]);
    assert_uses_only("compose", &["edit", "source"]);
    // Of findings, only what kinds of exits there are.
    assert_uses_only("flow", &["finding", "source"]);
    assert_uses_only(
        "analysis",
        &["finding", "flow", "lower", "source", "spoken", "tree"],
    );
    assert_uses_only(
        "rewrite",
        &["catalog", "edit", "flow", "lower", "source", "tree"],
    );
    let stages = ["cli", "engine", "verify", "resolve"];
    for source in modules(&["plan"]) {
        for path in source.paths() {
            let later = path[0] == "crate"
                && path
                    .get(1)
                    .is_some_and(|name| stages.contains(&name.as_str()));
            assert!(!later, "{}: {}", source.path, path.join("::"));
        }
    }
}

#[test]
fn the_middle_names_no_language() {
    let languages = [
        "JavaScript",
        "TypeScript",
        "Tsx",
        "Python",
        "Php",
        "Java",
        "Go",
        "Cpp",
    ];
    let mut found = Vec::new();
    for source in modules(&NO_LANGUAGE) {
        for path in source.paths() {
            if path.iter().any(|part| languages.contains(&part.as_str())) {
                found.push(format!("{}: {}", source.path, path.join("::")));
            }
        }
    }
    assert_none("a language is named", &found);
}

#[test]
fn the_middle_names_no_syntax_of_one_language() {
    let mut found = Vec::new();
    for source in modules(&NO_LANGUAGE) {
        for literal in source.strings() {
            let with_kind = Language::ALL
                .into_iter()
                .filter(|language| has_kind(*language, &literal, true))
                .count();
            // What is a kind of every grammar is no language's own.
            if with_kind > 0 && with_kind < Language::ALL.len() {
                found.push(format!("{}: the kind {literal:?}", source.path));
            }
        }
        for (method, literal) in source.calls_with_string() {
            if method.ends_with("_by_field_name") {
                found.push(format!("{}: the field {literal:?}", source.path));
            }
        }
    }
    assert_none("the syntax of a language is named", &found);
}

#[test]
fn no_library_is_named_in_the_code() {
    let mut modules: BTreeSet<String> = BTreeSet::new();
    for (_, stem, text) in FILES {
        if *stem != "language" {
            let library: Library = toml::from_str(text).expect("a library");
            modules.extend(library.modules);
            modules.extend(library.lock.into_iter().flat_map(|lock| lock.modules));
        }
    }
    // The global namespace, and the one that shares its name with an option.
    modules.retain(|module| !matches!(module.as_str(), "" | "std"));
    let mut found = Vec::new();
    for source in sources() {
        // The words of telling names, some of which are also packages; the key of the C++ standard.
        if ["src/language/names.rs", "src/config/read.rs"].contains(&source.path.as_str()) {
            continue;
        }
        let named = source
            .strings()
            .into_iter()
            .filter(|text| !text.is_empty() && modules.contains(text));
        found.extend(named.map(|text| format!("{}: {text:?}", source.path)));
    }
    assert_none("a library is named", &found);
}

fn has_kind(language: Language, kind: &str, named: bool) -> bool {
    language.grammar().grammar().id_for_node_kind(kind, named) != 0
}

#[test]
fn every_field_that_a_language_asks_for_exists() {
    let mut found = Vec::new();
    for (folder, family) in FAMILIES {
        for source in language_sources(folder) {
            for (method, field) in source.calls_with_string() {
                let exists = |language: &Language| {
                    let grammar = language.grammar().grammar();
                    grammar.field_id_for_name(&field).is_some()
                };
                if method.ends_with("_by_field_name") && !family.iter().any(exists) {
                    found.push(format!("{}: the field {field:?}", source.path));
                }
            }
        }
    }
    assert_none("no grammar has", &found);
}

#[test]
fn every_kind_that_a_language_compares_with_exists() {
    let mut found = Vec::new();
    for (folder, family) in FAMILIES {
        for source in language_sources(folder) {
            for kind in source.compared_kinds() {
                let exists = |language: &Language| {
                    has_kind(*language, &kind, true) || has_kind(*language, &kind, false)
                };
                if !family.iter().any(exists) {
                    found.push(format!("{}: the kind {kind:?}", source.path));
                }
            }
        }
    }
    assert_none("no grammar has", &found);
}

fn language_sources(folder: &str) -> Vec<SourceText> {
    let prefix = format!("src/language/{folder}/");
    let found: Vec<SourceText> = sources()
        .into_iter()
        .filter(|source| source.path.starts_with(&prefix))
        .collect();
    assert!(!found.is_empty(), "nothing in {prefix}");
    found
}

#[test]
fn every_language_has_its_family() {
    for language in Language::ALL {
        assert!(
            FAMILIES
                .iter()
                .any(|(_, family)| family.contains(&language)),
            "{language:?} is in no family"
        );
    }
}

#[test]
fn every_refusal_is_listed_and_every_listed_one_is_used() {
    let listed: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(listed.len(), CODES.len(), "a code is listed twice");
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut unlisted = Vec::new();
    for source in sources() {
        // Rules have names of their own, and one is called like a code.
        if ["refusal", "finding"].contains(&source.module.as_str()) {
            continue;
        }
        for (function, code) in source.calls_with_string() {
            if function == "reason" && !listed.contains(code.as_str()) {
                unlisted.push(format!("{}: {code:?}", source.path));
            }
        }
        // Some travel as pairs of code and sentence before they become reasons.
        used.extend(
            source
                .strings()
                .into_iter()
                .filter(|text| listed.contains(text.as_str())),
        );
    }
    assert_none("codes that refusal::CODES does not list", &unlisted);
    let unused: Vec<String> = listed
        .into_iter()
        .filter(|code| !used.contains(*code) && !RESERVED.contains(code))
        .map(str::to_owned)
        .collect();
    assert_none("codes that nothing gives", &unused);
}

#[test]
fn fixes_are_made_where_they_are_verified() {
    let mut found = Vec::new();
    for source in sources() {
        let made = source
            .words
            .windows(2)
            .any(|pair| matches!(pair, [Word::Name(name), Word::Open('{')] if name == "Fix"));
        if made && !["engine", "finding"].contains(&source.module.as_str()) {
            found.push(source.path);
        }
    }
    assert_none("a fix is made outside of the engine", &found);
}

#[test]
fn only_apply_writes_files() {
    let mut found = Vec::new();
    for source in sources() {
        // The editor gets a temporary copy.
        if source.module == "apply" || source.path == "src/cli/editor.rs" {
            continue;
        }
        for path in source.paths() {
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            let writes = match parts[..] {
                ["fs", name] | ["std", "fs", name] => !READS.contains(&name),
                [.., "File", name] => name != "open",
                [.., name] => name == "OpenOptions",
                [] => false,
            };
            if writes {
                found.push(format!("{}: {}", source.path, path.join("::")));
            }
        }
    }
    assert_none("files are changed outside of apply", &found);
}

#[test]
fn edits_are_sorted_and_never_overlap() {
    let engine = Engine::new(Options::default()).expect("the catalogue is valid");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in [
        "javascript",
        "typescript",
        "python",
        "java",
        "php",
        "c",
        "cpp",
        "go",
    ] {
        for fixture in fixture::of_language(folder) {
            let analysis = engine.analyse(fixture.language, &fixture.text);
            for (finding, fix) in analysis
                .findings
                .iter()
                .flat_map(|finding| finding.fixes.iter().map(move |fix| (finding, fix)))
            {
                seen += 1;
                let mut reached = 0;
                let sound = fix.edits.iter().all(|edit| {
                    let sound = reached <= edit.start
                        && edit.start <= edit.end
                        && edit.end <= fixture.text.len()
                        && (edit.start < edit.end || !edit.text.is_empty());
                    reached = edit.end;
                    sound
                });
                if !sound || fix.edits.is_empty() {
                    wrong.push(format!(
                        "{folder}/{}:{}: {}: {:?}",
                        fixture.file_name, finding.location.line, fix.form, fix.edits
                    ));
                }
            }
        }
    }
    assert_none("edits overlap", &wrong);
    assert!(seen > 100, "only {seen} fixes were looked at");
}
