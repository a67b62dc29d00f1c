//! The languages: which files are theirs, and what the shared stages ask of them.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// A language that lockfix reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    JavaScript,
    TypeScript,
    /// TypeScript with JSX: a grammar of its own, `typescript` for people.
    #[serde(rename = "typescript")]
    Tsx,
    Python,
}

impl Language {
    /// Every language, by the names that `--lang` knows (`Tsx` shares one with `TypeScript`).
    pub const ALL: [Language; 4] = [
        Language::JavaScript,
        Language::TypeScript,
        Language::Tsx,
        Language::Python,
    ];

    /// The name in outputs, `--lang` and the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Language::JavaScript => "javascript",
            Language::TypeScript | Language::Tsx => "typescript",
            Language::Python => "python",
        }
    }

    /// The file extensions of the language, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Language::JavaScript => &["js", "mjs", "cjs", "jsx"],
            Language::TypeScript => &["ts", "mts", "cts"],
            Language::Tsx => &["tsx"],
            Language::Python => &["py", "pyi", "pyw"],
        }
    }

    /// The language of a file with this extension.
    pub fn of_extension(extension: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.extensions().contains(&extension))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Language::ALL
            .into_iter()
            .find(|language| language.name() == s)
            .ok_or_else(|| format!("there is no language `{s}`"))
    }
}
