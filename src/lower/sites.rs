//! Which nodes of a function take and free which lock.

mod hand_over;
mod held;

use super::{File, descendants, span};
use crate::catalog::pattern::{Bindings, Code, Pattern};
use crate::catalog::schema::Taken;
use crate::catalog::{Entry, Match, Role};
use crate::engine::Exceptions;
use crate::flow::{Acquire, Key, KeyId, Site, SiteId, SiteKind, Test};
use crate::language::Binding;
use crate::tree::Node;
use rustc_hash::FxHashMap;

/// An acquire found in the file.
pub struct Found<'t> {
    pub node: Node<'t>,
    pub hit: Match<'t>,
    /// The callback that begins with the lock held, for acquires that hand out the release.
    pub callback: Option<Node<'t>>,
    /// The node is an argument of the call that takes it, and others with it.
    pub together: bool,
}

/// What a node does to a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Acquire(SiteId),
    Release(SiteId),
    /// Hands a promise the release: on fulfilment, or either way.
    Settle {
        site: SiteId,
        either_way: bool,
    },
    /// Has an object free the lock, if it is the object that holds it.
    LetGo(SiteId),
    /// Gives an object what is held of its lock; the acquire is the object's.
    Adopt(SiteId),
    /// Frees the lock if it is held: the stack that holds it is closed.
    Close(SiteId),
    /// A part of a lock's own call, which the catalogue vouches for: `striped.get(key)` of
    /// `striped.get(key).lock()`.
    Part,
    /// A call that ends what carries the lock, and frees it if it is held.
    End(SiteId),
    /// Holds the lock while its callback (the node with this id) runs.
    Guard {
        enter: SiteId,
        exit: SiteId,
        callback: usize,
    },
}

/// The sites of one function.
#[derive(Debug, Default)]
pub struct Table {
    pub keys: Vec<Key>,
    pub sites: Vec<Site>,
    pub handed_over: Vec<KeyId>,
    /// Handles that are passed to a call.
    pub lent: Vec<KeyId>,
    pub opaque: Option<&'static str>,
    /// Locks that are given to an object after they have been taken by hand.
    given: Vec<KeyId>,
    /// Locks that an object frees which it did not take.
    adopted: Vec<KeyId>,
    by_node: FxHashMap<usize, Does>,
    /// Nodes that ask whether a guard holds its lock.
    questions: FxHashMap<usize, Test>,
    /// Nodes at which a ticket is released, bound or tested: no hand-over.
    known_uses: Vec<usize>,
}

