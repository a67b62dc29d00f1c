//! A lock of the catalogue with its patterns, and what it answers of code.

use super::deferred::{Deferred, Place};
use super::pattern::{Bindings, Code, normal};
use super::schema::{self, FormCode, Library, Lock, Taken};
use super::{Confidence, Role, Surroundings, joined};
use crate::finding::Form;
use crate::language::Language;
use crate::language::names::{Names, TypeRef, telling};
use crate::skim::On;
use crate::tree::Node;

/// A lock of a library, compiled.
#[derive(Debug)]
pub struct Entry {
    pub library: String,
    pub lock: Lock,
    /// Modules that its types are imported from.
    pub modules: Vec<String>,
    pub(super) acquire: Vec<Deferred>,
    pub(super) tries: Vec<(Deferred, Taken)>,
    pub(super) sure: Vec<Deferred>,
    pub(super) release: Vec<Deferred>,
    pub(super) reads: Vec<Deferred>,
    pub(super) closed: Vec<Deferred>,
    pub(super) guarded: Vec<Deferred>,
    pub(super) callback: Vec<Deferred>,
    pub(super) context: Vec<Deferred>,
    pub(super) held: Vec<Deferred>,
    pub ticket: Vec<Deferred>,
    /// The holes that name the lock, in order.
    pub(super) key_holes: Vec<String>,
}

impl Entry {
    /// The lock of a library. The code of a `known` one is parsed when it is needed: a test has parsed it before.
    pub(super) fn compile(
        library: &Library,
        lock: Lock,
        language: Language,
        known: bool,
    ) -> Result<Entry, String> {
        let make = if known {
            Deferred::of_known
        } else {
            Deferred::of
        };
        let placed = |code: &String, place| {
            make(code, language, place).map_err(|error| format!("lock `{}`: {error}", lock.name))
        };
        let one = |code: &String| placed(code, Place::Expression);
        let many = |codes: &[String]| codes.iter().map(one).collect::<Result<Vec<_>, _>>();
        let acquire = many(&lock.acquire)?;
        let tries = lock
            .tries
            .iter()
            .map(|try_| Ok((one(&try_.code)?, try_.taken)))
            .collect::<Result<Vec<_>, String>>()?;
        let release = many(&lock.release)?;
        let callback = many(&lock.callback)?;
        let ticket = lock
            .ticket
            .iter()
            .map(|code| placed(code, Place::Declared))
            .collect::<Result<Vec<_>, _>>()?;
        let mut key_holes: Vec<String> = Vec::new();
        for pattern in acquire
            .iter()
            .chain(tries.iter().map(|(pattern, _)| pattern))
            .chain(&callback)
        {
            for hole in pattern.holes() {
                let names_the_lock =
                    !matches!(hole.as_str(), "TICKET" | "CALLBACK") && !hole.starts_with('_');
                if names_the_lock && !key_holes.contains(hole) {
                    key_holes.push(hole.clone());
                }
            }
        }
        for pattern in &release {
            for hole in pattern.holes() {
                let bound = key_holes.contains(hole)
                    || hole.starts_with('_')
                    || (hole == "TICKET" && !ticket.is_empty());
                if !bound {
                    return Err(format!(
                        "lock `{}`: `${hole}` of a release is bound by no acquire",
                        lock.name
                    ));
                }
            }
        }
        let modules = if lock.modules.is_empty() {
            library.modules.clone()
        } else {
            lock.modules.clone()
        };
        Ok(Entry {
            library: library.library.clone(),
            modules,
            acquire,
            tries,
            release,
            sure: many(&lock.sure)?,
            reads: many(&lock.reads)?,
            closed: many(&lock.closed)?,
            guarded: many(&lock.guarded)?,
            callback,
            context: many(&contexts(&lock))?,
            held: many(&lock.held)?,
            ticket,
            key_holes,
            lock,
        })
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = (Role, usize, &Deferred)> {
        fn all(
            role: Role,
            patterns: &[Deferred],
        ) -> impl Iterator<Item = (Role, usize, &Deferred)> {
            let numbered = patterns.iter().enumerate();
            numbered.map(move |(index, pattern)| (role, index, pattern))
        }
        let tries = self.tries.iter().enumerate();
        all(Role::Acquire, &self.acquire)
            .chain(tries.map(|(index, (pattern, taken))| (Role::Try(*taken), index, pattern)))
            .chain(all(Role::Release, &self.release))
            .chain(all(Role::Read, &self.reads))
            .chain(all(Role::Close, &self.closed))
            .chain(all(Role::Guarded, &self.guarded))
            .chain(all(Role::Callback, &self.callback))
            .chain(all(Role::Context, &self.context))
            .chain(all(Role::Held, &self.held))
    }

    /// What the code of a pattern is called on, see [`Entry::evidence`].
    pub(super) fn called_on(&self, pattern: &Deferred) -> On {
        match pattern.receiver() {
            Some("$LOCK") if !self.lock.functions => On::Typed(self.lock.types.clone()),
            Some(receiver) if !self.lock.functions => {
                view_of(receiver).map_or(On::Anything, |view| On::View(view.to_owned()))
            }
            _ => On::Anything,
        }
    }

    /// Those that find nothing by themselves, too.
    #[cfg(test)]
    pub(super) fn every_pattern(&self) -> impl Iterator<Item = &Deferred> {
        let found = self.patterns().map(|(_, _, pattern)| pattern);
        found.chain(&self.sure).chain(&self.ticket)
    }

    pub(super) fn pattern(&self, role: Role, index: usize) -> &Deferred {
        match role {
            Role::Acquire => &self.acquire[index],
            Role::Try(_) => &self.tries[index].0,
            Role::Release => &self.release[index],
            Role::Read => &self.reads[index],
            Role::Close => &self.closed[index],
            Role::Guarded => &self.guarded[index],
            Role::Callback => &self.callback[index],
            Role::Context => &self.context[index],
            Role::Held => &self.held[index],
        }
    }

    /// How the result of an acquire says that the lock was taken, if the acquire is also listed
    /// as one that may come back without it.
    pub fn may_fail<'t>(&self, node: Node<'t>, text: &[u8]) -> Option<Taken> {
        let (_, taken) = self
            .tries
            .iter()
            .find(|(pattern, _)| pattern.matches(node, Code::plain(text), &mut Bindings::new()))?;
        Some(*taken)
    }

