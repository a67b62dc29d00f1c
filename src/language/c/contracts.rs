//! What a function of C says of the locks that it returns with: in its name, its annotations, its
//! comments, and by the functions that it leaves the release to.

use crate::catalog::Role;
use crate::flow::Key;
use crate::language::names::words_of;
use crate::lower::{File, descendants, named_children, split_member};
use crate::tree::Node;

/// Words of names and annotations that say that a lock is given out.
const GIVES: [&str; 5] = ["lock", "locked", "trylock", "acquire", "acquires"];

/// Words with which comments speak of locks that stay held, where they stand at an end of a function.
const SPEAKS: [&str; 6] = [
    "locked",
    "lock held",
    "locks held",
    "mutex held",
    "holding the",
    "is held",
];

/// Words that say so wherever they stand.
const SAYS: [&str; 6] = [
    "still held",
    "keep the lock",
    "must unlock",
    "later released",
    "released later",
    "released by",
];

/// Whether the function's name, comments or calls let one expect that it returns with one of the
/// locks held, or leaves the release to another one.
pub fn speaks_of_kept_locks(file: &File<'_>, function: Node<'_>, locks: &[Key]) -> bool {
    let name = file.grammar.function_name(function, file.source.bytes);
    names_it(&name) || said(file, function) || unlocks_by(file, function, locks)
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
pub fn annotated(file: &File<'_>, function: Node<'_>) -> bool {
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

/// Whether a comment right above the function, or at one of its ends, speaks of locks that stay held.
fn said(file: &File<'_>, function: Node<'_>) -> bool {
    let above = std::iter::successors(function.prev_sibling(), Node::prev_sibling)
        .take_while(|node| node.kind() == "comment");
    let at_an_end = descendants(function, |_| true)
        .filter(|node| node.kind() == "comment")
        .filter(|comment| {
            std::iter::successors(comment.next_sibling(), Node::next_sibling)
                .find(|next| next.kind() != "comment")
                .is_none_or(|next| matches!(next.kind(), "return_statement" | "}"))
        });
    let speaks = |comment: Node<'_>, words: &[&str]| {
        let text = file.normal_comment(comment);
        words.iter().any(|words| text.contains(words))
    };
    let anywhere = descendants(function, |_| true)
        .filter(|node| node.kind() == "comment")
        .any(|comment| speaks(comment, &SAYS));
    anywhere
        || above
            .chain(at_an_end)
            .any(|comment| speaks(comment, &SPEAKS))
}

/// Whether a function that nobody knows is called to unlock, and given what holds the lock, or nothing.
fn unlocks_by(file: &File<'_>, function: Node<'_>, locks: &[Key]) -> bool {
    let given = |call: Node<'_>| {
        let arguments = call.child_by_field_name("arguments").map(named_children);
        let arguments = arguments.unwrap_or_default();
        arguments.is_empty()
            || arguments.iter().any(|argument| {
                let text = file.normal(*argument);
                let name = text.trim_start_matches(['&', '*']);
                locks
                    .iter()
                    .any(|lock| lock.names.iter().any(|known| known == name))
            })
    };
    descendants(function, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .any(|call| {
            let word = file.grammar.called_word(call, file.source.bytes);
            word.is_some_and(|word| word.to_lowercase().contains("unlock"))
                && given(call)
                && file
                    .catalog
                    .find(call, file.surroundings(), |role| role == Role::Release)
                    .is_none()
        })
}

/// Whether some branch, instead of a release, gives the object of the lock to a function that
/// destroys it, lock and all.
pub fn is_destroyed(file: &File<'_>, function: Node<'_>, lock: &Key) -> bool {
    let text = lock.text.trim_start_matches('&');
    let Some((object, _)) = split_member(text) else {
        return false;
    };
    let releases = |node: Node<'_>| {
        descendants(node, |_| true)
            .filter(|node| node.kind() == "call_expression")
            .any(|call| {
                let at = file.surroundings();
                file.catalog
                    .find(call, at, |role| role == Role::Release)
                    .is_some()
            })
    };
    descendants(function, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .filter(|call| {
            let word = file.grammar.called_word(*call, file.source.bytes);
            word.is_some_and(|word| words_of(&word).iter().any(|word| word == "destroy"))
        })
        .filter(|call| {
            let given = call.child_by_field_name("arguments").map(named_children);
            let mut given = given.unwrap_or_default().into_iter();
            given.any(|one| file.normal(one) == object)
        })
        .any(|call| {
            let branch = std::iter::successors(call.parent(), Node::parent)
                .find(|node| node.kind() == "compound_statement");
            branch.is_some_and(|branch| !releases(branch))
        })
}

/// Whether a `switch` tells from what the acquire says whether it took the lock: only its cases know.
pub fn is_switched_on(acquire: Node<'_>) -> bool {
    std::iter::successors(acquire.parent(), Node::parent)
        .find(|node| {
            !matches!(
                node.kind(),
                "parenthesized_expression" | "condition_clause" | "cast_expression"
            )
        })
        .is_some_and(|node| node.kind() == "switch_statement")
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
