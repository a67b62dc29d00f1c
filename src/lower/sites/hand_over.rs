//! Who else gets a lock, its ticket or its release: closures, callers, fields, constructs.

use super::{Does, Table, ticket_in};
use crate::catalog::Role;
use crate::flow::{Key, KeyId, Site, SiteKind};
use crate::language::Binding;
use crate::language::uses::{Use, gives_a_part, use_of};
use crate::lower::{File, descendants, span, split_member};
use crate::tree::Node;

impl Table {
    /// A nested function that frees a lock, or mentions a ticket, has been handed the release.
    pub(super) fn find_hand_over(&mut self, file: &File<'_>, function: Node<'_>) {
        let guards = self
            .by_node
            .values()
            .any(|does| matches!(does, Does::Guard { callback, .. } if *callback == function.id()));
        if guards || self.known_uses.contains(&function.id()) {
            return;
        }
        let own_acquires = self.acquires_in(file, function);
        let own_tickets = tickets_of(file, function);
        let is_own = |name: Node<'_>| own_tickets.contains(&file.normal(name));
        for node in descendants(function, |_| true) {
            if file.grammar.may_match(node.kind()) {
                let hits = file
                    .catalog
                    .find_all(node, file.surroundings(), |role| role == Role::Release);
                let keys: Vec<KeyId> = hits
                    .iter()
                    .filter(|hit| !hit.bindings.get("TICKET").is_some_and(|it| is_own(*it)))
                    .filter_map(|hit| self.released(file, hit))
                    .map(|(key, _)| key)
                    // What it takes by itself it may free.
                    .filter(|key| !own_acquires.contains(key))
                    .collect();
                self.handed_over.extend(keys);
            } else if file.grammar.is_name(node.kind()) && !is_own(node) {
                self.handed_over.extend(self.key_of_ticket(file, node));
            }
        }
    }

    /// The known keys that a nested function takes by itself.
    pub(super) fn acquires_in(&self, file: &File<'_>, function: Node<'_>) -> Vec<KeyId> {
        descendants(function, |_| true)
            .filter(|node| file.grammar.may_match(node.kind()))
            .filter_map(|node| {
                let hit = file.catalog.find(node, file.surroundings(), |role| {
                    matches!(role, Role::Acquire | Role::Try(_))
                })?;
                let text =
                    file.catalog.entries[hit.entry].key_text(&hit.bindings, file.surroundings());
                self.keys
                    .iter()
                    .position(|key| key.entry == hit.entry && key.text == text)
            })
            .collect()
    }

    /// What closes the carrier of a lock frees it without a release that could be moved. Beside
    /// releases it is one more way to free it; alone, it is a way of the function's own.
    pub(super) fn find_close(&mut self, file: &File<'_>, node: Node<'_>) {
        let hits = file
            .catalog
            .find_all(node, file.surroundings(), |role| role == Role::Close);
        for hit in &hits {
            let entry = &file.catalog.entries[hit.entry];
            let text = entry.key_text(&hit.bindings, file.surroundings());
            // `f.fileno()` goes with `f`.
            let closed: Vec<KeyId> = (0..self.keys.len())
                .filter(|id| {
                    let key = &self.keys[*id];
                    key.entry == hit.entry && carries(&text, &key.text)
                })
                .collect();
            for key in closed {
                let released = |site: &Site| site.key == key && site.is_written_release();
                // What frees the carrier, as a handle that this function opened, is two things at once.
                let carrier = self.released_at(node);
                if carrier.is_none()
                    && entry.is_freed_by_closing()
                    && self.sites.iter().any(released)
                {
                    self.add_end(node, key);
                } else {
                    self.handed_over.push(key);
                    self.handed_over.extend(carrier);
                }
            }
        }
    }

    /// The key that the node releases.
    fn released_at(&self, node: Node<'_>) -> Option<KeyId> {
        match self.does(node)? {
            Does::Release(site) => Some(self.sites[site].key),
            _ => None,
        }
    }

    pub(super) fn add_end(&mut self, node: Node<'_>, key: KeyId) {
        let site = self.push(Site {
            key,
            span: span(node),
            what: SiteKind::Release {
                ticket: None,
                awaited: false,
                settles: false,
                implied: true,
            },
        });
        self.by_node.insert(node.id(), Does::End(site));
    }

    /// `with open(path) as f` closes `f`.
    pub(super) fn find_managed(&mut self, file: &File<'_>, node: Node<'_>) {
        if !file.grammar.is_name(node.kind()) || !file.grammar.is_managed(node) {
            return;
        }
        let name = file.normal(node);
        let managed =
            |key: &Key| carries(&name, &key.text) && file.catalog.entries[key.entry].is_closed();
        let keys = (0..self.keys.len()).filter(|id| managed(&self.keys[*id]));
        self.handed_over.extend(keys);
    }