    /// Whether what the call gives is a status, and zero says that it has taken the lock.
    pub fn says_what_went_wrong<'t>(&self, node: Node<'t>, role: Role, text: &[u8]) -> bool {
        match role {
            Role::Try(taken) => taken == Taken::Zero,
            _ => self.may_fail(node, text) == Some(Taken::Zero),
        }
    }

    /// Whether the acquire never throws.
    pub fn is_sure<'t>(&self, node: Node<'t>, text: &[u8]) -> bool {
        self.sure
            .iter()
            .any(|pattern| pattern.matches(node, Code::plain(text), &mut Bindings::new()))
    }

    /// The name by which the library exports what the node names, for libraries of functions:
    /// files may call them as they like.
    pub(super) fn exported(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<String> {
        // A path of names, not a call in it.
        if !self.lock.functions || node.named_child_count() > 2 {
            return None;
        }
        let dotted = normal(node, at.text);
        let (module, name) = at.names.imported(&dotted)?;
        self.modules
            .iter()
            .any(|own| own == module)
            .then(|| name.to_owned())
    }

    /// Whether the acquire is given something that does not name the lock.
    pub fn is_given_more<'t>(&self, node: Node<'t>, text: &[u8]) -> bool {
        let plain =
            |pattern: &&Deferred| pattern.matches(node, Code::plain(text), &mut Bindings::new());
        self.acquire
            .iter()
            .find(plain)
            .is_some_and(|pattern| pattern.holes().iter().any(|hole| hole.starts_with('_')))
    }

    /// Whether the class is one of the lock's types.
    pub fn is_of(&self, class: &TypeRef, names: &Names) -> bool {
        self.module_of(class, names).is_some()
    }

    /// Whether a method of this name takes the lock.
    pub fn is_taken_by(&self, method: &str) -> bool {
        let mut acquires = self.acquire.iter();
        acquires.any(|pattern| pattern.word() == Some(method))
    }

    /// The lock that the holes name: its texts, joined.
    pub fn key_text(&self, bindings: &Bindings<'_>, at: Surroundings<'_>) -> String {
        let texts: Vec<String> = self
            .key_nodes(bindings)
            .map(|node| at.grammar.known_as(node, at.text))
            .collect();
        texts.join(", ")
    }

    /// What the holes that name the lock stand for.
    pub fn key_nodes<'t>(&self, bindings: &Bindings<'t>) -> impl Iterator<Item = Node<'t>> {
        self.key_holes
            .iter()
            .filter_map(|hole| bindings.get(hole))
            .copied()
    }

    /// Whether the bindings fit this lock, and how sure that is.
    pub(super) fn evidence(
        &self,
        bindings: &Bindings<'_>,
        role: Role,
        at: Surroundings<'_>,
    ) -> Option<Confidence> {
        let imported = || {
            self.modules
                .iter()
                .any(|module| at.names.modules.contains(module))
        };
        let Some(receiver) = bindings.get("LOCK") else {
            // By ticket: the acquire is the evidence.
            let known = role == Role::Release || self.lock.unmistakable || self.needs_no_import();
            return (known || imported()).then_some(Confidence::Typed);
        };
        if self.lock.functions {
            return match self.needs_no_import() || imported() {
                true => Some(Confidence::Typed),
                false => self.lock.unmistakable.then_some(Confidence::Imported),
            };
        }
        let receiver = at.receivers.of(*receiver, at);
        let name = &receiver.name;
        match &receiver.class {
            Some(class) if self.module_of(class, at.names).is_some() => Some(Confidence::Typed),
            Some(class) if self.lock.by_name && self.is_guarded(class, at.names) => {
                Some(Confidence::Typed)
            }
            // Not in the catalogue, or it would have been taken for typed: judged by its name.
            Some(TypeRef::Known {
                name: type_name, ..
            }) => {
                // A factory says less than a type: there the variable's own name counts too.
                let factory = type_name.starts_with(|first: char| first.is_lowercase());
                let tells = telling(type_name) || (factory && telling(name));
                (self.lock.by_name && tells).then_some(Confidence::Named)
            }
            Some(TypeRef::Local(class)) => {
                let class = at.names.class(class)?;
                let has = |pattern: &Deferred| {
                    pattern
                        .word()
                        .is_some_and(|word| class.methods.iter().any(|method| method == word))
                };
                (self.lock.by_name
                    && (telling(&class.name)
                        || telling(name)
                        || class.methods.iter().any(|method| method == "acquire"))
                    && (class.has_base
                        || (self.acquire.iter().any(has) && self.release.iter().any(has))))
                .then_some(Confidence::Named)
            }
            Some(TypeRef::Named(type_name)) => {
                (self.lock.by_name && telling(type_name)).then_some(Confidence::Named)
            }
            None if !telling(name) => None,
            None if self.lock.by_name => Some(Confidence::Named),
            None => {
                let worded = self.acquire.iter().any(|pattern| pattern.word().is_some());
                (worded && imported()).then_some(Confidence::Imported)
            }
        }
    }

    /// Whether the code base has a guard of its own for locks of this type.
    fn is_guarded(&self, class: &TypeRef, names: &Names) -> bool {
        names.guards.iter().any(|guard| {
            guard.holds(class) && self.is_taken_by(&guard.takes) && self.is_freed_by(&guard.frees)
        })
    }

    /// Whether its functions or types are there without an import: those of the language itself.
    pub(super) fn needs_no_import(&self) -> bool {
        let global = self.modules.iter().any(String::is_empty);
        global || (self.lock.functions && self.modules.is_empty())
    }

    /// The module of this library that the class is of, if it is one of the lock's types.
    pub(super) fn module_of(&self, class: &TypeRef, names: &Names) -> Option<&str> {
        let (name, module) = match class {
            TypeRef::Known { module, name } => {
                let mut own = self.modules.iter();
                // Inside of a namespace its names stand by themselves; those of a header stand in none.
                let inside = |own: &&String| {
                    let header = own.ends_with(".h") && names.modules.contains(*own);
                    module.is_empty() && (header || names.spaces.contains(*own))
                };
                (name, own.find(|own| *own == module || inside(own)))
            }
            // Of those whose names the file uses as they are.
            TypeRef::Named(name) => {
                let mut own = self.modules.iter();
                let used =
                    |own: &&String| names.wildcards.contains(own) || names.spaces.contains(*own);
                (name, own.find(used))
            }
            TypeRef::Local(_) => return None,
        };
        module.filter(|_| self.has_type(name)).map(String::as_str)
    }

    pub(super) fn has_type(&self, name: &str) -> bool {
        self.lock
            .types
            .iter()
            .any(|own| own == name || (own == "default" && name == "*"))
    }
}

