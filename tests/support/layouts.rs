//! The same program laid out otherwise: findings and fixes must not depend on it.

use crate::syntax::{is_comment, is_string, tokens};
use lockfix::language::Language;

/// A change of layout. It is applied to a program and to what is made of it.
pub struct Layout {
    pub name: &'static str,
    /// `None` where the layout makes no sense for this text.
    pub apply: fn(Language, &[u8]) -> Option<Vec<u8>>,
}

/// Every layout that the fixtures are tried in.
pub const LAYOUTS: [Layout; 4] = [
    Layout {
        name: "CRLF",
        apply: crlf,
    },
    Layout {
        name: "tabs",
        apply: tabs,
    },
    Layout {
        name: "no final newline",
        apply: no_final_newline,
    },
    Layout {
        name: "Latin-1",
        apply: latin_1,
    },
];

fn crlf(_: Language, text: &[u8]) -> Option<Vec<u8>> {
    (!text.contains(&b'\r')).then(|| {
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        lines.join(&b"\r\n"[..])
    })
}

fn no_final_newline(_: Language, text: &[u8]) -> Option<Vec<u8>> {
    text.strip_suffix(b"\n")
        .map(|text| text.strip_suffix(b"\r").unwrap_or(text).to_vec())
}

/// A byte that is no UTF-8 at the end of every comment that ends its line.
fn latin_1(language: Language, text: &[u8]) -> Option<Vec<u8>> {
    let mut marked = text.to_vec();
    for token in tokens(language, text)
        .iter()
        .rev()
        .filter(|token| is_comment(token))
    {
        let comment = text[token.bytes.clone()].trim_ascii_end();
        if !comment.starts_with(b"/*") {
            let end = token.bytes.start + comment.len();
            marked.splice(end..end, *b" caf\xe9");
        }
    }
    Some(marked)
}

/// One tab for each level of indentation.
fn tabs(language: Language, text: &[u8]) -> Option<Vec<u8>> {
    let spans_lines = |bytes: &[u8]| bytes.contains(&b'\n');
    let has_long_string = tokens(language, text)
        .iter()
        .any(|token| is_string(token) && spans_lines(&text[token.bytes.clone()]));
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    if has_long_string || lines.iter().any(|line| line.starts_with(b"\t")) {
        return None;
    }
    let level = language.grammar().default_indent().len();
    // Nothing would tell what a level is.
    let flat = lines.iter().all(|line| spaces(line) == 0);
    if flat || lines.iter().any(|line| !spaces(line).is_multiple_of(level)) {
        return None;
    }
    let indented: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| {
            let spaces = spaces(line);
            [&b"\t".repeat(spaces / level), &line[spaces..]].concat()
        })
        .collect();
    Some(indented.join(&b"\n"[..]))
}

fn spaces(line: &[u8]) -> usize {
    line.iter().take_while(|&&byte| byte == b' ').count()
}
