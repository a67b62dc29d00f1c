//! What the calls of a body call, by their labels.

use super::intent::releases_for_caller;
use crate::lower::{split_member, words_of};

/// A call as its label tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callee<'a> {
    /// `this.store` of `this.store.finish(true)`.
    pub receiver: Option<&'a str>,
    pub name: &'a str,
    /// What stands between the parentheses.
    arguments: &'a str,
}

/// What the label of a call says; `None` for everything that is no call of a name.
pub fn callee(label: &str) -> Option<Callee<'_>> {
    // What tells variables of one name apart stands behind the text.
    let call = label.split(" #").next()?.strip_suffix(')')?;
    let mut depth = 1usize;
    let open = call.bytes().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let function = call[..open].trim_end_matches(['?', '.']);
    let (receiver, name) = match split_member(function) {
        Some((receiver, name)) => (Some(receiver.trim_end_matches('?')), name),
        None => (None, function),
    };
    (!name.is_empty()).then_some(Callee {
        receiver,
        name,
        arguments: &call[open + 1..],
    })
}

impl Callee<'_> {
    /// Whether the name says that it frees the lock, or one of the same object: `s.unlockAll()` and
    /// `unlock_device(s)` for `s.mu`. `own` is how code names members of its own object: `this.`.
    pub fn may_free(&self, lock: &str, own: &[&str]) -> bool {
        if releases_for_caller(self.name) {
            return true;
        }
        if !words_of(self.name).iter().any(|word| word == "unlock") {
            return false;
        }
        let plain = |text: &str| text.trim_start_matches(['&', '*']).trim().to_owned();
        let owner = split_member(lock).map(|(owner, _)| plain(owner));
        let is_own = |object: &str| {
            own.iter()
                .any(|prefix| prefix.trim_end_matches(['.', '-', '>', ':']) == object)
        };
        match (self.receiver, owner) {
            (None, None) => true,
            (None, Some(owner)) => {
                is_own(&owner) || self.arguments.split(',').any(|one| plain(one) == owner)
            }
            (Some(receiver), Some(owner)) => plain(receiver) == owner,
            (Some(receiver), None) => is_own(receiver),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_last_one_before_the_arguments() {
        for (label, receiver, name) in [
            ("finish()", None, "finish"),
            ("this.store.finish(a(1), (b))", Some("this.store"), "finish"),
            ("$this->finish($a)", Some("$this"), "finish"),
            ("Store::finish(a) #1 #2", Some("Store"), "finish"),
            ("a.b(1).finish()", Some("a.b(1)"), "finish"),
            ("a?.finish?.()", Some("a"), "finish"),
            ("(f)(1)", None, "(f)"),
        ] {
            let called = callee(label).expect("a call");
            assert_eq!((called.receiver, called.name), (receiver, name), "{label}");
        }
        assert_eq!(callee("a.field"), None);
        assert_eq!(callee("broken)"), None);
    }

    #[test]
    fn what_unlocks_the_same_object_may_free_its_lock() {
        let may_free =
            |label: &str, lock: &str| callee(label).is_some_and(|it| it.may_free(lock, &["this."]));
        for (label, lock) in [
            ("s.unlockAll()", "s.mu"),
            ("dev_unlock(dev)", "&dev->mutex"),
            ("this.unlockAll()", "lock"),
            ("unlockAll()", "this.lock"),
            ("unlock_all()", "global"),
            ("whatever.finishAndUnlock()", "s.mu"),
        ] {
            assert!(may_free(label, lock), "{label} {lock}");
        }
        for (label, lock) in [
            ("s.versions.logUnlock()", "s.mu"),
            ("dev_unlock(other)", "&dev->mutex"),
            ("s.finish()", "s.mu"),
            ("s.unlocked()", "s.mu"),
        ] {
            assert!(!may_free(label, lock), "{label} {lock}");
        }
    }
}
