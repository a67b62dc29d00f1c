//! The sources of the program as words, without comments and without their unit tests.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

/// A token that the checks look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Name(String),
    /// The content of a plain string.
    Text(String),
    Punct(char),
    Open(char),
    Close,
}

/// One source file.
pub struct SourceText {
    /// From the root of the repository.
    pub path: String,
    /// The module of the crate root that it belongs to.
    pub module: String,
    pub words: Vec<Word>,
}

/// Every file of `src` but `lib.rs`, by path.
pub fn sources() -> Vec<SourceText> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    paths.sort();
    paths
        .iter()
        .map(|path| read(root, path))
        .filter(|source| source.module != "lib")
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> SourceText {
    let shown = path.strip_prefix(root).expect("inside");
    let text = std::fs::read_to_string(path).expect("a source");
    scan(&shown.to_string_lossy(), &text)
}

/// The words of a file of this name (from the root of the repository) and text.
pub fn scan(path: &str, text: &str) -> SourceText {
    let first = path.split('/').nth(1).expect("below src");
    let tokens: TokenStream = text.parse().expect("Rust");
    let mut words = Vec::new();
    flatten(tokens, &mut words);
    SourceText {
        path: path.to_owned(),
        module: first.trim_end_matches(".rs").to_owned(),
        words,
    }
}

/// The words of `tokens`; attributes are left out, and so is what `#[cfg(test)]` stands before.
fn flatten(tokens: TokenStream, words: &mut Vec<Word>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // `#![…]` is about the whole file.
                tokens.next_if(
                    |next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'),
                );
                let Some(TokenTree::Group(attribute)) =
                    tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                else {
                    continue;
                };
                if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                    // To the end of the item: its block, or a semicolon.
                    for skipped in tokens.by_ref() {
                        match skipped {
                            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                                break;
                            }
                            TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                            _ => {}
                        }
                    }
                }
            }
            TokenTree::Punct(punct) => words.push(Word::Punct(punct.as_char())),
            TokenTree::Ident(name) => words.push(Word::Name(name.to_string())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let content = text
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'));
                if let Some(content) = content {
                    words.push(Word::Text(content.to_owned()));
                }
            }
            TokenTree::Group(group) => {
                words.push(Word::Open(match group.delimiter() {
                    Delimiter::Parenthesis => '(',
                    Delimiter::Brace => '{',
                    Delimiter::Bracket => '[',
                    Delimiter::None => ' ',
                }));
                flatten(group.stream(), words);
                words.push(Word::Close);
            }
        }
    }
}

impl SourceText {
    /// Every path (`a::b::c`), those of `use` groups spelt out.
    pub fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            if matches!(self.words[at], Word::Name(_)) {
                at = self.path(at, &[], &mut paths);
            } else {
                at += 1;
            }
        }
        paths
    }

    /// Reads a path that begins at `at`, behind `prefix`. Returns where it ends.
    fn path(&self, mut at: usize, prefix: &[String], paths: &mut Vec<Vec<String>>) -> usize {
        let mut path = prefix.to_vec();
        while let Some(Word::Name(name)) = self.words.get(at) {
            path.push(name.clone());
            at += 1;
            if !matches!(
                self.words.get(at..at + 2),
                Some([Word::Punct(':'), Word::Punct(':')])
            ) {
                break;
            }
            at += 2;
            if self.words.get(at) == Some(&Word::Open('{')) {
                at += 1;
                while at < self.words.len() && self.words[at] != Word::Close {
                    at = match self.words[at] {
                        Word::Name(_) => self.path(at, &path, paths),
                        _ => at + 1,
                    };
                }
                return at + 1;
            }
        }
        // `fs::{self, File}` names the module.
        path.pop_if(|last| last == "self");
        if !path.is_empty() {
            paths.push(path);
        }
        at
    }

    /// The names of the macros that are called.
    pub fn macros(&self) -> Vec<String> {
        self.words
            .windows(3)
            .filter_map(|three| match three {
                [Word::Name(name), Word::Punct('!'), Word::Open(_)] => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// Every string.
    pub fn strings(&self) -> Vec<String> {
        let text = |word: &Word| match word {
            Word::Text(text) => Some(text.clone()),
            _ => None,
        };
        self.words.iter().filter_map(text).collect()
    }

    /// `("f", "x")` for `f("x"…)` and `….f("x"…)`.
    pub fn calls_with_string(&self) -> Vec<(String, String)> {
        self.words
            .windows(3)
            .filter_map(|three| match three {
                [Word::Name(name), Word::Open('('), Word::Text(text)] => {
                    Some((name.clone(), text.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// Strings that the kind of a node is compared with: by `==` and `!=`, in `match` and `matches!`.
    pub fn compared_kinds(&self) -> Vec<String> {
        let is = |word: Option<&Word>, punct: char| word == Some(&Word::Punct(punct));
        (0..self.words.len())
            .filter_map(|at| {
                let Word::Text(text) = &self.words[at] else {
                    return None;
                };
                let before = |back: usize| at.checked_sub(back).and_then(|at| self.words.get(at));
                let in_pattern = is(before(1), '|')
                    || is(self.words.get(at + 1), '|')
                    || (is(self.words.get(at + 1), '=') && is(self.words.get(at + 2), '>'))
                    || is(before(1), ',');
                let compared = is(before(1), '=') && (is(before(2), '=') || is(before(2), '!'));
                let about_kinds = if compared {
                    self.ends_in_kind(at - 2)
                } else {
                    in_pattern && self.pattern_of_kind(at)
                };
                about_kinds.then(|| text.clone())
            })
            .collect()
    }

    /// Whether what ends in front of `at` is `kind` or `….kind()`.
    fn ends_in_kind(&self, at: usize) -> bool {
        let kind = Word::Name("kind".to_owned());
        let words = &self.words[..at];
        words.last() == Some(&kind) || words.ends_with(&[kind, Word::Open('('), Word::Close])
    }

    /// Whether the pattern at `at` belongs to a `match` or `matches!` of a kind.
    fn pattern_of_kind(&self, at: usize) -> bool {
        let mut depth = 0;
        let open = (0..at).rev().find(|&index| {
            match self.words[index] {
                Word::Close => depth += 1,
                Word::Open(_) if depth == 0 => return true,
                Word::Open(_) => depth -= 1,
                _ => {}
            }
            false
        });
        let Some(open) = open else {
            return false;
        };
        if self.words[open] == Word::Open('{') {
            return self.ends_in_kind(open);
        }
        let macro_name = [Word::Name("matches".to_owned()), Word::Punct('!')];
        let comma = (open..at).find(|&index| self.words[index] == Word::Punct(','));
        self.words[..open].ends_with(&macro_name)
            && comma.is_some_and(|comma| self.ends_in_kind(comma))
    }
}
