//! How the shapes of real code end in each language: `docs/shapes.md`, counted from the fixtures.

use crate::checks::Study;
use lockfix::finding::Applicability;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The shapes by number, as `tests/fixtures/<language>/<number>-<slug>` counts them.
const SHAPES: [&str; 34] = [
    "work that may throw between acquire and release",
    "the release in the middle of a block",
    "variables of the span used behind it",
    "an early return without the release",
    "early returns, each with its release",
    "a throw behind a release",
    "branches that release, and one that does not",
    "a lock for each round of a loop",
    "one lock inside another",
    "hand over hand",
    "an acquire that may fail",
    "the acquire inside the `try`, or too far in front",
    "the release in a handler and again behind",
    "guaranteed already",
    "held on purpose",
    "released by somebody else",
    "readers, writers, stamps, permits",
    "layout: comments, line ends, encodings",
    "functions within the span",
    "look-alikes",
    "slow work behind a branch's release",
    "files with errors",
    "switch, match, select",
    "async functions, generators, checked exceptions",
    "goto and labels",
    "names that are taken",
    "what is computed behind the release",
    "let go of for a while; conditions",
    "taken twice",
    "receivers that have to be evaluated once",
    "several spans, nested functions, top-level code",
    "helpers that release",
    "acquire and release under one condition",
    "the end of the process",
];

/// Shapes that end in a safe fix wherever the language has them.
const FIXED: &[usize] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 18, 19, 21, 23, 26, 27,
];

/// The same for C, where nothing throws.
const FIXED_IN_C: &[usize] = &[4, 7, 8, 9, 17, 18, 23, 25];

#[derive(Default, Clone, Copy)]
struct Ends {
    fixtures: usize,
    safe: usize,
    not_safe: usize,
    refused: usize,
}

/// What the fixtures of each folder come to, by shape.
pub struct Table<'a> {
    folders: &'a [&'a str],
    cells: BTreeMap<(usize, &'a str), Ends>,
}

impl<'a> Table<'a> {
    /// Counts the findings of all fixtures.
    pub fn of(folders: &'a [&'a str], studies: impl Iterator<Item = (&'a str, &'a Study)>) -> Self {
        let mut cells: BTreeMap<(usize, &str), Ends> = BTreeMap::new();
        for (folder, study) in studies {
            let number = study.fixture.name.split('-').next().unwrap_or_default();
            let Ok(number) = number.parse::<usize>() else {
                continue;
            };
            let ends = cells.entry((number, folder)).or_default();
            ends.fixtures += 1;
            for finding in &study.analysis.findings {
                match finding.fixes.first().map(|fix| fix.applicability) {
                    Some(Applicability::Safe) => ends.safe += 1,
                    Some(_) => ends.not_safe += 1,
                    None => ends.refused += 1,
                }
            }
        }
        Table { folders, cells }
    }

    /// The page.
    pub fn page(&self) -> String {
        let mut out = String::from(
            "# Shapes of real code\n\n\
            What becomes of each shape of code around locks, by language, counted from the fixtures in `tests/fixtures`: \
            findings that end in a safe fix, + in one that has to be asked for, − in a refusal with its reason. \
            `silent`: there are fixtures, and nothing is said of them. Empty: the language does not have the shape, or no \
            fixture has it. This page is written by `UPDATE_README=1 cargo test --test snapshots shapes`.\n\n",
        );
        let _ = writeln!(out, "| | shape | {} |", self.folders.join(" | "));
        let _ = writeln!(out, "|---|---|{}", "---|".repeat(self.folders.len()));
        for (index, shape) in SHAPES.iter().enumerate() {
            let number = index + 1;
            let cells: Vec<String> = self
                .folders
                .iter()
                .map(|folder| self.cell(number, folder))
                .collect();
            let _ = writeln!(out, "| {number} | {shape} | {} |", cells.join(" | "));
        }
        out
    }

    fn cell(&self, number: usize, folder: &str) -> String {
        let Some(ends) = self.cells.get(&(number, folder)) else {
            return String::new();
        };
        let counted = [("", ends.safe), (" +", ends.not_safe), (" −", ends.refused)];
        let text: String = counted
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(sign, count)| format!("{sign}{count}"))
            .collect();
        match text.trim() {
            "" => "silent".to_owned(),
            text => text.to_owned(),
        }
    }

    /// Shapes that should end in a safe fix in this language, and do in no fixture.
    pub fn unfixed(&self, folder: &str) -> Vec<usize> {
        let wanted = if folder == "c" { FIXED_IN_C } else { FIXED };
        wanted
            .iter()
            .copied()
            .filter(|number| {
                self.cells
                    .get(&(*number, folder))
                    .is_none_or(|ends| ends.safe == 0)
            })
            .collect()
    }
}
