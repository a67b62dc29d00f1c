//! From TOML to [`Config`], key by key, so that every complaint has a line.

use super::{Config, Lock};
use crate::catalog::schema::Family;
use crate::engine::{Exceptions, Standard};
use crate::finding::{Form, Rule};
use crate::language::Language;
use crate::names::{self, closest};
use ignore::gitignore::GitignoreBuilder;
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A complaint about the text at a byte offset.
#[derive(Debug)]
pub(super) struct Complaint {
    at: usize,
    pub(super) message: String,
}

impl Complaint {
    /// The line of the complaint, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        let before = &text.as_bytes()[..self.at.min(text.len())];
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

type Result<T> = std::result::Result<T, Complaint>;
type Value<'a> = Spanned<DeValue<'a>>;

pub(super) const KEYS: [&str; 11] = [
    "select",
    "ignore",
    "ignore-in",
    "exclude",
    "forms",
    "exceptions",
    "std",
    "headers",
    "max-size",
    "families",
    "lock",
];

/// Reads a configuration; of a pyproject.toml only `[tool.lockfix]`, `None` when it has none.
pub(super) fn read(text: &str, in_pyproject: bool) -> Result<Option<Config>> {
    let document = DeTable::parse(text).map_err(|error| Complaint {
        at: error.span().map_or(0, |span| span.start),
        message: format!("this is not valid TOML: {}", error.message()),
    })?;
    let root = document.get_ref();
    if !in_pyproject {
        return read_table(text, root).map(Some);
    }
    let tool = root
        .get("tool")
        .and_then(|tool| tool.get_ref().as_table())
        .and_then(|tool| tool.get("lockfix"));
    match tool {
        None => Ok(None),
        Some(value) => read_table(text, table("tool.lockfix", value)?).map(Some),
    }
}

fn read_table(text: &str, entries: &DeTable<'_>) -> Result<Config> {
    let mut config = Config::default();
    for (key, value) in entries {
        let name: &str = key.get_ref();
        match name {
            "select" => config.select = Some(rules(name, value)?),
            "ignore" => config.ignore = rules(name, value)?,
            "ignore-in" => config.ignore_in = ignore_in(value)?,
            "exclude" => config.exclude = patterns(name, value)?,
            "forms" => config.forms = forms(value)?,
            "exceptions" => exceptions(&mut config, value)?,
            "std" => config.standard = Some(standard(name, value)?),
            "headers" => config.headers = Some(headers(name, value)?),
            "families" => config.families = families(name, value)?,
            "max-size" => config.max_size = Some(size(name, value)?),
            "lock" => config.locks = locks(text, value)?,
            _ => {
                let hint = closest(name, KEYS)
                    .map_or(String::new(), |close| format!(", did you mean `{close}`?"));
                return Err(Complaint {
                    at: key.span().start,
                    message: format!(
                        "there is no key `{name}`{hint}; the keys are {}",
                        KEYS.join(", ")
                    ),
                });
            }
        }
    }
    Ok(config)
}

fn wrong_type(key: &str, value: &Value<'_>, wanted: &str) -> Complaint {
    complain(
        key,
        value,
        format!("must be {wanted}, not {}", value.get_ref().type_str()),
    )
}

fn complain(key: &str, value: &Value<'_>, message: impl std::fmt::Display) -> Complaint {
    Complaint {
        at: value.span().start,
        message: format!("`{key}`: {message}"),
    }
}

fn table<'a, 'b>(key: &str, value: &'a Value<'b>) -> Result<&'a DeTable<'b>> {
    let found = value.get_ref().as_table();
    found.ok_or_else(|| wrong_type(key, value, "a table"))
}

fn string<'a>(key: &str, value: &'a Value<'_>) -> Result<&'a str> {
    let found = value.get_ref().as_str();
    found.ok_or_else(|| wrong_type(key, value, "a string"))
}

/// The strings of an array, each with its place.
fn strings<'a, 'b>(
    key: &str,
    value: &'a Value<'b>,
) -> Result<impl Iterator<Item = (&'a Value<'b>, &'a str)> + use<'a, 'b>> {
    let Some(array) = value.get_ref().as_array() else {
        return Err(wrong_type(key, value, "an array of strings"));
    };
    let mut found = Vec::new();
    for item in array {
        let Some(text) = item.get_ref().as_str() else {
            return Err(wrong_type(key, item, "an array of strings"));
        };
        found.push((item, text));
    }
    Ok(found.into_iter())
}

fn rules(key: &str, value: &Value<'_>) -> Result<Vec<Rule>> {
    let mut found = Vec::new();
    for (item, name) in strings(key, value)? {
        found.extend(names::rules(name).map_err(|error| complain(key, item, error))?);
    }
    Ok(found)
}

fn families(key: &str, value: &Value<'_>) -> Result<Vec<Family>> {
    let mut found = Vec::new();
    for (item, name) in strings(key, value)? {
        found.extend(names::families(name).map_err(|error| complain(key, item, error))?);
    }
    Ok(found)
}

fn patterns(key: &str, value: &Value<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (item, pattern) in strings(key, value)? {
        check_pattern(pattern).map_err(|error| complain(key, item, error))?;
        found.push(pattern.to_owned());
    }
    Ok(found)
}

fn check_pattern(pattern: &str) -> std::result::Result<(), ignore::Error> {
    GitignoreBuilder::new("")
        .add_line(None, pattern)
        .map(|_| ())
}

fn ignore_in(value: &Value<'_>) -> Result<Vec<(String, Vec<Rule>)>> {
    let mut found = Vec::new();
    for (pattern, value) in table("ignore-in", value)? {
        let path = format!("ignore-in.{}", pattern.get_ref());
        check_pattern(pattern.get_ref()).map_err(|error| complain(&path, value, error))?;
        found.push((pattern.get_ref().to_string(), rules(&path, value)?));
    }
    Ok(found)
}

/// The languages that a key names.
fn languages(table_name: &str, key: &Spanned<Cow<'_, str>>) -> Result<(String, Vec<Language>)> {
    let languages = names::languages(key.get_ref()).map_err(|error| Complaint {
        at: key.span().start,
        message: format!("`{table_name}`: {error}"),
    })?;
    Ok((format!("{table_name}.{}", key.get_ref()), languages))
}

fn forms(value: &Value<'_>) -> Result<Vec<(Language, Vec<Form>)>> {
    let mut found = Vec::new();
    for (key, value) in table("forms", value)? {
        let (path, languages) = languages("forms", key)?;
        let mut forms = Vec::new();
        for (item, name) in strings(&path, value)? {
            forms.push(names::form(name).map_err(|error| complain(&path, item, error))?);
        }
        found.extend(
            languages
                .into_iter()
                .map(|language| (language, forms.clone())),
        );
    }
    Ok(found)
}

fn exceptions(config: &mut Config, value: &Value<'_>) -> Result<()> {
    if value.get_ref().is_str() {
        config.exceptions = Some(level("exceptions", value)?);
        return Ok(());
    }
    let Some(entries) = value.get_ref().as_table() else {
        let wanted = "\"nothing\", \"calls\", \"operators\" or a table of languages";
        return Err(wrong_type("exceptions", value, wanted));
    };
    for (key, value) in entries {
        let (path, languages) = languages("exceptions", key)?;
        let level = level(&path, value)?;
        let entries = languages.into_iter().map(|language| (language, level));
        config.exceptions_of.extend(entries);
    }
    Ok(())
}

fn standard(key: &str, value: &Value<'_>) -> Result<Standard> {
    string(key, value)?
        .parse()
        .map_err(|error| complain(key, value, error))
}

fn headers(key: &str, value: &Value<'_>) -> Result<Language> {
    crate::names::header_language(string(key, value)?).map_err(|error| complain(key, value, error))
}

fn level(key: &str, value: &Value<'_>) -> Result<Exceptions> {
    match string(key, value)? {
        "nothing" => Ok(Exceptions::Nothing),
        "calls" => Ok(Exceptions::Calls),
        "operators" => Ok(Exceptions::Operators),
        other => Err(complain(
            key,
            value,
            format!("must be \"nothing\", \"calls\" or \"operators\", not \"{other}\""),
        )),
    }
}

fn size(key: &str, value: &Value<'_>) -> Result<u64> {
    let wanted = "a number of bytes, or a string such as \"5M\"";
    let text = match value.get_ref() {
        DeValue::String(text) => text,
        DeValue::Integer(number) => number.as_str(),
        _ => return Err(wrong_type(key, value, wanted)),
    };
    parse_size(text).ok_or_else(|| complain(key, value, format!("must be {wanted}")))
}

/// Bytes from `1000`, `64K`, `5M`, `1G` (steps of 1024).
pub fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return None,
    };
    digits
        .replace('_', "")
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)
}

