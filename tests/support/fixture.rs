//! The fixtures of `tests/fixtures` with what their head comments say about them.

use lockfix::catalog::schema::Family;
use lockfix::finding::{Applicability, Rule};
use lockfix::language::Language;
use std::fs;
use std::path::{Path, PathBuf};

/// One program of `tests/fixtures/<language>`.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// `<NN>-<slug>`.
    pub name: String,
    pub file_name: String,
    pub language: Language,
    pub text: Vec<u8>,
    /// `expect: <function> <rule> <applicability>`, `any` for what is open; empty for `expect: silent`.
    pub expected: Vec<Expected>,
    /// `run:` lines: expressions that call the functions.
    pub runs: Vec<String>,
    /// `locks:` the expressions whose values are watched.
    pub locks: Vec<String>,
    /// `family:` what else than locks is looked for.
    pub families: Vec<Family>,
}

/// What a fixture expects of a function: one finding, or several when the rule is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Without the classes and functions around it.
    pub function: String,
    /// `None`: any number of findings of any rule.
    pub rule: Option<Rule>,
    pub applicability: Option<Applicability>,
}

/// The folder of everything that the tests read.
pub fn tests_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Every fixture of one language (by its folder), by name.
pub fn of_language(folder: &str) -> Vec<Fixture> {
    let directory = tests_directory().join("fixtures").join(folder);
    let entries = fs::read_dir(&directory).expect("the folder of the fixtures");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Fixture {
    let text = fs::read(path).expect("a fixture");
    let file_name = path.file_name().expect("name").to_string_lossy();
    let (name, extension) = file_name.rsplit_once('.').expect("extension");
    let mut fixture = Fixture {
        name: name.to_owned(),
        file_name: file_name.to_string(),
        language: Language::of_extension(extension).expect("a known language"),
        expected: Vec::new(),
        runs: Vec::new(),
        locks: Vec::new(),
        families: Vec::new(),
        text,
    };
    let head = String::from_utf8_lossy(&fixture.text).into_owned();
    let lines = head.trim_start_matches('\u{feff}').lines();
    for line in lines.skip_while(|line| line.starts_with("<?php")) {
        let Some(comment) = line.strip_prefix("//").or_else(|| line.strip_prefix('#')) else {
            break;
        };
        if let Some((key, value)) = comment.trim().split_once(':') {
            fixture.read_directive(key, value.trim());
        }
    }
    fixture
}

impl Fixture {
    fn read_directive(&mut self, key: &str, value: &str) {
        match key {
            "expect" if value == "silent" => {}
            "expect" => self.expected.push(Expected::read(value)),
            "run" => self.runs.push(value.to_owned()),
            "family" => self.families = lockfix::names::families(value).expect("a family"),
            "locks" => self.locks.extend(value.split(", ").map(str::to_owned)),
            _ => {}
        }
    }
}

impl Expected {
    fn read(text: &str) -> Expected {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [function, rule, applicability] = words[..] else {
            panic!("`expect: {text}` is not `<function> <rule> <applicability>`");
        };
        Expected {
            function: function.to_owned(),
            rule: (rule != "any").then(|| rule.parse().expect("a rule")),
            applicability: match applicability {
                "any" => None,
                "safe" => Some(Applicability::Safe),
                "unsafe" => Some(Applicability::Unsafe),
                "none" => Some(Applicability::None),
                other => panic!("`{other}` is no applicability"),
            },
        }
    }

    /// Whether a safe fix has to be offered.
    pub fn is_safe(&self) -> bool {
        self.applicability == Some(Applicability::Safe)
    }
}

/// The name of a function without the classes and functions around it.
pub fn short_name(function: &str) -> &str {
    function.rsplit(['.', '#']).next().unwrap_or(function)
}
