//! What a file says of its locks outside of the function that takes them.

use crate::analysis::Freed;
use crate::catalog::Role;
use crate::flow::Body;
use crate::lower::{File, descendants, function_around, span};
use crate::source::Span;
use std::collections::HashSet;
use tree_sitter::Node;

/// A release of the file with the lock that it names.
pub(super) struct Release<'t> {
    pub(super) lock: String,
    owner: Option<String>,
    node: Node<'t>,
}

/// Every release of the file.
pub(super) fn releases<'t>(file: &File<'t>) -> Vec<Release<'t>> {
    descendants(file.root, |_| true)
        .filter(|node| file.grammar.may_match(node.kind()))
        .flat_map(|node| {
            let hits = file
                .catalog
                .find_all(node, file.surroundings(), |role| role == Role::Release);
            // A ticket names no lock.
            hits.into_iter()
                .filter(|hit| !hit.bindings.contains_key("TICKET"))
                .map(move |hit| {
                    let entry = &file.catalog.entries[hit.entry];
                    let lock = hit.bindings.get("LOCK");
                    Release {
                        lock: entry.key_text(&hit.bindings, file.surroundings()),
                        owner: lock
                            .and_then(|lock| file.grammar.owner_of(*lock, file.surroundings())),
                        node,
                    }
                })
        })
        .collect()
}

/// The locks that constructs of the file take and free: `with lock:`, `lock.run(callback)`.
pub(super) fn held_by_constructs(file: &File<'_>) -> Vec<String> {
    descendants(file.root, |_| true)
        .filter_map(|node| {
            let (held, role) = match file.grammar.held_context(node) {
                Some(held) => (held, Role::Context),
                None if file.grammar.may_match(node.kind()) => (node, Role::Guarded),
                None => return None,
            };
            let hit = file
                .catalog
                .find(held, file.surroundings(), |found| found == role)?;
            let entry = &file.catalog.entries[hit.entry];
            Some(entry.key_text(&hit.bindings, file.surroundings()))
        })
        .collect()
}

/// What functions free that they have not taken.
pub(super) fn freed_elsewhere(
    file: &File<'_>,
    bodies: &[Body],
    unread: &[(Span, String)],
    releases: &[Release<'_>],
) -> Vec<Freed> {
    let taken: HashSet<(Span, &str)> = bodies
        .iter()
        .flat_map(|body| {
            let acquires = body.sites.iter().filter(|site| site.acquire().is_some());
            acquires.map(|site| (body.span, body.keys[site.key].text.as_str()))
        })
        .collect();
    releases
        .iter()
        .filter_map(|Release { lock, owner, node }| {
            let function = function_around(file, *node);
            let at = span(function);
            let around = std::iter::successors(function.parent(), Node::parent)
                .filter(|node| !node.kind().contains("class"))
                .find(|node| file.grammar.is_function(node.kind()));
            // What cannot be read may take it all the same.
            let may_take = |(place, taken): &(Span, String)| *place == at && taken == lock;
            let taken = taken.contains(&(at, lock.as_str())) || unread.iter().any(may_take);
            (!taken).then(|| Freed {
                lock: lock.clone(),
                owner: owner.clone(),
                function: at,
                name: file.grammar.function_name(function, file.source.bytes),
                callers: Vec::new(),
                scope: around.map(span),
            })
        })
        .collect()
}

/// Notes who calls the functions that free what they have not taken, and takes no locks: to call
/// the one is to call the other.
pub(super) fn add_callers(file: &File<'_>, bodies: &[Body], freed: &mut [Freed]) {
    if freed.is_empty() {
        return;
    }
    for freed in &*freed {
        file.hidden.ask(&freed.name);
    }
    for node in descendants(file.root, |_| true) {
        if !file.grammar.is_call(node.kind()) {
            continue;
        }
        let Some(word) = file.grammar.called_word(node, file.source.bytes) else {
            continue;
        };
        for freed in freed.iter_mut().filter(|freed| freed.name == word) {
            let caller = function_around(file, node);
            let takes = bodies.iter().any(|body| body.span == span(caller));
            if !takes {
                let name = file.grammar.function_name(caller, file.source.bytes);
                freed.callers.push(name);
            }
        }
    }
}
