//! Whether a function comes back with a lock on purpose, where functions of the language do so, or
//! has only forgotten a release.

use super::explore::Paths;
use super::places::asked_around;
use super::{Freed, Judged, handed_out, intent};
use crate::finding::LeakKind;
use crate::flow::{Body, KeyId, SiteId, SiteKind};
use crate::source::Span;
use crate::tree::Node;

impl Judged<'_> {
    /// Whether the function gives the lock to whoever calls it.
    pub(super) fn is_handed_out(&self, site: SiteId, paths: &Paths) -> bool {
        if !self.file.grammar.hands_out_locks() || !paths.leaks.contains_key(&site) {
            return false;
        }
        let key = self.body.sites[site].key;
        let others = self.freed_by_others(key);
        // What the function frees by another name may be this very lock.
        if others.iter().any(|freed| freed.function == self.body.span)
            || self.is_switched(site, paths)
            || self.is_asked_twice(site, paths)
        {
            return true;
        }
        let found = handed_out::with_what_was_found(self.file, self.body, site, paths);
        let straight = self.holds_on_straight_way(site, paths);
        if !self.is_released(site) {
            return found || straight || !others.is_empty() || self.body.said_to_keep;
        }
        if self.caller_cannot_tell(site, paths) {
            return false;
        }
        if self.body.said_to_keep || !others.is_empty() {
            return true;
        }
        let keeps = found || straight || !paths.released.contains(&key);
        keeps && !self.is_private(key) && (found || !self.is_paired(site, paths))
    }

    /// Whether a release finds the lock not taken, and the lock is taken in a branch only, or no release
    /// frees it: the function takes or frees it, as it is told.
    fn is_switched(&self, site: SiteId, paths: &Paths) -> bool {
        let frees = paths.frees.values().any(|freed| freed.contains(&site));
        (!frees || self.is_taken_in_branch(site))
            && paths.unheld.contains_key(&self.body.sites[site].key)
    }

    /// Whether the lock is taken in one branch and freed in another, each of which may be passed by:
    /// what they ask may well be the same.
    fn is_asked_twice(&self, site: SiteId, paths: &Paths) -> bool {
        self.is_taken_in_branch(site)
            && self.body.sites.iter().enumerate().any(|(id, other)| {
                other.is_written_release()
                    && paths
                        .frees
                        .get(&id)
                        .is_some_and(|freed| freed.contains(&site))
                    && handed_out::is_passed_by(self.body, &self.body.root, id)
                    && !self.is_asked_alike(site, id)
            })
    }

    /// Whether one variable, which never changes, decides about the acquire and about the release.
    fn is_asked_alike(&self, acquire: SiteId, release: SiteId) -> bool {
        let around = |site: SiteId| {
            let mut asked = Vec::new();
            asked_around(
                &self.body.root.stmts,
                &|stmt| stmt.holds_site(site),
                &mut asked,
            );
            asked
        };
        let of_release = around(release);
        let mut of_acquire = around(acquire).into_iter();
        of_acquire.any(|var| of_release.contains(&var) && !self.assigned(var))
    }

    /// Whether control may pass the acquire by.
    fn is_taken_in_branch(&self, site: SiteId) -> bool {
        let acquired = self.body.sites[site].span;
        let mut stmts = self.body.root.stmts.iter();
        stmts.any(|stmt| stmt.span.contains(acquired) && handed_out::in_branch(stmt, site))
    }

    /// The functions of the file that free the lock without having taken it.
    fn freed_by_others(&self, key: KeyId) -> Vec<&Freed> {
        let key = &self.body.keys[key];
        let same = |freed: &&Freed| {
            !freed.takes_later
                && intent::same_lock(&freed.lock, &key.text)
                && may_be_one(&freed.owner, &key.owner)
        };
        self.freed_elsewhere.iter().filter(same).collect()
    }

    /// Whether the function comes back both with and without the lock, and nothing that it gives
    /// back says which: then the one or the other is a mistake.
    fn caller_cannot_tell(&self, site: SiteId, paths: &Paths) -> bool {
        let key = self.body.sites[site].key;
        if !paths.released.contains(&key) || self.releases_on_request(site, paths) {
            return false;
        }
        let returns = handed_out::returns(&self.body.root);
        if returns.iter().all(|(_, operand)| operand.is_empty()) {
            return true;
        }
        let leaks = &paths.leaks[&site];
        let freed = paths.freed_at.get(&key);
        let with = |held: bool| {
            returns.iter().filter(move |(span, _)| match held {
                true => leaks.get(span) == Some(&LeakKind::Return),
                false => freed.is_some_and(|freed| freed.contains(span)),
            })
        };
        let grammar = self.file.grammar;
        with(true).any(|(_, held)| {
            let same = grammar.is_constant(held) && with(false).any(|(_, freed)| freed == held);
            same || (grammar.is_failure(held) && with(false).count() > 0)
        })
    }

    /// Whether nobody outside of the file can free what the function takes; of those inside nobody
    /// does.
    pub(super) fn is_private(&self, key: KeyId) -> bool {
        let grammar = self.file.grammar;
        let lock = self.body.keys[key].names.first();
        self.function()
            .is_some_and(|function| grammar.is_private(self.file, function))
            || lock.is_some_and(|lock| grammar.is_private_variable(self.file, lock))
    }

    /// The node of the function.
    fn function(&self) -> Option<Node<'_>> {
        let Span { start, end } = self.body.span;
        let inner = self.file.root.descendant_for_byte_range(start, end)?;
        std::iter::successors(Some(inner), Node::parent)
            .find(|node| self.file.grammar.is_function(node.kind()))
    }

    /// Whether the lock is taken in another place, too, and freed by who took it there.
    fn is_paired(&self, site: SiteId, paths: &Paths) -> bool {
        let own = &self.body.keys[self.body.sites[site].key];
        let here = self.body.sites.iter().enumerate().any(|(other, taken)| {
            other != site
                && taken.key == self.body.sites[site].key
                && taken.acquire().is_some()
                && !paths.leaks.contains_key(&other)
        });
        let pairs = |body: &Body| {
            body.span != self.body.span
                && (0..body.keys.len()).any(|key| {
                    let other = &body.keys[key];
                    let holds = |released: bool| {
                        body.sites.iter().any(|site| {
                            let is_release = matches!(site.what, SiteKind::Release { .. });
                            site.key == key && is_release == released
                        })
                    };
                    intent::same_lock(&other.text, &own.text)
                        && may_be_one(&other.owner, &own.owner)
                        && holds(true)
                        && holds(false)
                })
        };
        here || self.bodies.iter().any(pairs)
    }

    /// Whether the function comes back with the lock on its straight way, and lets go of it only in
    /// branches aside.
    fn holds_on_straight_way(&self, site: SiteId, paths: &Paths) -> bool {
        let stmts = &self.body.root.stmts;
        let at = |span: Span| stmts.iter().position(|stmt| stmt.span.contains(span));
        let main_path = paths
            .leaks
            .get(&site)
            .into_iter()
            .flatten()
            .filter_map(|(span, kind)| match kind {
                LeakKind::EndOfBody => Some(stmts.len()),
                LeakKind::Return => at(*span).filter(|index| stmts[*index].span == *span),
                _ => None,
            })
            .min();
        let Some(main_path) = main_path else {
            return false;
        };
        let acquire = self.body.sites[site].span;
        let releases = self.written_releases(site, paths);
        releases.iter().all(|release| {
            at(self.body.sites[*release].span).is_some_and(|index| {
                index > main_path
                    || handed_out::leaves_after(&self.body.root, *release)
                    || handed_out::is_optional(&self.body.root, *release, acquire)
            })
        })
    }
}

/// Whether two objects may be one, by what is known of their types.
fn may_be_one(a: &Option<String>, b: &Option<String>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}
