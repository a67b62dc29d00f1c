//! What the command line asks of a parse: where the comments are, what readers want to see in colour,
//! and whether the text is sound.

use crate::language::Language;
use crate::lower::descendants;
use crate::parse::parse;
use crate::source::Span;

/// The comments of `text`, in order.
pub fn comments(language: Language, text: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    if let Some(tree) = parse(language.grammar(), text) {
        for node in descendants(tree.root_node(), |_| true) {
            if node.kind().contains("comment") {
                found.push(Span::new(node.start_byte(), node.end_byte()));
            }
        }
    }
    found
}

/// What readers take in at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Keyword,
    /// A string or template.
    Text,
    Comment,
}

/// The keywords, strings and comments of `text`, in order; none overlaps another.
pub fn looks(language: Language, text: &[u8]) -> Vec<(Span, Look)> {
    let (grammar, printer) = (language.grammar(), language.printer());
    let mut found = Vec::new();
    let mut reached = 0;
    if let Some(tree) = parse(grammar, text) {
        for node in descendants(tree.root_node(), |_| true) {
            let word = &text[node.byte_range()];
            let look = match node.kind() {
                kind if grammar.is_comment(kind) => Look::Comment,
                kind if printer.is_verbatim(kind) => Look::Text,
                _ if !node.is_named() && is_word(word) => Look::Keyword,
                _ => continue,
            };
            if node.start_byte() >= reached {
                reached = node.end_byte();
                found.push((Span::new(node.start_byte(), reached), look));
            }
        }
    }
    found
}

/// Whether this is written with letters, unlike operators and brackets.
fn is_word(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"#").unwrap_or(text);
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// Whether two texts differ in comments and in the white space around them alone.
pub fn same_code(language: Language, one: &[u8], other: &[u8]) -> bool {
    let words = |text| words(language, text);
    matches!((words(one), words(other)), (Some(one), Some(other)) if one == other)
}

/// The words of a text that are no comments, with what stands between them; `None` when there is no tree.
fn words(language: Language, text: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let tree = parse(language.grammar(), text)?;
    let mut found = Vec::new();
    let mut reached = 0;
    for node in descendants(tree.root_node(), |_| true) {
        let comment = node.kind().contains("comment");
        if node.start_byte() < reached || !(comment || node.child_count() == 0) {
            continue;
        }
        // Some grammars have no words for the inside of a string.
        let gap = text[reached..node.start_byte()].trim_ascii();
        if !gap.is_empty() {
            found.push((0, gap));
        }
        reached = node.end_byte();
        if !comment && node.start_byte() < node.end_byte() {
            found.push((node.kind_id(), &text[node.byte_range()]));
        }
    }
    found.push((0, text[reached..].trim_ascii()));
    Some(found)
}

/// The number of places where `text` breaks the grammar.
pub fn error_count(language: Language, text: &[u8]) -> usize {
    let mut count = 0;
    if let Some(tree) = parse(language.grammar(), text)
        && tree.root_node().has_error()
    {
        for node in descendants(tree.root_node(), |_| true) {
            count += usize::from(node.is_error() || node.is_missing());
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_no_comments() {
        let text = b"s = '# no'  # yes\nt = '''\n# no\n'''\n";
        let found = comments(Language::Python, text);
        assert_eq!(found, [Span::new(12, 17)]);
    }

    #[test]
    fn keywords_strings_and_comments_stand_out() {
        let text = "if (x) f(`a${await y}`); // for";
        let found = looks(Language::TypeScript, text.as_bytes());
        let found: Vec<_> = found
            .iter()
            .map(|(span, look)| (&text[span.start..span.end], *look))
            .collect();
        let wanted = [
            ("if", Look::Keyword),
            ("`a${await y}`", Look::Text),
            ("// for", Look::Comment),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn comments_are_no_code() {
        let same = |one: &str, other: &str| {
            same_code(Language::JavaScript, one.as_bytes(), other.as_bytes())
        };
        assert!(same("f();\ng();\n", "f(); // a\n  /* b */\ng();\n"));
        assert!(!same("f(`a\nb`);", "f(`a\n// c\nb`);"));
        assert!(!same("<a>\nb\n</a>;", "<a>\n// c\nb\n</a>;"));
        let macros = [
            "#define F() \\\n  f(); \\\n  g()\n",
            "#define F() \\\n  /* a */\n  f(); \\\n  g()\n",
        ];
        let [one, other] = macros.map(str::as_bytes);
        assert!(!same_code(Language::C, one, other));
    }

    #[test]
    fn errors_are_counted() {
        assert_eq!(error_count(Language::JavaScript, b"f();\n"), 0);
        assert!(error_count(Language::JavaScript, b"f( {\n") > 0);
    }
}
