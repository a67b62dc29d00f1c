//! What functions do with locks on purpose, as far as their code tells: give them away, drain them,
//! see a release fail.

use super::frees;
use super::known::Around;
use crate::flow::machine::suppresses;
use crate::flow::{Body, EventKind, SiteId, Stmt, StmtKind, WithExit};
use crate::lower::{File, split_member};
use crate::source::Span;
use crate::tree::Node;

/// Words of comments that say that something is meant to be as it is.
const MEANT: [&str; 4] = ["deliberate", "intentional", "on purpose", "purposely"];

/// How words begin by which such a comment is about the lock: `locked`, but no block and no clock.
const ABOUT_LOCKS: [&str; 4] = ["lock", "unlock", "mutex", "releas"];

/// Whether a comment right in front of the exit says that it leaves with the lock on purpose.
pub fn said_at(file: &File<'_>, exit: Span) -> bool {
    let at = file.root.descendant_for_byte_range(exit.start, exit.end);
    let statement = std::iter::successors(at, Node::parent)
        .take_while(|node| node.start_byte() == exit.start)
        .find(|node| node.prev_sibling().is_some());
    let above = std::iter::successors(
        statement.and_then(|node| node.prev_sibling()),
        Node::prev_sibling,
    )
    .take_while(|node| file.grammar.is_comment(node.kind()));
    let said: Vec<String> = above.map(|comment| file.normal_comment(comment)).collect();
    let mut words = said
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let meant = || {
        MEANT
            .iter()
            .any(|word| said.iter().any(|text| text.contains(word)))
    };
    words.any(|word| ABOUT_LOCKS.iter().any(|begin| word.starts_with(begin))) && meant()
}

/// Whether the lock is a private part of an object that is not this one: that object's class, in
/// another file as a rule, may free it.
pub fn is_of_another(file: &File<'_>, lock: &str) -> bool {
    let private = split_member(lock).is_some_and(|(_, field)| field.starts_with('_'));
    private && !is_own(file, lock)
}

/// Whether the lock is a member of the object whose code this is.
pub fn is_own(file: &File<'_>, lock: &str) -> bool {
    let mut prefixes = file.grammar.own_prefixes().iter();
    prefixes.any(|prefix| lock.starts_with(prefix))
}

/// Whether the code around the release says that it may fail: a test that expects it to, a `try`
/// that does nothing else.
pub fn expects_failure(body: &Body, site: SiteId) -> bool {
    fn search(stmts: &[Stmt], site: SiteId) -> bool {
        stmts.iter().any(|stmt| {
            let inside = match &stmt.kind {
                StmtKind::With {
                    exit: WithExit::Call { label, .. },
                    body,
                    ..
                } if suppresses(label) => Some(body),
                StmtKind::Try { body, handlers, .. }
                    if !handlers.is_empty() && body.stmts.len() == 1 =>
                {
                    Some(body)
                }
                _ => None,
            };
            let holds = |stmts: &[Stmt]| stmts.iter().any(|stmt| stmt.holds_site(site));
            inside.is_some_and(|block| holds(&block.stmts))
                || stmt.blocks().iter().any(|block| search(&block.stmts, site))
        })
    }
    search(&body.root.stmts, site)
}

/// Whether the acquire is asked over and over until it fails: `while sem.acquire(False): pass`.
pub fn drains(body: &Body, around: &Around<'_>, site: SiteId) -> bool {
    around.of(site).iter().any(|stmt| {
        let StmtKind::Loop(l) = &stmt.kind else {
            return false;
        };
        let mut own = stmt.own_events().into_iter();
        l.goes_on_while_taken()
            && own.any(|event| matches!(event.kind, EventKind::Acquire(id) if id == site))
            && !frees(body, &l.body.stmts, body.sites[site].key)
    })
}

/// Whether the lock itself is what the function returns: its caller gets it locked.
pub fn returns_it(stmts: &[Stmt], lock: &str) -> bool {
    !lock.is_empty()
        && stmts.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Return { operand, .. } if gives(operand, lock))
                || stmt
                    .blocks()
                    .iter()
                    .any(|block| returns_it(&block.stmts, lock))
        })
}

/// Whether the operand is the lock, or a tuple, list or object that holds it.
fn gives(operand: &str, lock: &str) -> bool {
    operand
        .trim_matches(['(', ')', '[', ']', '{', '}'])
        .split(',')
        .any(|part| {
            part == lock
                || part
                    .rsplit_once(':')
                    .is_some_and(|(_, value)| value == lock)
        })
}
