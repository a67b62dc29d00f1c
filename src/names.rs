//! Names that people type: rules, languages, forms, families.

use crate::catalog::schema::Family;
use crate::finding::{Form, Rule};
use crate::language::Language;

/// "did you mean" for a name that is none of `known`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{given}`{}; {}", hint(.close), list(.what, .known))]
pub struct UnknownName {
    /// "rule", "language", "form", "family".
    pub what: &'static str,
    pub given: String,
    close: Option<&'static str>,
    known: Vec<&'static str>,
}

fn hint(close: &Option<&str>) -> String {
    close.map_or(String::new(), |name| format!(", did you mean `{name}`?"))
}

fn list(what: &str, known: &[&str]) -> String {
    let plural = match what.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{what}s"),
    };
    format!("the {plural} are {}", known.join(", "))
}

/// The known name that `given` was probably meant to be.
pub fn closest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

fn unknown(what: &'static str, given: &str, known: Vec<&'static str>) -> UnknownName {
    UnknownName {
        what,
        given: given.to_owned(),
        close: closest(given, known.iter().copied()),
        known,
    }
}

/// The rules that `name` stands for: one, or every one for `all`.
///
/// # Errors
/// When there is no such rule.
pub fn rules(name: &str) -> Result<Vec<Rule>, UnknownName> {
    if name == "all" {
        return Ok(Rule::ALL.to_vec());
    }
    Ok(vec![rule(name)?])
}

/// The rule of this name.
///
/// # Errors
/// When there is no such rule.
pub fn rule(name: &str) -> Result<Rule, UnknownName> {
    name.parse().map_err(|_| {
        let known = Rule::ALL.map(Rule::name).into_iter().collect();
        unknown("rule", name, known)
    })
}

/// The languages of this name: TypeScript has two grammars.
///
/// # Errors
/// When there is no such language.
pub fn languages(name: &str) -> Result<Vec<Language>, UnknownName> {
    let found: Vec<Language> = Language::ALL
        .into_iter()
        .filter(|language| language.name() == name)
        .collect();
    if found.is_empty() {
        let mut known: Vec<&str> = Language::ALL.into_iter().map(Language::name).collect();
        known.dedup();
        return Err(unknown("language", name, known));
    }
    Ok(found)
}

/// What headers are written in: C or C++.
///
/// # Errors
/// When it is neither.
pub fn header_language(name: &str) -> Result<Language, UnknownName> {
    let known = [Language::C, Language::Cpp];
    let named = known.into_iter().find(|language| language.name() == name);
    named.ok_or_else(|| {
        unknown(
            "language of headers",
            name,
            known.map(Language::name).to_vec(),
        )
    })
}

/// The form of this name.
///
/// # Errors
/// When there is no such form.
pub fn form(name: &str) -> Result<Form, UnknownName> {
    name.parse().map_err(|_| {
        unknown(
            "form",
            name,
            Form::ALL.map(Form::name).into_iter().collect(),
        )
    })
}

/// The families that `name` stands for: one, or every one for `all`.
///
/// # Errors
/// When there is no such family.
pub fn families(name: &str) -> Result<Vec<Family>, UnknownName> {
    if name == "all" {
        return Ok(Family::ALL.to_vec());
    }
    match Family::ALL.into_iter().find(|family| family.name() == name) {
        Some(family) => Ok(vec![family]),
        None => Err(unknown(
            "family",
            name,
            Family::ALL.map(Family::name).into_iter().collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_gets_a_hint() {
        let error = rules("leak-on-exti").expect_err("no such rule");
        assert!(
            error
                .to_string()
                .starts_with("there is no rule `leak-on-exti`, did you mean `leak-on-exit`?"),
            "{error}"
        );
        let error = languages("cobol").expect_err("no such language");
        let said = error.to_string();
        let all = "there is no language `cobol`; the languages are javascript, typescript, ";
        assert!(said.starts_with(all), "{said}");
        assert!(
            Language::ALL
                .into_iter()
                .all(|language| said.contains(language.name())),
            "{said}"
        );
    }

    #[test]
    fn typescript_is_two_grammars() {
        assert_eq!(
            languages("typescript"),
            Ok(vec![Language::TypeScript, Language::Tsx])
        );
    }
}
