//! The rules, explained: one page each, with what the engine makes of its examples.

use crate::config::{Config, ConfigError, Overrides, Settings};
use crate::engine::Options;
use crate::finding::{Applicability, Rule};
use crate::inspect::{Verdict, inspect};
use crate::language::Language;
use std::fmt::Write;
use std::path::Path;

/// The page of a rule as it is written: Markdown, the examples as fenced code.
fn page(rule: Rule) -> &'static str {
    match rule {
        Rule::LeakOnExit => include_str!("leak-on-exit.md"),
        Rule::LeakOnException => include_str!("leak-on-exception.md"),
        Rule::AcquireInsideTry => include_str!("acquire-inside-try.md"),
        Rule::NeverReleased => include_str!("never-released.md"),
        Rule::DoubleRelease => include_str!("double-release.md"),
        Rule::ManualRelease => include_str!("manual-release.md"),
        Rule::UnusedSuppression => include_str!("unused-suppression.md"),
    }
}

/// The rule in one sentence.
pub fn headline(rule: Rule) -> &'static str {
    page(rule).split("\n\n").nth(1).unwrap_or_default()
}

/// What the rule means and why it matters, without the examples.
pub fn meaning(rule: Rule) -> &'static str {
    page(rule)
        .split("\n## ")
        .next()
        .unwrap_or_default()
        .trim_end()
}

/// One example of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    pub language: Language,
    pub text: &'static str,
}

/// The examples of a rule, in the order of its page.
pub fn examples(rule: Rule) -> Vec<Example> {
    page(rule)
        .split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| {
            let (name, text) = block.split_once('\n')?;
            let language = name.parse().ok()?;
            Some(Example { language, text })
        })
        .collect()
}

/// The whole page, for a person to read: behind each example what is found in it, and what it
/// becomes. `languages` chooses examples; none: all.
///
/// # Errors
/// When the built-in settings are not valid.
pub fn explain(rule: Rule, languages: &[Language]) -> Result<String, ConfigError> {
    let mut select = Options::default().rules;
    select.push(rule);
    let overrides = Overrides {
        select: Some(select),
        ..Overrides::default()
    };
    let settings = Settings::new(&Config::default(), None, &overrides)?;
    let mut out = format!("{}\n", meaning(rule));
    for example in examples(rule) {
        if languages.is_empty() || languages.contains(&example.language) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\n{}", shown(&settings, rule, example));
        }
    }
    Ok(out)
}

fn shown(settings: &Settings, rule: Rule, example: Example) -> String {
    let Example { language, text } = example;
    let name = language.name();
    let mut out = format!("```{name}\n{text}\n```\n");
    let text = format!("{text}\n");
    let (path, least) = (Path::new(name), Applicability::Safe);
    let verdict = inspect(path, text.as_bytes(), language, settings, least);
    let Verdict::Report(report) = verdict else {
        return out;
    };
    let found = report.resolution.before.findings.iter();
    for finding in found.filter(|finding| finding.rule == rule) {
        let line = finding.location.line;
        let _ = writeln!(out, "\nLine {line}: {}.", finding.message);
    }
    if let Some(fixed) = &report.resolution.fixed {
        let after = String::from_utf8_lossy(fixed);
        let _ = write!(out, "\nIt becomes\n\n```{name}\n{after}```\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_headline_and_an_example() {
        for rule in Rule::ALL {
            assert!(meaning(rule).starts_with(&format!("# {rule}\n")));
            assert!(headline(rule).ends_with('.'), "{rule}: {}", headline(rule));
            assert!(!examples(rule).is_empty(), "{rule}");
            let page = explain(rule, &[]).expect("valid settings");
            let reported = page.matches("\nLine ").count();
            assert!(reported >= examples(rule).len(), "{rule}: {page}");
            let only = [
                Rule::NeverReleased,
                Rule::DoubleRelease,
                Rule::UnusedSuppression,
            ];
            if !only.contains(&rule) {
                let fixed = page.matches("\nIt becomes\n").count();
                assert_eq!(fixed, examples(rule).len(), "{rule}: {page}");
            }
        }
    }
}
