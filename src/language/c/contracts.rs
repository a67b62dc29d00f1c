//! What a function of C says of the locks that it returns with: in its name, its annotations, its
//! comments, and by the functions that it leaves the release to.

use crate::catalog::Role;
use crate::language::names::words_of;
use crate::lower::{File, descendants};
use tree_sitter::Node;

/// Words of names and annotations that say that a lock is given out.
const GIVES: [&str; 5] = ["lock", "locked", "trylock", "acquire", "acquires"];

/// Words with which comments speak of locks that stay held.
const SPEAKS: [&str; 9] = [
    "locked",
    "lock held",
    "locks held",
    "mutex held",
    "holding the",
    "is held",
    "still held",
    "keep the lock",
    "must unlock",
];

/// Whether the function says that it returns with a lock held, or leaves the release to another one.
pub fn keeps_locks(file: &File<'_>, function: Node<'_>) -> bool {
    let name = file.grammar.function_name(function, file.source.bytes);
    names_it(&name)
        || annotated(file, function)
        || said(file, function)
        || unlocks_by(file, function)
}

fn names_it(name: &str) -> bool {
    let words = words_of(name);
    let gives = |word: &String| GIVES.contains(&word.as_str());
    // `lock_and_run` does something else besides.
    words.iter().any(gives)
        && !words
            .iter()
            .any(|word| matches!(word.as_str(), "and" | "with"))
}

/// `__acquires(&lock)`, `EXCLUSIVE_LOCK_FUNCTION(mu)` in front of the body.
fn annotated(file: &File<'_>, function: Node<'_>) -> bool {
    let Some(body) = function.child_by_field_name("body") else {
        return false;
    };
    let head = &file.source.bytes[function.start_byte()..body.start_byte()];
    let head = String::from_utf8_lossy(head).to_lowercase();
    [
        "__acquires",
        "__cond_acquires",
        "lock_function",
        "acquire_capability",
    ]
    .iter()
    .any(|word| head.contains(word))
}

/// Whether a comment in the function, or right above it, speaks of locks that stay held.
fn said(file: &File<'_>, function: Node<'_>) -> bool {
    let above = std::iter::successors(function.prev_sibling(), Node::prev_sibling)
        .take_while(|node| node.kind() == "comment");
    let inside = descendants(function, |_| true).filter(|node| node.kind() == "comment");
    above.chain(inside).any(|comment| {
        let text = file.normal_comment(comment);
        SPEAKS.iter().any(|words| text.contains(words))
    })
}

/// Whether a function that nobody knows is called to unlock.
fn unlocks_by(file: &File<'_>, function: Node<'_>) -> bool {
    descendants(function, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .any(|call| {
            let word = file.grammar.called_word(call, file.source.bytes);
            word.is_some_and(|word| word.to_lowercase().contains("unlock"))
                && file
                    .catalog
                    .find(call, file.surroundings(), |role| role == Role::Release)
                    .is_none()
        })
}

/// Whether what the acquire says is returned: the caller gets the lock.
pub fn is_returned(acquire: Node<'_>) -> bool {
    std::iter::successors(acquire.parent(), Node::parent)
        .find(|node| {
            !matches!(
                node.kind(),
                "parenthesized_expression"
                    | "binary_expression"
                    | "unary_expression"
                    | "conditional_expression"
                    | "cast_expression"
            )
        })
        .is_some_and(|node| node.kind() == "return_statement")
}
