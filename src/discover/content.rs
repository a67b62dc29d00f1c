//! Files that are not worth reading, or not ours to change, told by their bytes.

use memchr::memchr;
use memchr::memmem::Finder;
use std::path::Path;
use std::sync::LazyLock;

const FIRST_LINES: usize = 10;

/// Code that people write has shorter lines, in bytes.
const LONGEST_MEAN_LINE: usize = 5_000;

/// Why a file of these bytes is skipped, as a stable code.
pub fn reason_to_skip(path: &Path, text: &[u8]) -> Option<&'static str> {
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        Some("utf-16")
    } else if memchr(0, text).is_some() {
        Some("nul-bytes")
    } else if is_generated(text) {
        Some("generated")
    } else if is_minified(path, text) {
        Some("minified")
    } else {
        None
    }
}

/// What generators say, in a comment at the top.
static GENERATED: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["@generated", "DO NOT EDIT"].map(Finder::new));

fn is_generated(text: &[u8]) -> bool {
    let says = |text: &[u8]| GENERATED.iter().any(|word| word.find(text).is_some());
    let end = memchr::memchr_iter(b'\n', text).nth(FIRST_LINES - 1);
    let head = &text[..end.unwrap_or(text.len())];
    says(head)
        && head
            .split(|&byte| byte == b'\n')
            .map(|line| line[..line.len().min(500)].trim_ascii_start())
            .any(|line| {
                let comment = [&b"//"[..], b"/*", b"*", b"#", b"<!--", b"--", b"\"\"\""];
                comment.iter().any(|start| line.starts_with(start)) && says(line)
            })
}

fn is_minified(path: &Path, text: &[u8]) -> bool {
    let name = path.file_stem().unwrap_or_default();
    if name.as_encoded_bytes().ends_with(b".min") {
        return true;
    }
    if text.len() <= LONGEST_MEAN_LINE {
        return false;
    }
    let ends = memchr::memchr_iter(b'\n', text).count();
    let lines = ends + usize::from(!text.ends_with(b"\n"));
    text.len() / lines.max(1) > LONGEST_MEAN_LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(name: &str, text: &[u8]) -> Option<&'static str> {
        reason_to_skip(Path::new(name), text)
    }

    #[test]
    fn each_reason_has_its_code() {
        assert_eq!(reason("a.js", b"\xff\xfea\0"), Some("utf-16"));
        assert_eq!(reason("a.js", b"a\0b"), Some("nul-bytes"));
        assert_eq!(
            reason("a.py", b"#!/bin/python\n# Code generated. DO NOT EDIT.\n"),
            Some("generated")
        );
        assert_eq!(
            reason("a.js", b"/**\n * @generated\n */\n"),
            Some("generated")
        );
        assert_eq!(reason("a.js", b"f();\n// DO NOT EDIT"), Some("generated"));
        assert_eq!(reason("a.min.js", b"f()"), Some("minified"));
        assert_eq!(
            reason("a.js", "x;".repeat(3_000).as_bytes()),
            Some("minified")
        );
    }

    #[test]
    fn ordinary_code_is_read() {
        assert_eq!(reason("a.js", b"log('DO NOT EDIT');\n"), None);
        assert_eq!(reason("a.js", "f();\n".repeat(3_000).as_bytes()), None);
        let late = format!("{}// DO NOT EDIT", "f();\n".repeat(FIRST_LINES));
        assert_eq!(reason("a.js", late.as_bytes()), None);
        assert_eq!(reason("a.js", b""), None);
        assert_eq!(reason("a.js", b"caf\xe9\n"), None);
    }
}