    /// A handle that no release of the function names is whoever's it was passed to.
    pub(super) fn keep_unreleased(&mut self) {
        let released = |key: KeyId| {
            let mut sites = self.sites.iter();
            sites.any(|site| site.key == key && site.acquire().is_none())
        };
        let given: Vec<KeyId> = self
            .lent
            .iter()
            .copied()
            .filter(|key| !released(*key))
            .collect();
        self.handed_over.extend(given);
    }

    /// A handle that is passed to a call stays the function's to release, if it does that; what keeps it, keeps it.
    fn find_handle(&mut self, file: &File<'_>, node: Node<'_>) {
        if !file.grammar.is_name(node.kind()) || self.known_uses.contains(&node.id()) {
            return;
        }
        let Some(key) = self.key_of_ticket(file, node) else {
            return;
        };
        match use_of(node) {
            // `return file.getChannel()`: what a handle gives may need it.
            Use::Looked if gives_a_part(node) => self.lent.push(key),
            Use::Looked => {}
            Use::Lent => self.lent.push(key),
            Use::Kept => self.handed_over.push(key),
        }
    }

    /// A ticket that is passed on, stored or returned is somebody else's to use.
    pub(super) fn find_escape(&mut self, file: &File<'_>, node: Node<'_>) {
        let handle = |key: &KeyId| file.catalog.entries[self.keys[*key].entry].lock.handle;
        if file.grammar.is_name(node.kind())
            && self.key_of_ticket(file, node).as_ref().is_some_and(handle)
        {
            self.find_handle(file, node);
        } else if file.grammar.is_name(node.kind())
            && !self.known_uses.contains(&node.id())
            && let Some(key) = self.key_of_ticket(file, node)
            && file.grammar.passes_on(node)
        {
            self.handed_over.push(key);
        }
        // Who is told which lock it is may free it.
        if let Some(lock) = file.grammar.told_to_others(file, node) {
            let text = file.source.bytes;
            let name = file.grammar.known_as(lock, text);
            let name = name.trim_start_matches('&');
            let told = |id: &KeyId| {
                let taken_before = |site: &Site| {
                    site.key == *id && site.acquire().is_some() && site.span.end <= span(node).start
                };
                self.keys[*id].text.trim_start_matches('&') == name
                    && self.sites.iter().any(taken_before)
            };
            let keys: Vec<KeyId> = (0..self.keys.len()).filter(told).collect();
            self.handed_over.extend(keys);
        }
        // Who keeps an object that carries its lock keeps the lock.
        if file.grammar.is_name(node.kind()) && file.grammar.keeps(node) {
            let name = file.normal(node);
            let carried = (0..self.keys.len()).filter(|id| {
                let key = &self.keys[*id];
                key.text == name && file.catalog.entries[key.entry].lock.frees_itself
            });
            self.handed_over.extend(carried);
        }
    }

    /// `submit(run, lock.release)`: who is given the method may call it at any time.
    pub(super) fn find_method(&mut self, file: &File<'_>, node: Node<'_>) {
        let called = |node: Node<'_>| {
            let call = node.parent();
            let awaiting = call.and_then(|call| file.grammar.awaiting(call));
            [call, awaiting]
                .into_iter()
                .flatten()
                .any(|node| self.by_node.contains_key(&node.id()))
        };
        // Cheaper than asking for parents.
        let ends_like_release = self.keys.iter().any(|key| {
            let text = &file.source.bytes[..node.end_byte()];
            file.catalog.entries[key.entry].is_freed_by_end(text)
        });
        if !ends_like_release {
            return;
        }
        if node.child_count() == 0 || called(node) || !file.grammar.passes_on(node) {
            return;
        }
        let name = file.normal(node);
        // `lock.release`, `lock::unlock`
        let Some((receiver, method)) = split_member(&name) else {
            return;
        };

        let keys = (0..self.keys.len()).filter(|id| {
            let key = &self.keys[*id];
            (key.text == receiver || key.shown == receiver)
                && file.catalog.entries[key.entry].is_freed_by(method)
        });
        self.handed_over.extend(keys);
    }
}

/// The tickets that a nested function declares for acquires of its own: they hide those of the same name
/// around it.
fn tickets_of(file: &File<'_>, function: Node<'_>) -> Vec<String> {
    let acquires =
        descendants(function, |_| true).filter(|node| file.grammar.may_match(node.kind()));
    let ticket = |node: Node<'_>| {
        let hit = file.catalog.find(node, file.surroundings(), |role| {
            matches!(role, Role::Acquire | Role::Try(_))
        })?;
        let Binding::Target { target, whole } = file.grammar.binding(node) else {
            return None;
        };
        let declares = whole.start < target.start_byte() || file.grammar.declares_by_assigning();
        let tickets = &file.catalog.entries[hit.entry].ticket;
        ticket_in(tickets, target, file.source.bytes).filter(|_| declares)
    };
    acquires.filter_map(ticket).collect()
}

/// Whether the lock `key` is `carrier` or something of it.
fn carries(carrier: &str, key: &str) -> bool {
    key.strip_prefix(carrier)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
