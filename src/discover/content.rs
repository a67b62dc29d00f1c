//! Files that are not worth reading, or not ours to change, told by their bytes.

use memchr::memchr;
use std::path::Path;

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

/// Generators say so in a comment at the top.
fn is_generated(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n')
        .take(FIRST_LINES)
        .map(|line| &line[..line.len().min(500)])
        .any(|line| {
            let line = line.trim_ascii_start();
            let comment = [&b"//"[..], b"/*", b"*", b"#", b"<!--", b"--", b"\"\"\""];
            comment.iter().any(|start| line.starts_with(start))
                && (contains(line, b"@generated") || contains(line, b"DO NOT EDIT"))
        })
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(line, word).is_some()
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
        assert_eq!(reason("a.js", b""), None);
        assert_eq!(reason("a.js", b"caf\xe9\n"), None);
    }
}
