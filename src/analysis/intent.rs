//! What a function means to do, as far as its name tells.

use crate::flow::Body;
use crate::lower::{split_member, words_of};

/// First words of functions that are meant to return with a lock held.
const ACQUIRES: &[&str] = &["acquire", "trylock", "obtain", "enter", "aenter"];

/// First words that say so with a word for a lock behind them.
const BEGINS: &[&str] = &[
    "lock", "begin", "take", "grab", "start", "try", "wait", "down", "get",
];

/// Those of them that say so alone.
const ALONE: &[&str] = &["lock", "begin"];

/// What the inside of such a function calls itself.
const INNER: &[&str] = &["internal", "impl", "slow", "slowpath"];

/// Words for a lock.
const LOCKS: &[&str] = &[
    "lock", "mutex", "sem", "read", "write", "enter", "acquire", "slot",
];

/// Whether the function is meant to return with a lock held: `acquireLock`, `__enter__`, `begin`.
pub fn returns_locked(body: &Body) -> bool {
    let name = body.name.trim_start_matches(['_', '#']);
    let first: String = name
        .chars()
        .enumerate()
        .take_while(|(index, c)| c.is_lowercase() || (*index == 0 && c.is_alphabetic()))
        .flat_map(|(_, c)| c.to_lowercase())
        .collect();
    // `lockAndRun` and `start_thread` do something else besides.
    let rest = name.get(first.len()..).unwrap_or_default();
    let words = words_of(rest);
    let nothing_else = words.iter().all(|word| INNER.contains(&word.as_str()));
    let begins = (nothing_else && ALONE.contains(&first.as_str()))
        || words.iter().any(|word| {
            let begins = LOCKS.iter().any(|known| word.starts_with(known));
            begins || word.ends_with("lock") || word.ends_with("mutex")
        });
    ACQUIRES.contains(&first.as_str()) || (BEGINS.contains(&first.as_str()) && begins)
}

/// Whether the name says that the function frees what whoever calls it has taken: `finishAndUnlock`.
pub fn releases_for_caller(name: &str) -> bool {
    let words = words_of(name);
    words.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "and" | "then")
            && matches!(pair[1].as_str(), "unlock" | "release")
    })
}

/// The last name of a lock's text, without what tells the elements of an array apart.
pub fn field(text: &str) -> String {
    let mut depth = 0usize;
    let plain: String = text
        .chars()
        .filter(|c| {
            match c {
                '[' | '(' => depth += 1,
                ']' | ')' => depth = depth.saturating_sub(1),
                _ => return depth == 0 && !matches!(c, '&' | '*'),
            }
            false
        })
        .collect();
    split_member(&plain)
        .map_or(plain.as_str(), |(_, field)| field)
        .to_owned()
}

/// Whether two lock texts may name the same lock: the same text, or the same field of whatever.
pub fn same_lock(a: &str, b: &str) -> bool {
    a == b || field(a) == field(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Block;
    use crate::source::Span;

    fn named(name: &str) -> Body {
        Body {
            name: name.to_owned(),
            span: Span::default(),
            is_async: false,
            is_generator: false,
            root: Block::default(),
            shared: std::collections::BTreeSet::new(),
            keys: Vec::new(),
            sites: Vec::new(),
            handed_over: Vec::new(),
            lent: Vec::new(),
            said_to_keep: false,
            opaque: None,
        }
    }

    #[test]
    fn names_tell_who_releases() {
        for name in [
            "finishAndUnlock",
            "flush_and_unlock",
            "try_grant_then_release",
        ] {
            assert!(releases_for_caller(name), "{name}");
        }
        for name in ["finish", "unlock", "lockAndRun", "unlockAndRun", "release"] {
            assert!(!releases_for_caller(name), "{name}");
        }
    }

    #[test]
    fn wrappers_are_told_by_their_names() {
        for name in [
            "lock",
            "acquireLock",
            "__enter__",
            "begin",
            "try_lock",
            "_acquire",
            "LockInternal",
            "lock_slow",
        ] {
            assert!(returns_locked(&named(name)), "{name}");
        }
        for name in [
            "transfer",
            "take",
            "lockAndRun",
            "startWorker",
            "start_thread",
            "unlock",
            "process",
        ] {
            assert!(!returns_locked(&named(name)), "{name}");
        }
    }
}
