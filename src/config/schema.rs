//! A JSON schema of the configuration, for editors.

use super::read::KEYS;
use crate::catalog::schema::{Family, Lock};
use crate::finding::{Form, Rule};
use crate::language::Language;
use serde_json::{Map, Value, json};

/// The schema of `lockfix.toml`.
pub fn schema() -> Value {
    let lock = schemars::schema_for!(Lock).to_value();
    let (lock, definitions) = apart(lock);
    let properties: Map<String, Value> = KEYS
        .into_iter()
        .map(|key| (key.to_owned(), property(key, &lock)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lockfix.toml",
        "description": "The configuration of lockfix",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": definitions,
    })
}

/// The schema of a type, and the definitions that it refers to.
fn apart(mut schema: Value) -> (Value, Value) {
    let mut definitions = Value::Object(Map::new());
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        definitions = object.remove("$defs").unwrap_or(definitions);
    }
    (schema, definitions)
}

fn property(key: &str, lock: &Value) -> Value {
    let rules = || {
        let all = Rule::ALL.map(Rule::name).into_iter().chain(["all"]);
        let names: Vec<&str> = all.collect();
        json!({ "type": "array", "items": { "enum": names } })
    };
    let families: Vec<&str> = Family::ALL
        .map(Family::name)
        .into_iter()
        .chain(["all"])
        .collect();
    let level = json!({ "enum": ["operators", "calls", "nothing"] });
    let (mut property, description) = match key {
        "select" => (
            rules(),
            "The rules that report, in place of the default ones",
        ),
        "ignore" => (rules(), "Rules that do not report"),
        "ignore-in" => (
            json!({ "type": "object", "additionalProperties": rules() }),
            "Rules that do not report in some files, by patterns in the syntax of .gitignore",
        ),
        "exclude" => (
            json!({ "type": "array", "items": { "type": "string" } }),
            "Files to pass over, in the syntax of .gitignore",
        ),
        "forms" => (
            by_language(&json!({ "type": "array", "items": { "enum": Form::ALL } })),
            "The constructs to offer first, best first, by language",
        ),
        "exceptions" => (
            json!({ "anyOf": [level, by_language(&level)] }),
            "What can throw while a lock is held, for all languages or by language",
        ),
        "std" => (
            json!({ "type": "string", "pattern": r"^(c|gnu)\+\+[0-9][0-9a-z]$" }),
            "The version of C++ that the code is built with",
        ),
        "headers" => (
            json!({ "enum": ["c", "cpp"] }),
            "The language of every `.h`, which is told by its content and its neighbours otherwise",
        ),
        "families" => (
            json!({ "type": "array", "items": { "enum": families } }),
            "What else than locks has to be given back on every path",
        ),
        "max-size" => (
            json!({ "type": ["integer", "string"] }),
            "Larger files are passed over: a number of bytes, or one with K, M or G",
        ),
        "lock" => (
            json!({ "type": "array", "items": lock }),
            "Locks of your own, in code of the language with $HOLES",
        ),
        _ => (json!({}), ""),
    };
    property["description"] = json!(description);
    property
}

fn by_language(value: &Value) -> Value {
    let names = Language::ALL.map(Language::name);
    let properties: Map<String, Value> = names
        .into_iter()
        .map(|name| (name.to_owned(), value.clone()))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let schema = schema();
        for key in KEYS {
            let description = schema["properties"][key]["description"].as_str();
            assert!(description.is_some_and(|text| !text.is_empty()), "{key}");
        }
    }
}