/// The method that gives the lock, of the code that a pattern is called on: `readLock` of `$LOCK.readLock()`.
pub(super) fn view_of(receiver: &str) -> Option<&str> {
    let view = receiver.strip_prefix("$LOCK.")?.strip_suffix("()")?;
    (!view.contains(['.', '('])).then_some(view)
}

impl Entry {
    /// Whether a release is a call of this method of the lock.
    pub fn is_freed_by(&self, method: &str) -> bool {
        self.release
            .iter()
            .any(|pattern| pattern.word() == Some(method))
    }

    /// Whether the text ends with the name of a method that releases.
    pub fn is_freed_by_end(&self, text: &[u8]) -> bool {
        let mut words = self.release.iter().filter_map(Deferred::word);
        words.any(|word| text.ends_with(word.as_bytes()))
    }

    /// Whether the lock goes when what carries it is closed.
    pub fn is_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    /// Whether a second release does harm.
    pub fn again_harmful(&self, by_ticket: bool) -> bool {
        match self.lock.again {
            schema::Again::Harmful | schema::Again::HarmlessWhileOpen => true,
            schema::Again::Harmless => false,
            schema::Again::HarmlessByTicket => !by_ticket,
        }
    }

    /// Whether releases and the closing of what carries the lock go together: then closing it is one
    /// more way to free it.
    pub fn is_freed_by_closing(&self) -> bool {
        self.lock.again == schema::Again::HarmlessWhileOpen
    }