/// Each `[[lock]]` as a text of its own: what stands in it is the catalogue's to judge.
fn locks(text: &str, value: &Value<'_>) -> Result<Vec<Lock>> {
    let wanted = "tables, each under [[lock]]";
    let Some(array) = value.get_ref().as_array() else {
        return Err(wrong_type("lock", value, wanted));
    };
    let mut found = Vec::new();
    for item in array {
        let entry = plain(item.get_ref());
        if !entry.is_table() {
            return Err(wrong_type("lock", item, wanted));
        }
        let mut document = toml::Table::new();
        document.insert("lock".to_owned(), toml::Value::Array(vec![entry]));
        let place = complain("lock", item, "");
        let toml = toml::to_string(&document).map_err(|error| complain("lock", item, error))?;
        found.push(Lock {
            line: place.line(text),
            toml,
        });
    }
    Ok(found)
}

/// The value without its places in the file. Numbers that TOML allows but Rust cannot hold
/// become strings, for the catalogue to refuse.
fn plain(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(number) => {
            match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => toml::Value::Integer(number),
                Err(_) => toml::Value::String(number.as_str().to_owned()),
            }
        }
        DeValue::Float(number) => match number.as_str().replace('_', "").parse() {
            Ok(number) => toml::Value::Float(number),
            Err(_) => toml::Value::String(number.as_str().to_owned()),
        },
        DeValue::Boolean(flag) => toml::Value::Boolean(*flag),
        DeValue::Datetime(date) => toml::Value::Datetime(*date),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| plain(item.get_ref())).collect())
        }
        DeValue::Table(entries) => toml::Value::Table(
            entries
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> (usize, String) {
        let error = read(text, false).expect_err("not valid");
        (error.line(text), error.message)
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            "select = [\"all\"]\nignore = ['manual-release']\nexclude = ['dist/']\nmax-size = '5M'\n\
             [forms]\njavascript = ['run-exclusive', 'try-finally']\n\
             [exceptions]\ntypescript = 'calls'\n\
             [[lock]]\nacquire = ['$LOCK.enter()']\n[lock.deep]\ncount = 0x10\n\
             [[lock]]\nacquire = []\n",
            false,
        )
        .expect("valid")
        .expect("a configuration");
        assert_eq!(config.select.as_deref(), Some(&Rule::ALL[..]));
        assert_eq!(config.ignore, [Rule::ManualRelease]);
        assert_eq!(config.max_size, Some(5 << 20));
        assert_eq!(
            config.forms,
            [(
                Language::JavaScript,
                vec![Form::RunExclusive, Form::TryFinally]
            )]
        );
        assert_eq!(
            config.exceptions_of,
            [
                (Language::TypeScript, Exceptions::Calls),
                (Language::Tsx, Exceptions::Calls)
            ]
        );
        let lines: Vec<usize> = config.locks.iter().map(|lock| lock.line).collect();
        assert_eq!(lines, [9, 13]);
        let first: toml::Table = config.locks[0].toml.parse().expect("TOML");
        assert_eq!(first["lock"][0]["deep"]["count"].as_integer(), Some(16));
    }

    /// The configuration to begin with, with its comments taken for what they show.
    #[test]
    fn the_initial_configuration_shows_every_key() {
        let shown = super::super::INITIAL;
        assert_eq!(read(shown, false).expect("valid"), Some(Config::default()));
        let keys: Vec<String> = shown
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.contains(" = ") || line.starts_with('['))
            .map(str::to_owned)
            .collect();
        let config = read(&keys.join("\n"), false)
            .expect("valid")
            .expect("there");
        assert_ne!(config.ignore_in, []);
        let table: toml::Table = keys.join("\n").parse().expect("TOML");
        for key in KEYS {
            assert!(table.contains_key(key), "{key}");
        }
    }

    #[test]
    fn complaints_name_line_and_key() {
        let (line, message) = complaint("\nslect = []\n");
        assert_eq!(line, 2);
        assert!(message.starts_with("there is no key `slect`, did you mean `select`?"));
        let (line, message) = complaint("select = [\n  'all',\n  3]\n");
        assert_eq!(line, 3);
        assert_eq!(
            message,
            "`select`: must be an array of strings, not integer"
        );
        let (line, message) = complaint("[forms]\npython = ['wiht']\n");
        assert_eq!(line, 2);
        assert!(message.contains("`forms.python`: there is no form `wiht`, did you mean `with`?"));
        assert!(complaint("exceptions = 'many'").1.contains("`exceptions`"));
        assert!(complaint("exclude = ['a{']").1.contains("`exclude`"));
        let (line, message) = complaint("[ignore-in]\n'tests/' = ['leak']\n");
        assert_eq!(line, 2);
        assert!(
            message.contains("`ignore-in.tests/`: there is no rule `leak`"),
            "{message}"
        );
        assert!(complaint("max-size = 'big'").1.contains("`max-size`"));
        assert!(complaint("lock = 3").1.contains("`lock`"));
        assert_eq!(complaint("select = []\nignore = ]\n").0, 2);
    }

    #[test]
    fn a_pyproject_without_our_table_says_nothing() {
        assert_eq!(
            read("[tool.ruff]\nselect = 3\n", true).expect("valid"),
            None
        );
        let text = "[tool.lockfix]\nignore = ['leak-on-exit']\n";
        let config = read(text, true).expect("valid").expect("there");
        assert_eq!(config.ignore, [Rule::LeakOnExit]);
    }
}
