//! How the engine is to judge and to rewrite.

use crate::catalog::schema::Family;
use crate::finding::{Form, Rule};
use crate::language::Language;
use std::str::FromStr;

/// What can throw inside a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exceptions {
    /// Nothing: the language has no exceptions, or the code is built without them.
    Nothing,
    /// Calls, `new`, await, yield, throw.
    Calls,
    /// Also every operator that can raise in the language.
    Operators,
}

/// The version of C++ that rewritten code has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standard {
    Cpp11,
    Cpp14,
    /// What compilers of today take when nothing is said.
    #[default]
    Cpp17,
    Cpp20,
}

impl FromStr for Standard {
    type Err = String;

    /// `c++17`, `gnu++17`, and the working names of before.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let year = s
            .strip_prefix("c++")
            .or_else(|| s.strip_prefix("gnu++"))
            .unwrap_or_default();
        match year {
            "11" | "0x" => Ok(Standard::Cpp11),
            "14" | "1y" => Ok(Standard::Cpp14),
            "17" | "1z" => Ok(Standard::Cpp17),
            "20" | "2a" | "23" | "2b" | "26" | "2c" => Ok(Standard::Cpp20),
            _ => Err(format!("there is no C++ standard `{s}`")),
        }
    }
}

/// How the engine is to judge and to rewrite.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules that report.
    pub rules: Vec<Rule>,
    /// Forms that the user prefers, best first; others follow in the language's order.
    pub forms: Vec<(Language, Vec<Form>)>,
    /// Offer no other form than the preferred ones (`--form`).
    pub only_forms: bool,
    /// Prove every form that fits, for a person to choose from; otherwise only the best.
    pub alternatives: bool,
    /// `None`: the default of each language.
    pub exceptions: Option<Exceptions>,
    /// The version of C++.
    pub standard: Standard,
    /// What else than locks is looked for.
    pub families: Vec<Family>,
    /// Further catalogue entries (`[[lock]]` of the user's configuration), as TOML.
    pub locks: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            rules: Rule::ALL
                .into_iter()
                .filter(|rule| rule.on_by_default())
                .collect(),
            forms: Vec::new(),
            only_forms: false,
            alternatives: true,
            exceptions: None,
            standard: Standard::default(),
            families: Vec::new(),
            locks: Vec::new(),
        }
    }
}
