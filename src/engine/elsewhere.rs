//! What a file says of its locks outside of the function that takes them.

use crate::analysis::{Callers, Freed, same_lock};
use crate::catalog::Role;
use crate::flow::Body;
use crate::lower::{File, descendants, function_around, span};
use crate::skim::lexis::Lexis;
use crate::source::Span;
use crate::tree::Node;
use std::collections::{HashMap, HashSet};

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

/// What functions free that they have not taken before.
pub(super) fn freed_elsewhere(
    file: &File<'_>,
    bodies: &[Body],
    unread: &[(Span, String)],
    releases: &[Release<'_>],
) -> Vec<Freed> {
    // Where each function takes each of its locks first.
    let mut taken: HashMap<(Span, &str), usize> = HashMap::new();
    for body in bodies {
        for site in body.sites.iter().filter(|site| site.acquire().is_some()) {
            let first = taken
                .entry((body.span, body.keys[site.key].text.as_str()))
                .or_insert(site.span.start);
            *first = site.span.start.min(*first);
        }
    }
    let mut freed = Vec::new();
    for release in releases.chunk_by(|one, next| one.node.id() == next.node.id()) {
        let Some(node) = release.first().map(|one| one.node) else {
            continue;
        };
        let function = function_around(file, node);
        let at = span(function);
        let first = |lock: &String| taken.get(&(at, lock.as_str())).copied();
        // What cannot be read may take it all the same.
        let may_take = |lock: &String| {
            let same = |(place, taken): &(Span, String)| *place == at && taken == lock;
            unread.iter().any(same)
        };
        // A lock that is a part of another goes by two names, and is taken by one.
        let is_taken = release.iter().any(|Release { lock, .. }| {
            first(lock).is_some_and(|first| first < node.start_byte()) || may_take(lock)
        });
        if is_taken {
            continue;
        }
        let around = std::iter::successors(function.parent(), Node::parent)
            .filter(|node| !node.kind().contains("class"))
            .find(|node| file.grammar.is_function(node.kind()));
        freed.extend(release.iter().map(|Release { lock, owner, .. }| Freed {
            lock: lock.clone(),
            owner: owner.clone(),
            function: at,
            name: file.grammar.function_name(function, file.source.bytes),
            callers: Callers::default(),
            scope: around.map(span),
            takes_later: first(lock).is_some(),
        }));
    }
    freed
}

/// Steps from a call to a release that are followed.
const MOST_STEPS: usize = 8;

/// Notes who calls the functions that free what they have not taken, and takes no locks: to call
/// the one is to call the other. Only where another function takes such a lock.
pub(super) fn add_callers(file: &File<'_>, bodies: &[Body], freed: &mut [Freed]) {
    let matters = |freed: &Freed| {
        bodies.iter().any(|body| {
            let mut keys = body.keys.iter();
            body.name != freed.name && keys.any(|key| same_lock(&freed.lock, &key.text))
        })
    };
    let freed: Vec<&mut Freed> = freed.iter_mut().filter(|freed| matters(freed)).collect();
    if freed.is_empty() {
        return;
    }
    let takes: HashSet<Span> = bodies.iter().map(|body| body.span).collect();
    let mut calls: HashMap<String, Vec<Node<'_>>> = HashMap::new();
    for node in descendants(file.root, |_| true) {
        if file.grammar.is_call(node.kind())
            && let Some(word) = file.grammar.called_word(node, file.source.bytes)
        {
            calls.entry(word).or_default().push(node);
        }
    }
    let name_of = |function: Node<'_>| file.grammar.function_name(function, file.source.bytes);
    let callers = |name: &str| -> Vec<String> {
        let known = calls.get(name).into_iter().flatten();
        let around = known.map(|call| function_around(file, *call));
        let others = around.filter(|caller| !takes.contains(&span(*caller)));
        others.map(name_of).collect()
    };
    let sure = file.grammar.lexis().is_some_and(Lexis::is_sure);
    let mut hidden: HashMap<&[u8], Vec<Span>> = HashMap::new();
    if sure {
        for (word, body) in file.hidden.calls() {
            hidden.entry(word).or_default().push(body);
        }
    }
    let callers_in_hidden = |name: &str| -> Vec<String> {
        let bodies = hidden.get(name.as_bytes()).into_iter().flatten();
        let braces = bodies.filter_map(|body| {
            let root = file.root;
            root.descendant_for_byte_range(body.start - 1, body.start)
        });
        let around = braces.map(|brace| function_around(file, brace));
        around.map(name_of).collect()
    };
    for freed in freed {
        let known = follow(&freed.name, |name| {
            if !sure {
                file.hidden.ask_call(name);
            }
            callers(name)
        });
        let mut asked = Vec::new();
        let mut perhaps = HashSet::new();
        if !hidden.is_empty() {
            perhaps = follow(&freed.name, |name| {
                asked.push(name.to_owned());
                [callers(name), callers_in_hidden(name)].concat()
            });
            perhaps.retain(|name| !known.contains(name));
        }
        freed.callers = Callers {
            known,
            perhaps,
            asked,
        };
    }
}

/// All that call what has this name, by way of others, too.
fn follow(name: &str, mut callers: impl FnMut(&str) -> Vec<String>) -> HashSet<String> {
    let mut known = HashSet::from([name.to_owned()]);
    let mut last = vec![name.to_owned()];
    for _ in 0..MOST_STEPS {
        last = last
            .iter()
            .flat_map(|name| callers(name))
            .filter(|caller| known.insert(caller.clone()))
            .collect();
    }
    known.remove(name);
    known
}