    /// Whether a second release is a mistake worth telling.
    pub fn again_mistaken(&self, by_ticket: bool) -> bool {
        !self.is_freed_by_closing() && self.again_harmful(by_ticket)
    }

    /// Whether nothing but the ticket of an acquire frees what it took.
    pub fn released_by_ticket_only(&self) -> bool {
        self.lock
            .release
            .iter()
            .all(|code| code.contains("$TICKET"))
    }

    /// Whether a release by ticket names the lock as well: `$LOCK.unlock($TICKET)`.
    pub fn ticket_needs_lock(&self) -> bool {
        self.lock
            .release
            .iter()
            .any(|code| code.contains("$TICKET") && code.contains("$LOCK"))
    }

    /// Whether the form is there for locks that were just taken, not only for those held already.
    pub fn has_form(&self, form: Form) -> bool {
        self.lock.forms.iter().any(|entry| match entry {
            schema::FormEntry::Name(name) => *name == form,
            schema::FormEntry::Code(code) => {
                code.name == form && (!code.code.is_empty() || code.define.is_some())
            }
        })
    }

    /// The code that the entry gives for a form.
    pub fn form_code(&self, form: Form) -> Option<&str> {
        Some(self.form(form)?.code.as_str()).filter(|code| !code.is_empty())
    }

    /// A form with everything that the entry says of it.
    pub fn form(&self, form: Form) -> Option<&FormCode> {
        self.lock.forms.iter().find_map(|entry| match entry {
            schema::FormEntry::Code(code) if code.name == form => Some(code.as_ref()),
            _ => None,
        })
    }

    /// The full name of the receiver's type, where that is one of this lock.
    pub fn type_of(&self, lock: Node<'_>, at: Surroundings<'_>) -> Option<String> {
        let receiver = at.receivers.of(lock, at);
        let class = receiver.class.as_ref()?;
        let module = self.module_of(class, at.names)?;
        match class {
            TypeRef::Known { module, name } => Some(joined(module, name)),
            TypeRef::Named(name) => Some(joined(module, name)),
            TypeRef::Local(_) => None,
        }
    }
}

impl Entry {
    /// The construct for a lock that the function `acquire` takes and `release` frees.
    pub fn form_for(&self, form: Form, acquire: &str, release: &str) -> Option<&schema::FormCode> {
        let fits = |wanted: &Option<String>, called: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == called)
        };
        self.lock.forms.iter().find_map(|entry| match entry {
            schema::FormEntry::Code(code)
                if code.name == form
                    && fits(&code.acquire, acquire)
                    && fits(&code.release, release) =>
            {
                Some(code.as_ref())
            }
            _ => None,
        })
    }

    /// How a ticket is bound and how it releases: `[, $TICKET]` and `$TICKET()`.
    ///
    /// A lock that is known by name only may give no ticket: one is recognised, never brought in.
    pub fn ticket_code(&self) -> Option<(&str, &str)> {
        if self.lock.by_name {
            return None;
        }
        let binding = self.lock.ticket.first()?;
        let release = self
            .lock
            .release
            .iter()
            .find(|code| code.contains("$TICKET"))?;
        Some((binding, release))
    }
}

/// The expressions that a `with` form of the lock holds: `with $LOCK:` → `$LOCK`, and where that is the
/// acquire itself, all that acquires.
fn contexts(lock: &Lock) -> Vec<String> {
    let heads = lock.forms.iter().filter_map(|form| {
        let head = form.code()?.strip_suffix(':')?;
        let held = head
            .strip_prefix("async ")
            .unwrap_or(head)
            .strip_prefix("with ")?;
        Some(held.split(" as ").next().unwrap_or(held))
    });
    let held = heads.flat_map(|held| match held {
        "$ACQUIRE" => lock.acquire.clone(),
        held => vec![held.to_owned()],
    });
    held.chain(lock.context.iter().cloned()).collect()
}
