//! Which language a file is in.

use crate::language::Language;
use memchr::memmem;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The language of a file by its extension or, without one, by its `#!` line.
pub fn language_of(path: &Path) -> Option<Language> {
    if let Some(extension) = path.extension() {
        let extension = extension.to_str()?;
        // `.C` is C++ by an old custom.
        if extension == "C" || extension == "H" {
            return Some(Language::Cpp);
        }
        return match extension.to_ascii_lowercase().as_str() {
            "h" => Some(of_header(path)),
            extension => Language::of_extension(extension),
        };
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

/// Whether the file is a `.h`, which C and C++ both have.
pub fn is_header(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "h")
}

/// Bytes of a header that are looked at.
const HEADER: u64 = 64 * 1024;

/// Whether a `.h` is C or C++: by what it holds, else by the sources beside it.
fn of_header(path: &Path) -> Language {
    let mut start = Vec::with_capacity(HEADER as usize);
    let read = File::open(path).map(|file| file.take(HEADER).read_to_end(&mut start));
    if matches!(read, Ok(Ok(_))) && is_cpp(&start) {
        return Language::Cpp;
    }
    let beside = |extension: &str| path.with_extension(extension).exists();
    let cpp = Language::Cpp.extensions();
    if !beside("c") && cpp.iter().any(|extension| beside(extension)) {
        return Language::Cpp;
    }
    Language::C
}

/// What only C++ has at the beginning of a line.
const CPP: [&str; 14] = [
    "class ",
    "namespace ",
    "template ",
    "template<",
    "using ",
    "public:",
    "private:",
    "protected:",
    "virtual ",
    "constexpr ",
    "explicit ",
    "friend ",
    "mutable ",
    "Q_OBJECT",
];

/// Whether a line begins as only C++ does.
fn is_cpp(text: &[u8]) -> bool {
    let begins = |line: &[u8]| {
        let first = line.first();
        CPP.iter()
            .any(|word| first == word.as_bytes().first() && line.starts_with(word.as_bytes()))
            || line.starts_with(b"#include <") && !line.contains(&b'.') && line.contains(&b'>')
    };
    memmem::find(text, b"std::").is_some()
        || text
            .split(|byte| *byte == b'\n')
            .any(|line| begins(line.trim_ascii_start()))
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
    fn headers_are_told_by_their_lines() {
        assert!(is_cpp(b"#pragma once\n  namespace a {\n"));
        assert!(is_cpp(b"#include <mutex>\n"));
        assert!(is_cpp(b"void f(const std::string &s);\n"));
        assert!(!is_cpp(
            b"#include <pthread.h>\nstruct class_of { int public; };\n"
        ));
    }

    #[test]
    fn headers_that_do_not_tell_are_like_the_sources_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let header = folder.path().join("lock.h");
        std::fs::write(&header, "int f(int);\n").unwrap();
        assert_eq!(language_of(&header), Some(Language::C));
        std::fs::write(folder.path().join("lock.cc"), "").unwrap();
        assert_eq!(language_of(&header), Some(Language::Cpp));
        // Who has a source in both is for both.
        std::fs::write(folder.path().join("lock.c"), "").unwrap();
        assert_eq!(language_of(&header), Some(Language::C));
    }

    #[test]
    fn extensions_come_in_any_case() {
        assert_eq!(language_of(Path::new("A.PY")), Some(Language::Python));
        assert_eq!(language_of(Path::new("a.txt")), None);
    }
}
