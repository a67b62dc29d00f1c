//! What a compilation database says of the code that it builds.

use crate::engine::Standard;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Where tools write the database of a directory.
const NAMES: [&str; 2] = ["compile_commands.json", "build/compile_commands.json"];

/// Databases over this size (in bytes) are not read.
const MOST_BYTES: u64 = 64 << 20;

/// The oldest version of C++ that anything below the directory is compiled for, if it has a
/// database that tells.
pub(super) fn standard_of(directory: &Path) -> Option<Standard> {
    NAMES.iter().find_map(|name| {
        let file = directory.join(name);
        let size = fs::metadata(&file).ok()?.len();
        let text = (size <= MOST_BYTES).then(|| fs::read(&file).ok())??;
        oldest(&serde_json::from_slice(&text).ok()?)
    })
}

fn oldest(database: &Value) -> Option<Standard> {
    database
        .as_array()?
        .iter()
        .filter_map(|entry| match entry.get("arguments") {
            Some(arguments) => arguments
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .filter_map(named)
                .next_back(),
            None => entry
                .get("command")?
                .as_str()?
                .split_whitespace()
                .filter_map(named)
                .next_back(),
        })
        .min()
}

/// `-std=c++17`, `/std:c++17`; C has versions of its own.
fn named(argument: &str) -> Option<Standard> {
    argument
        .trim_matches('"')
        .strip_prefix("-std=")
        .or_else(|| argument.strip_prefix("/std:"))?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_standard_counts() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(standard_of(directory.path()), None);
        fs::create_dir(directory.path().join("build")).expect("created");
        let database = r#"[
            {"file": "a.cc", "command": "g++ -std=gnu++20 -c a.cc"},
            {"file": "b.cc", "arguments": ["g++", "-std=c++11", "-std=c++14", "b.cc"]},
            {"file": "c.c", "command": "gcc -std=c99 -c c.c"}
        ]"#;
        let file = directory.path().join("build/compile_commands.json");
        fs::write(file, database).expect("written");
        assert_eq!(standard_of(directory.path()), Some(Standard::Cpp14));
    }
}
