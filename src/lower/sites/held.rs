//! Locks that constructs and objects take: for their body, or to the end of their block.

use super::{Does, Table, cannot_throw};
use crate::catalog::pattern::Bindings;
use crate::catalog::schema::Guard;
use crate::catalog::{Confidence, Match, Role};
use crate::flow::{Acquire, KeyId, Site, SiteId, SiteKind};
use crate::lower::{File, span};
use crate::source::Span;
use crate::tree::Node;

impl Table {
    /// A lock that a `with` takes for its body: the acquire and the release of it.
    ///
    /// What it gives is bound to `alias`: a handle without one is nobody's concern.
    pub fn add_context(
        &mut self,
        file: &File<'_>,
        node: Node<'_>,
        alias: Option<Node<'_>>,
    ) -> Option<(SiteId, SiteId)> {
        let hit = file
            .catalog
            .find(node, file.surroundings(), |role| role == Role::Context)?;
        if file.catalog.entries[hit.entry].lock.handle {
            let name = file.normal(alias?);
            return Some(self.implied_pair(file, &hit, Some(name), span(node)));
        }
        Some(self.implied_pair(file, &hit, None, span(node)))
    }

    /// The same for a context without a lock of its own, by its text; it stands at `span`.
    pub fn add_context_by_text(
        &mut self,
        file: &File<'_>,
        text: &str,
        span: Span,
    ) -> Option<(SiteId, SiteId)> {
        let entries = &file.catalog.entries;
        let entry = entries
            .iter()
            .position(|entry| entry.lock.context.iter().any(|code| code == text))?;
        let hit = Match {
            entry,
            role: Role::Context,
            bindings: Bindings::default(),
            confidence: Confidence::Typed,
        };
        Some(self.implied_pair(file, &hit, None, span))
    }

    /// The acquire at `site` is freed at the end of its block by the language: the release of that.
    pub fn hold_to_the_end(&mut self, site: SiteId) -> SiteId {
        let (key, span) = (self.sites[site].key, self.sites[site].span);
        if let SiteKind::Acquire(acquire) = &mut self.sites[site].what {
            acquire.implied = true;
        }
        self.freed_at_the_end(key, span)
    }

    /// The release of a lock, by the language, at the end of the block of what stands at `span`.
    pub fn freed_at_the_end(&mut self, key: KeyId, span: Span) -> SiteId {
        self.push(Site {
            key,
            span,
            what: SiteKind::Release {
                ticket: None,
                awaited: false,
                settles: false,
                implied: true,
            },
        })
    }

    /// A lock that a stack of contexts takes with the call `enters` and frees when it is closed:
    /// by each of the calls `closes`, or at its end.
    pub fn add_stack(
        &mut self,
        file: &File<'_>,
        (enters, context): (Node<'_>, Node<'_>),
        closes: &[Node<'_>],
    ) -> Option<SiteId> {
        let (enter, exit) = self.add_context(file, context, None)?;
        for node in [Some(enters), file.grammar.awaiting(enters)] {
            self.by_node
                .extend(node.map(|node| (node.id(), Does::Acquire(enter))));
        }
        for close in closes {
            for node in [Some(*close), file.grammar.awaiting(*close)] {
                self.by_node
                    .extend(node.map(|node| (node.id(), Does::Close(exit))));
            }
        }
        Some(exit)
    }

    /// A lock that an object of the class `guard` holds: the acquire and the release of it. It is a
    /// lock that the function takes by hand, too, if one of `names` is how that is called; the last
    /// of them is its plain name.
    pub fn add_held(
        &mut self,
        file: &File<'_>,
        guard: &Guard,
        names: &[Node<'_>],
        entry: Option<usize>,
    ) -> Option<(SiteId, SiteId)> {
        let known = names.iter().find_map(|lock| {
            let text = file.normal(*lock);
            let key = self
                .keys
                .iter()
                .find(|key| key.text == text && (key.mode == guard.mode || guard.adopts))?;
            Some((*lock, key.entry))
        });
        let plain = || {
            let lock = *names.last()?;
            let surroundings = file.surroundings();
            let entry = entry.or_else(|| file.catalog.guarded_entry(guard, lock, surroundings))?;
            // Functions are given the address.
            let by_address = file.catalog.entries[entry].lock.functions;
            let lock = if by_address { *names.first()? } else { lock };
            Some((lock, entry))
        };
        let (lock, entry) = known.or_else(plain)?;
        let hit = Match {
            entry,
            role: Role::Context,
            bindings: Bindings::from([("LOCK".to_owned(), lock)]),
            confidence: Confidence::Typed,
        };
        let handle = file.catalog.entries[entry].lock.handle;
        let named = handle.then(|| file.normal(lock));
        let pair = self.implied_pair(file, &hit, named, span(lock));
        if let SiteKind::Acquire(acquire) = &mut self.sites[pair.0].what {
            acquire.owned = !guard.frees.is_empty();
        }
        Some(pair)
    }

    /// Says that the lock of the acquire is given to the object that the acquire belongs to. Whether no other
    /// object frees what it did not take itself: both would free it.
    pub fn gives(&mut self, enter: SiteId) -> bool {
        let key = self.sites[enter].key;
        self.given.push(key);
        let owned = |site: &Site| site.acquire().is_some_and(|acquire| acquire.owned);
        let sites = &self.sites;
        !self.adopted.contains(&key)
            && !(0..sites.len()).any(|id| id != enter && sites[id].key == key && owned(&sites[id]))
    }

    /// Says that an object frees at its end what was taken by hand.
    pub fn adopts(&mut self, enter: SiteId) {
        self.adopted.push(self.sites[enter].key);
    }

    /// Whether the lock that an object takes is given to another somewhere.
    pub fn is_given(&self, (enter, _): (SiteId, SiteId)) -> bool {
        self.given.contains(&self.sites[enter].key)
    }

    /// What takes the lock of the acquire `enter`, too, but may come back without it.
    pub fn tried(&mut self, enter: SiteId) -> SiteId {
        let mut site = self.sites[enter].clone();
        if let SiteKind::Acquire(acquire) = &mut site.what {
            acquire.conditional = true;
        }
        self.push(site)
    }

    pub(super) fn implied_pair(
        &mut self,
        file: &File<'_>,
        hit: &Match<'_>,
        handle: Option<String>,
        span: Span,
    ) -> (SiteId, SiteId) {
        let key = self.key(file, hit, handle);
        let enter = self.push(Site {
            key,
            span,
            what: SiteKind::Acquire(Acquire {
                implied: true,
                cannot_throw: cannot_throw(file),
                ..Acquire::default()
            }),
        });
        let exit = self.freed_at_the_end(key, span);
        (enter, exit)
    }
}
