//! Patterns that are parsed when code is held against them for the first time: a run meets few of a catalogue.
//!
//! What has to be known of all of them at the start, the word that is looked for and the names of the holes, is
//! read off the text of a plain call. Other code is parsed at once.

use super::pattern::{BadPattern, Bindings, Code, Pattern};
use crate::language::Language;
use crate::tree::Node;
use std::sync::OnceLock;

/// Where the code of a pattern stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Expression,
    /// On the left of a declaration.
    Declared,
}

/// A pattern that may not be parsed yet.
#[derive(Debug)]
pub struct Deferred {
    code: String,
    language: Language,
    place: Place,
    told: Told,
    /// `None` where the code is none of the language: then it matches nothing.
    parsed: OnceLock<Option<Pattern>>,
}

/// What is known of a pattern without its tree.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    word: Option<String>,
    holes: Vec<String>,
}

impl Told {
    fn of(pattern: &Pattern) -> Told {
        Told {
            word: pattern.word().map(str::to_owned),
            holes: pattern.holes(),
        }
    }
}

impl Deferred {
    /// A pattern of code that is known to be of the language: that of the embedded catalogue, all of which a
    /// test parses.
    ///
    /// # Errors
    /// [`BadPattern`] when it is no plain call, and the grammar does not take it.
    pub fn of_known(code: &str, language: Language, place: Place) -> Result<Deferred, BadPattern> {
        match plain_call(code) {
            Some(told) => Ok(Deferred {
                code: code.to_owned(),
                language,
                place,
                told,
                parsed: OnceLock::new(),
            }),
            None => Deferred::of(code, language, place),
        }
    }

    /// A pattern of any code, parsed at once.
    ///
    /// # Errors
    /// [`BadPattern`] when the grammar does not take it.
    pub fn of(code: &str, language: Language, place: Place) -> Result<Deferred, BadPattern> {
        let pattern = parse(code, language, place)?;
        Ok(Deferred {
            code: code.to_owned(),
            language,
            place,
            told: Told::of(&pattern),
            parsed: OnceLock::from(Some(pattern)),
        })
    }

    /// See [`Pattern::word`].
    pub fn word(&self) -> Option<&str> {
        self.told.word.as_deref()
    }

    /// The code of what it is called on: `$LOCK.readLock()` of `$LOCK.readLock().lock()`.
    pub fn receiver(&self) -> Option<&str> {
        let call = format!(".{}(", self.word()?);
        let at = self.code.rfind(&call)?;
        Some(&self.code[..at])
    }

    /// See [`Pattern::holes`].
    pub fn holes(&self) -> &[String] {
        &self.told.holes
    }

    /// See [`Pattern::matches`].
    pub fn matches<'t>(&self, node: Node<'t>, code: Code<'_>, bindings: &mut Bindings<'t>) -> bool {
        let parsed = self
            .parsed
            .get_or_init(|| parse(&self.code, self.language, self.place).ok());
        let matches = |pattern: &Pattern| pattern.matches(node, code, bindings);
        parsed.as_ref().is_some_and(matches)
    }
}

fn parse(code: &str, language: Language, place: Place) -> Result<Pattern, BadPattern> {
    let grammar = language.grammar();
    match place {
        Place::Expression => grammar.parse_pattern(code),
        Place::Declared => grammar.parse_binding_pattern(code),
    }
}

/// What the text of a call of a name (`await $LOCK.take($$$)`) tells of its pattern; `None` of other code.
fn plain_call(code: &str) -> Option<Told> {
    let (callee, arguments) = code
        .strip_prefix("await ")
        .unwrap_or(code)
        .split_once('(')?;
    let arguments = arguments.strip_suffix(')')?;
    let in_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let in_path = |char: char| in_name(char) || matches!(char, '$' | '.' | '-' | '>' | ':');
    let start = callee.rfind(|char| !in_name(char)).map_or(0, |at| at + 1);
    let (path, word) = callee.split_at(start);
    let plain = callee.chars().all(in_path)
        && !path.ends_with('$')
        && !word.starts_with(|first: char| first.is_ascii_digit())
        && !matches!(word, "" | "await" | "yield" | "new")
        && !arguments.contains(['(', '"', '\'', '`', '{', '/']);
    if !plain {
        return None;
    }
    let mut holes: Vec<String> = Vec::new();
    // `$$$` stands for any number of nodes, whatever follows.
    for piece in code.replace("$$$", "$ ").split('$').skip(1) {
        let name = piece.split(|char| !in_name(char)).next()?;
        if !name.is_empty() && !holes.iter().any(|known| known == name) {
            holes.push(name.to_owned());
        }
    }
    Some(Told {
        word: Some(word.to_owned()),
        holes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::schema::Family;

    #[test]
    fn what_is_told_of_every_pattern_of_the_catalogue_is_what_its_tree_says() {
        for language in Language::ALL {
            let catalog = Catalog::load(language, &Family::ALL, &[]).expect("a catalogue");
            let entries = catalog.entries.iter();
            let mut deferred = 0;
            for pattern in entries.flat_map(|entry| entry.every_pattern()) {
                deferred += usize::from(pattern.parsed.get().is_none());
                let parsed =
                    parse(&pattern.code, language, pattern.place).expect("code of the language");
                assert_eq!(
                    pattern.told,
                    Told::of(&parsed),
                    "{language}: {}",
                    pattern.code
                );
            }
            assert!(deferred > 50, "{language}: {deferred}");
        }
    }

    #[test]
    fn what_is_no_plain_call_is_parsed_at_once() {
        for code in [
            "$TICKET",
            "new Guard($LOCK)",
            "$LOCK.take(() => $$$)",
            "$F()",
            "$LOCK[take]()",
            "f(\"$\")",
        ] {
            assert_eq!(plain_call(code), None, "{code}");
        }
        let told = plain_call("await $LOCK.a.take($_X, $$$REST, $LOCK)").expect("a plain call");
        assert_eq!(told.word.as_deref(), Some("take"));
        assert_eq!(told.holes, ["LOCK", "_X"]);
    }
}