impl Table {
    /// Collects the sites of `function`, whose acquires are `found`.
    pub fn new(file: &File<'_>, function: Node<'_>, found: &[Found<'_>]) -> Table {
        let mut table = Table::default();
        for acquire in found {
            table.add_acquire(file, acquire);
        }
        let grammar = file.grammar;
        // Each node of the function, and whether it is a function of its own, which is not entered.
        let inner = |node: Node<'_>| node.id() != function.id() && file.is_own_body(node);
        let mut nodes = Vec::new();
        let mut closed = 0;
        for node in descendants(function, |_| true) {
            if node.start_byte() < closed {
                continue;
            }
            let inner = inner(node);
            if inner {
                closed = node.end_byte();
            }
            nodes.push((node, inner));
        }
        for (node, inner) in &nodes {
            if !inner && grammar.may_match(node.kind()) && node.id() != function.id() {
                table.add_release(file, *node);
                table.add_read(file, *node);
                table.add_guard(file, *node);
            }
        }
        for (node, _) in &nodes {
            table.add_settling(file, *node);
        }
        for (node, inner) in nodes {
            if inner {
                table.find_hand_over(file, node);
            } else {
                if grammar.may_match(node.kind()) {
                    table.find_close(file, node);
                }
                table.find_escape(file, node);
                table.find_managed(file, node);
                table.find_method(file, node);
            }
        }
        table.keep_unreleased();
        table.handed_over.sort_unstable();
        table.handed_over.dedup();
        table
    }

    /// What the node does to a lock.
    pub fn does(&self, node: Node<'_>) -> Option<Does> {
        self.by_node.get(&node.id()).copied()
    }

    /// Says what a node does to a lock, whatever the patterns took it for.
    pub fn note(&mut self, node: Node<'_>, does: Does) {
        self.by_node.insert(node.id(), does);
    }

    /// Says what a node asks.
    pub fn note_question(&mut self, node: Node<'_>, asked: Test) {
        self.questions.insert(node.id(), asked);
    }

    /// What the node asks of a guard.
    pub fn question(&self, node: Node<'_>) -> Option<&Test> {
        self.questions.get(&node.id())
    }

    /// What the node asks of a lock or of a guard: whether it is held.
    pub fn asks_held(&self, file: &File<'_>, node: Node<'_>) -> Option<Test> {
        if let Some(asked) = self.question(node) {
            return Some(asked.clone());
        }
        let hit = file
            .catalog
            .find(node, file.surroundings(), |role| role == Role::Held)?;
        let text = file.catalog.entries[hit.entry].key_text(&hit.bindings, file.surroundings());
        self.keys
            .iter()
            .position(|key| key.entry == hit.entry && key.text == text)
            .map(Test::Held)
    }

    fn push(&mut self, site: Site) -> SiteId {
        self.sites.push(site);
        self.sites.len() - 1
    }

    /// The key of a match; a handle goes by the name of its variable.
    fn key(&mut self, file: &File<'_>, hit: &Match<'_>, handle: Option<String>) -> KeyId {
        let entry = &file.catalog.entries[hit.entry];
        let is_handle = handle.is_some();
        let text = handle.unwrap_or_else(|| entry.key_text(&hit.bindings, file.surroundings()));
        let mode = entry.lock.mode.clone();
        let known = self
            .keys
            .iter()
            .position(|key| key.text == text && key.mode == mode && key.entry == hit.entry);
        if let Some(id) = known {
            return id;
        }
        let mut names = Vec::new();
        let mut present = Vec::new();
        let mut has_call = false;
        for node in entry.key_nodes(&hit.bindings) {
            file.grammar.names_in(node, file.source.bytes, &mut names);
            present.extend(file.grammar.reached_through(node, file.source.bytes));
            has_call |= descendants(node, |_| true)
                .filter(|node| file.grammar.is_call(node.kind()))
                .any(|call| {
                    let callee = file.grammar.callee(call, file.source.bytes);
                    !callee.is_some_and(|callee| file.is_stable_call(&callee))
                });
        }
        let shown = hit
            .bindings
            .get("LOCK")
            .filter(|_| !is_handle)
            .map_or_else(|| text.clone(), |node| file.source.text(span(*node)));
        // Functions without an operand take what the entry is about.
        let shown = if shown.is_empty() {
            entry.lock.name.clone()
        } else {
            shown
        };
        let lock = hit.bindings.get("LOCK");
        let owner = lock.and_then(|lock| file.grammar.owner_of(*lock, file.surroundings()));
        self.keys.push(Key {
            owner,
            text,
            shown,
            mode,
            entry: hit.entry,
            names,
            present,
            has_call,
        });
        self.keys.len() - 1
    }

    fn add_acquire(&mut self, file: &File<'_>, found: &Found<'_>) {
        let entry = &file.catalog.entries[found.hit.entry];
        // `ok = pthread_mutex_trylock(&m) == 0` binds what the comparison says.
        let compared = file
            .grammar
            .compared(file, found.node)
            .filter(|(whole, _)| {
                matches!(file.grammar.binding(*whole), Binding::Target { .. })
                    && entry.says_what_went_wrong(found.node, found.hit.role, file.source.bytes)
            });
        let value = compared.map_or(found.node, |(whole, _)| whole);
        let binding = file.grammar.binding(value);
        let handle = match (entry.lock.handle, &binding) {
            (false, _) => None,
            (true, Binding::Target { target, .. }) => match handle_in(file, entry, *target) {
                Some(name) => Some(name),
                None => return,
            },
            (true, _) => return,
        };
        let key = self.key(file, &found.hit, handle.clone());
        let text = file.source.bytes;
        let looked_at = !matches!(binding, Binding::Dropped);
        let handed_on = matches!(binding, Binding::Other);
        let taken = match found.hit.role {
            Role::Try(taken) => Some(taken),
            // Listed both ways: it waits, and yet may fail; who drops its result relies on it.
            // What says what went wrong and is handed to another call is checked there.
            Role::Acquire if looked_at => entry
                .may_fail(found.node, text)
                .filter(|taken| *taken != Taken::Zero || !handed_on),
            _ => None,
        };
        let mut acquire = Acquire {
            conditional: taken.is_some(),
            null_when_not: matches!(taken, Some(Taken::NotNull | Taken::NotZero)),
            zero_when_taken: matches!(taken, Some(Taken::Zero | Taken::Null | Taken::NotNegative))
                && !compared.is_some_and(|(_, says_taken)| says_taken),
            negative_when_not: matches!(taken, Some(Taken::NotNegative)),
            is_number: matches!(taken, Some(Taken::NotZero | Taken::Zero)) && compared.is_none(),
            cannot_throw: cannot_throw(file) || entry.lock.infallible,
            renews: entry.lock.renews,
            sure: taken.is_none() && entry.is_sure(found.node, text),
            together: found.together,
            ..Acquire::default()
        };
        let not_taken = handed_on && file.grammar.is_taken_for_failure(file, found.node);
        if (acquire.zero_when_taken && handed_on) || not_taken {
            // Whether it was taken is decided where nobody sees it.
            self.handed_over.push(key);
        }
        let mut at = span(found.node);
        if let Some(callback) = found.callback {
            acquire.at_entry = true;
            match file.grammar.first_parameter(callback) {
                Some(param) => {
                    at.end = param.end_byte();
                    acquire.ticket = ticket_in(&entry.ticket, param, text);
                    self.known_uses.push(param.id());
                }
                // Released by a method of the lock.
                None => at.end = callback.start_byte(),
            }
            let site = self.push(Site {
                key,
                span: at,
                what: SiteKind::Acquire(acquire),
            });
            debug_assert_eq!(self.sites[site].key, key);
            return;
        }
        match binding {
            // Of a lock that is known by name only, the code knows best: it counts on having it.
            Binding::Dropped if entry.lock.by_name => acquire.conditional = false,
            Binding::Dropped => acquire.ignored = acquire.conditional,
            Binding::Given { returned } => {
                acquire.unseen = acquire.conditional;
                if returned || !entry.ticket.is_empty() {
                    self.handed_over.push(key);
                }
            }
            Binding::Target { target, whole } | Binding::Part { target, whole } => {
                acquire.binding = Some(whole);
                acquire.ticket = handle.or_else(|| ticket_in(&entry.ticket, target, text));
                let mut results = file.grammar.results(target).into_iter();
                let tells = if acquire.zero_when_taken {
                    results.next_back()
                } else {
                    results.next()
                };
                acquire.bound = tells
                    .filter(|name| file.grammar.keeps_results(name.kind()))
                    .map(|name| file.normal(name));
                let names = descendants(target, |_| true)
                    .filter(|node| file.grammar.is_name(node.kind()))
                    .count();
                // What an unknown class gives may be anything: a future, say.
                let tells = tells.is_none_or(|name| {
                    file.grammar
                        .may_tell_whether(name, entry.lock.by_name, text)
                });
                if taken == Some(Taken::True) && !tells {
                    self.handed_over.push(key);
                }
                let part = matches!(binding, Binding::Part { .. });
                acquire.binds_more = part || names > usize::from(acquire.ticket.is_some());
                self.known_uses
                    .extend(descendants(target, |_| true).map(|node| node.id()));
            }
            Binding::Condition => {}
            Binding::Other => acquire.unseen = acquire.conditional,
        }
        let site = self.push(Site {
            key,
            span: at,
            what: SiteKind::Acquire(acquire),
        });
        if compared.is_some() {
            self.by_node.insert(found.node.id(), Does::Part);
        }
        self.by_node.insert(value.id(), Does::Acquire(site));
        self.add_parts(file, found.node, &found.hit);
    }

    /// The calls between the lock's name and its method.
    fn add_parts(&mut self, file: &File<'_>, node: Node<'_>, hit: &Match<'_>) {
        let call = file.grammar.awaited_operand(node).unwrap_or(node);
        let (Some(lock), Some(receiver)) = (hit.bindings.get("LOCK"), file.grammar.receiver(call))
        else {
            return;
        };
        let mut at = *lock;
        while at.id() != receiver.id()
            && let Some(parent) = at.parent()
            && span(receiver).contains(span(parent))
        {
            at = parent;
            if file.grammar.is_call(at.kind()) {
                self.by_node.insert(at.id(), Does::Part);
            }
        }
    }

    fn add_release(&mut self, file: &File<'_>, node: Node<'_>) {
        let known = |node: Node<'_>| self.by_node.contains_key(&node.id());
        // Catalogues may name a release both with and without its `await`: it is one release.
        if known(node)
            || file.grammar.awaited_operand(node).is_some_and(known)
            || file.grammar.awaiting(node).is_some_and(known)
        {
            return;
        }
        let hits = file
            .catalog
            .find_all(node, file.surroundings(), |role| role == Role::Release);
        let mut keys: Vec<(KeyId, Option<String>)> = Vec::new();
        for hit in &hits {
            if let Some(release) = self.released(file, hit)
                && !keys.contains(&release)
            {
                keys.push(release);
            }
        }
        let Some((key, ticket)) = keys.first().cloned() else {
            return;
        };
        if keys.len() > 1
            && keys
                .iter()
                .any(|(other, _)| self.keys[*other].mode != self.keys[key].mode)
        {
            self.opaque = Some("a release does not tell which of two modes it ends");
        }
        let outer = file.grammar.awaiting(node).unwrap_or(node);
        let awaited = file.grammar.awaited_operand(outer).is_some();
        let site = self.push(Site {
            key,
            span: span(outer),
            what: SiteKind::Release {
                ticket,
                awaited,
                settles: false,
                implied: false,
            },
        });
        for hit in &hits {
            self.known_uses
                .extend(hit.bindings.get("TICKET").map(|node| node.id()));
        }
        self.by_node.insert(outer.id(), Does::Release(site));
        self.by_node.insert(node.id(), Does::Release(site));
        for hit in &hits {
            self.add_parts(file, node, hit);
        }
    }

    /// A call that looks at a ticket gives it to nobody.
    fn add_read(&mut self, file: &File<'_>, node: Node<'_>) {
        let hits = file
            .catalog
            .find_all(node, file.surroundings(), |role| role == Role::Read);
        let tickets = hits.iter().filter_map(|hit| hit.bindings.get("TICKET"));
        self.known_uses.extend(tickets.map(|node| node.id()));
    }

    /// A promise that is handed the release, and nothing else.
    fn add_settling(&mut self, file: &File<'_>, node: Node<'_>) {
        if self.by_node.contains_key(&node.id()) {
            return;
        }
        let Some(settling) = file.grammar.settling(node, file.source.bytes) else {
            return;
        };
        let freed = if settling.release.id() == settling.handler.id() {
            self.key_of_ticket(file, settling.handler)
                .map(|key| (key, Some(file.normal(settling.handler))))
        } else {
            file.catalog
                .find_all(settling.release, file.surroundings(), |role| {
                    role == Role::Release
                })
                .iter()
                .find_map(|hit| self.released(file, hit))
        };
        let Some((key, ticket)) = freed else { return };
        self.known_uses.push(settling.handler.id());
        let site = self.push(Site {
            key,
            span: span(node),
            what: SiteKind::Release {
                ticket,
                awaited: false,
                settles: true,
                implied: false,
            },
        });
        let either_way = settling.either_way;
        self.by_node
            .insert(node.id(), Does::Settle { site, either_way });
    }

    /// The key that a matched release frees, if this function took it.
    fn released(&self, file: &File<'_>, hit: &Match<'_>) -> Option<(KeyId, Option<String>)> {
        if let Some(ticket) = hit.bindings.get("TICKET") {
            let ticket = file.normal(*ticket);
            let key = self.sites.iter().find_map(|site| {
                let acquire = site.acquire()?;
                let key = &self.keys[site.key];
                let of_lock = !hit.bindings.contains_key("LOCK")
                    || file.catalog.entries[hit.entry].lock.handle
                    || file.catalog.entries[hit.entry].key_text(&hit.bindings, file.surroundings())
                        == key.text;
                let same =
                    acquire.ticket.as_deref() == Some(&ticket) && key.entry == hit.entry && of_lock;
                same.then_some(site.key)
            })?;
            return Some((key, Some(ticket)));
        }
        let entry = &file.catalog.entries[hit.entry];
        let text = entry.key_text(&hit.bindings, file.surroundings());
        let key = self
            .keys
            .iter()
            .position(|key| key.entry == hit.entry && key.text == text)?;
        Some((key, None))
    }

    fn add_guard(&mut self, file: &File<'_>, node: Node<'_>) {
        let hit = file
            .catalog
            .find(node, file.surroundings(), |role| role == Role::Guarded);
        let Some(hit) = hit else { return };
        let Some(callback) = hit.bindings.get("CALLBACK") else {
            return;
        };
        if !file.grammar.is_function(callback.kind()) {
            return;
        }
        let callback = callback.id();
        let (enter, exit) = self.implied_pair(file, &hit, None, span(node));
        let outer = file.grammar.awaiting(node).unwrap_or(node);
        let does = Does::Guard {
            enter,
            exit,
            callback,
        };
        self.by_node.insert(outer.id(), does);
        self.by_node.insert(node.id(), does);
    }

    fn key_of_ticket(&self, file: &File<'_>, node: Node<'_>) -> Option<KeyId> {
        let any = self.sites.iter().any(|site| {
            site.acquire()
                .is_some_and(|acquire| acquire.ticket.is_some())
        });
        if !any {
            return None;
        }
        let name = file.normal(node);
        self.sites
            .iter()
            .find(|site| {
                site.acquire()
                    .is_some_and(|acquire| acquire.ticket.as_deref() == Some(&name))
            })
            .map(|site| site.key)
    }
}

/// The variable that gets what the acquire gives, where it gets it whole: no field and no element.
fn handle_in(file: &File<'_>, entry: &Entry, target: Node<'_>) -> Option<String> {
    let results = file.grammar.results(target);
    let target = match results.as_slice() {
        [name] => *name,
        _ => target,
    };
    let name = ticket_in(&entry.ticket, target, file.source.bytes)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    (name != "_" && name.chars().all(plain)).then_some(name)
}

/// Whether taking a lock never throws in this file.
fn cannot_throw(file: &File<'_>) -> bool {
    file.exceptions == Exceptions::Nothing || file.catalog.facts.nothrow_acquires
}

/// The ticket that `target` binds, by the first pattern that fits.
fn ticket_in(patterns: &[Pattern], target: Node<'_>, text: &[u8]) -> Option<String> {
    patterns.iter().find_map(|pattern| {
        let mut bindings = Bindings::new();
        if !pattern.matches(target, Code::plain(text), &mut bindings) {
            return None;
        }
        let ticket = bindings.get("TICKET")?;
        // A hole takes any node, but a ticket has one name: `[, release]` is for another pattern.
        (!ticket.kind().contains("pattern")).then(|| crate::catalog::pattern::normal(*ticket, text))
    })
}
