//! Which language a file is in.

use crate::language::Language;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The language of a file by its extension or, without one, by its `#!` line.
pub fn language_of(path: &Path) -> Option<Language> {
    if let Some(extension) = path.extension() {
        return Language::of_extension(&extension.to_str()?.to_ascii_lowercase());
    }
    let hidden = path.file_name()?.as_encoded_bytes().starts_with(b".");
    if hidden {
        return None;
    }
    let mut start = Vec::new();
    File::open(path)
        .ok()?
        .take(256)
        .read_to_end(&mut start)
        .ok()?;
    of_shebang(&start)
}

fn of_shebang(start: &[u8]) -> Option<Language> {
    let line = start
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    let line = String::from_utf8_lossy(line);
    let interpreter = line
        .split_whitespace()
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    match interpreter.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.') {
        "python" | "pypy" => Some(Language::Python),
        "php" | "php-cgi" => Some(Language::Php),
        "node" | "nodejs" => Some(Language::JavaScript),
        "ts-node" | "tsx" | "deno" | "bun" => Some(Language::TypeScript),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shebangs_name_the_language() {
        for (line, language) in [
            ("#!/usr/bin/python3.12\n", Some(Language::Python)),
            (
                "#!/usr/bin/env -S FOO=1 node --x\r\n",
                Some(Language::JavaScript),
            ),
            ("#!/usr/bin/env ts-node", Some(Language::TypeScript)),
            ("#!/bin/sh\n", None),
            ("python\n", None),
        ] {
            assert_eq!(of_shebang(line.as_bytes()), language, "{line}");
        }
    }

    #[test]
    fn extensions_come_in_any_case() {
        assert_eq!(language_of(Path::new("A.PY")), Some(Language::Python));
        assert_eq!(language_of(Path::new("a.txt")), None);
    }
}
