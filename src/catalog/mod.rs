//! The catalogue: what a lock is, as data. Loads `transforms/` and finds its patterns in code.

mod deferred;
mod entry;
pub mod pattern;
mod receivers;
pub mod schema;

use crate::finding::Form;
use crate::language::names::{Names, TypeRef, split_member, telling};
use crate::language::{Grammar, Language};
use crate::skim::{Hidden, On, Pairs, Use};
use crate::tree::Node;
pub use deferred::Deferred;
pub use entry::Entry;
use entry::view_of;
use pattern::{Bindings, Code};
use receivers::Receiver;
pub use receivers::Receivers;
use schema::{Family, Guard, LanguageFacts, Library, Lock, Taken};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// `(language folder, file stem, text)` of every file below `transforms/`.
pub const FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/transforms.rs"));

/// The compiled catalogue of one language.
#[derive(Debug)]
pub struct Catalog {
    pub entries: Vec<Entry>,
    pub facts: LanguageFacts,
    /// Guards, each with the entries of its library.
    guards: Vec<(Guard, Range<usize>)>,
    /// Patterns by their word.
    by_word: HashMap<String, Vec<PatternRef>>,
    /// Patterns without a word of their own.
    wordless: Vec<PatternRef>,
}

/// What a pattern of an entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Acquire,
    Try(Taken),
    Release,
    /// Looks at a ticket.
    Read,
    /// Ends what carries the lock.
    Close,
    /// A call that holds the lock while its callback runs.
    Guarded,
    /// A call whose callback is handed the release.
    Callback,
    /// An expression that a `with` may hold.
    Context,
    /// A question whether the lock is held.
    Held,
}

/// What a text must hold before a lock of an entry can be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// One of these is called; empty: nothing in particular.
    pub calls: Vec<String>,
    /// One of these is mentioned, each by all the parts that spell it; empty: nothing in particular.
    pub modules: Vec<Vec<String>>,
}

#[derive(Debug, Clone, Copy)]
struct PatternRef {
    entry: usize,
    role: Role,
    index: usize,
}

/// A pattern found in code.
#[derive(Debug)]
pub struct Match<'t> {
    pub entry: usize,
    pub role: Role,
    pub bindings: Bindings<'t>,
    pub confidence: Confidence,
}

/// How sure it is that the receiver is this lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// By its name only.
    Named,
    /// The file imports the library and the name tells.
    Imported,
    /// By its type.
    Typed,
}

/// The catalogue cannot be used; `path` and the sentence say where and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{path}: {message}")]
pub struct CatalogError {
    pub path: String,
    pub message: String,
}

/// The text, the names and the syntax of the file in which patterns are looked for.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub text: &'a [u8],
    pub names: &'a Names,
    pub grammar: &'a dyn Grammar,
    /// What was found out of receivers so far.
    pub receivers: &'a Receivers,
    /// What was not parsed.
    pub hidden: &'a Hidden<'a>,
}

/// The name of the file that holds no library but what is true of the whole language.
const FACTS: &str = "language";

/// The embedded libraries of a folder of `transforms/`, each with the path of its file.
pub fn libraries(folder: &str) -> impl Iterator<Item = Result<(String, Library), CatalogError>> {
    FILES
        .iter()
        .filter(move |(of, stem, _)| *of == folder && *stem != FACTS)
        .map(|file| Ok((path_of(file), embedded(file)?)))
}

fn path_of((folder, stem, _): &(&str, &str, &str)) -> String {
    format!("transforms/{folder}/{stem}.toml")
}

fn embedded<T: serde::de::DeserializeOwned>(file: &(&str, &str, &str)) -> Result<T, CatalogError> {
    toml::from_str(file.2).map_err(|error| CatalogError {
        path: path_of(file),
        message: error.message().to_owned(),
    })
}

impl Catalog {
    /// Compiles the embedded files of the language's folder, those of a family only where it is
    /// among `families`, and `further` libraries.
    ///
    /// # Errors
    /// [`CatalogError`] when an entry is not valid.
    pub fn load(
        language: Language,
        families: &[Family],
        further: &[Library],
    ) -> Result<Catalog, CatalogError> {
        let folder = language.folder();
        let mut libraries = libraries(folder).collect::<Result<Vec<_>, _>>()?;
        libraries.retain(|(_, library)| {
            let family = library.family.as_ref();
            family.is_none_or(|family| families.contains(family))
        });
        let facts = FILES
            .iter()
            .find(|(of, stem, _)| *of == folder && *stem == FACTS)
            .map_or(Ok(LanguageFacts::default()), embedded)?;
        let embedded = libraries.len();
        for library in further {
            libraries.push(("[[lock]]".to_owned(), library.clone()));
        }
        let mut catalog = Catalog {
            entries: Vec::new(),
            facts,
            guards: Vec::new(),
            by_word: HashMap::new(),
            wordless: Vec::new(),
        };
        for (number, (path, library)) in libraries.into_iter().enumerate() {
            let known = number < embedded;
            let first = catalog.entries.len();
            for lock in library.lock.clone() {
                let entry = Entry::compile(&library, lock, language, known);
                catalog.add(entry.map_err(|message| CatalogError {
                    path: path.clone(),
                    message,
                })?);
            }
            let own = first..catalog.entries.len();
            let guards = library.guard.into_iter().map(|guard| (guard, own.clone()));
            catalog.guards.extend(guards);
        }
        Ok(catalog)
    }

    /// The guards of this class, by its full name: as many as it can be made with. Those of libraries
    /// that the file includes come first.
    pub fn guards(&self, class: &str, names: &Names) -> impl Iterator<Item = &Guard> {
        let included = |own: &Range<usize>| {
            let mut modules = self.entries[own.clone()]
                .iter()
                .flat_map(|entry| &entry.modules);
            modules.any(|module| names.modules.contains(module))
        };
        let mut found: Vec<&(Guard, Range<usize>)> = self
            .guards
            .iter()
            .filter(|(guard, _)| guard.classes.iter().any(|known| known == class))
            .collect();
        found.sort_by_key(|(_, own)| !included(own));
        found.into_iter().map(|(guard, _)| guard)
    }

    /// The entry of a lock that such a guard holds: the one that its type tells, else any of its
    /// library with the guard's mode.
    pub fn guarded_entry(
        &self,
        guard: &Guard,
        lock: Node<'_>,
        at: Surroundings<'_>,
    ) -> Option<usize> {
        let fits = |entry: &Entry| entry.lock.mode == guard.mode;
        if let Some(class) = &at.receivers.of(lock, at).class
            && let Some(typed) = self
                .entries
                .iter()
                .position(|entry| fits(entry) && entry.module_of(class, at.names).is_some())
        {
            return Some(typed);
        }
        let (_, own) = self
            .guards
            .iter()
            .find(|(known, _)| std::ptr::eq(known, guard))?;
        own.clone().find(|index| fits(&self.entries[*index]))
    }

    fn add(&mut self, entry: Entry) {
        let number = self.entries.len();
        let roles: Vec<(Role, usize, Option<String>)> = entry
            .patterns()
            .map(|(role, index, pattern)| (role, index, pattern.word().map(str::to_owned)))
            .collect();
        for (role, index, word) in roles {
            let reference = PatternRef {
                entry: number,
                role,
                index,
            };
            match word {
                Some(word) => self.by_word.entry(word).or_default().push(reference),
                None => self.wordless.push(reference),
            }
        }
        self.entries.push(entry);
    }

    /// What a text has to hold for this catalogue to matter, entry by entry.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        for entry in &self.entries {
            let mut calls: Vec<String> = Vec::new();
            let mut wordless = false;
            for (role, _, pattern) in entry.patterns() {
                if !matches!(role, Role::Acquire | Role::Try(_) | Role::Callback) {
                    continue;
                }
                match pattern.word() {
                    Some(word) => calls.push(word.to_owned()),
                    None => wordless = true,
                }
            }
            calls.sort_unstable();
            calls.dedup();
            if entry.lock.by_name || entry.lock.unmistakable || entry.needs_no_import() {
                needs.push(Need {
                    calls,
                    modules: Vec::new(),
                });
            } else {
                needs.push(Need {
                    calls: if wordless { Vec::new() } else { calls },
                    // A type of the global namespace mentions no module.
                    modules: entry
                        .modules
                        .iter()
                        .filter(|_| !entry.modules.iter().any(String::is_empty))
                        .map(|module| spelled(module))
                        .collect(),
                });
            }
        }
        needs
    }

    /// The words without one of which a function neither takes nor frees a lock, each with what they mean, where the
    /// need of an entry has its position; `None` where a call of any name may.
    pub fn marks(&self) -> Option<Vec<(&str, Vec<Use>)>> {
        let mut words: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
        for (need, entry) in self.entries.iter().enumerate() {
            let mut add = |word, on| {
                let uses: &mut Vec<Use> = words.entry(word).or_default();
                let used = Use { need, on };
                if !uses.contains(&used) {
                    uses.push(used);
                }
            };
            for (role, _, pattern) in entry.patterns() {
                match (role, pattern.word()) {
                    (Role::Read | Role::Close | Role::Held, _) => {}
                    (_, Some(word)) => add(word, entry.called_on(pattern)),
                    (_, None) => return None,
                }
            }
            // `std::lock(a, b)`
            for name in &entry.lock.together {
                let word = split_member(name).map_or(name.as_str(), |(_, last)| last);
                add(word, On::Anything);
            }
        }
        Some(words.into_iter().collect())
    }

    /// What is known of methods without arguments, whatever lock they are called on.
    pub fn pairs(&self) -> Pairs {
        let mut pairs = Pairs::default();
        for lock in self.entries.iter().map(|entry| &entry.lock) {
            let plain = |codes: &'_ [String]| -> Vec<(String, String)> {
                let calls = codes.iter().filter_map(|code| plain_call(code));
                calls
                    .map(|(of, word)| (of.to_owned(), word.to_owned()))
                    .collect()
            };
            let releases = plain(&lock.release);
            // An object that is freed by what the acquire gave has no method that frees it: no code calls one.
            let by_ticket =
                !lock.release.is_empty() && releases.iter().all(|(of, _)| of == "$TICKET");
            let tries = lock.tries.iter().map(|one| &one.code);
            for code in lock.acquire.iter().chain(tries) {
                let Some((receiver, word)) = plain_call(code) else {
                    continue;
                };
                pairs.views.extend(view_of(receiver).map(str::to_owned));
                if by_ticket {
                    continue;
                }
                let frees: HashSet<String> = releases
                    .iter()
                    .filter(|(of, _)| of == receiver && lock.acquire.contains(code))
                    .map(|(_, word)| word.clone())
                    .collect();
                pairs
                    .frees
                    .entry(word.to_owned())
                    .and_modify(|known| known.retain(|word| frees.contains(word)))
                    .or_insert(frees);
            }
        }
        pairs
    }

    /// The locks of a call that takes these arguments at once, of `known` entries; none where one of
    /// them is not known to be a lock.
    pub fn taken_together<'t>(
        &self,
        known: impl Fn(&Entry) -> bool,
        arguments: &[Node<'t>],
        at: Surroundings<'_>,
    ) -> Vec<Match<'t>> {
        let entry_of = |lock: Node<'t>| {
            let receiver = at.receivers.of(lock, at);
            self.entries.iter().position(|entry| {
                known(entry)
                    && match &receiver.class {
                        Some(class) => entry.module_of(class, at.names).is_some(),
                        None => entry.lock.by_name && telling(&receiver.name),
                    }
            })
        };
        let taken = arguments.iter().map(|lock| {
            Some(Match {
                entry: entry_of(*lock)?,
                role: Role::Acquire,
                bindings: Bindings::from([("LOCK".to_owned(), *lock)]),
                confidence: Confidence::Typed,
            })
        });
        taken.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The best match of `node` among the patterns that `wanted` admits.
    pub fn find<'t>(
        &self,
        node: Node<'t>,
        at: Surroundings<'_>,
        wanted: impl Fn(Role) -> bool,
    ) -> Option<Match<'t>> {
        self.find_all(node, at, wanted)
            .into_iter()
            .reduce(|best, next| {
                if next.confidence > best.confidence || self.is_safer(&next, &best) {
                    next
                } else {
                    best
                }
            })
    }

    /// Of two libraries that a file imports, an untyped lock may be either's: then the one that
    /// leaves the acquire as it stands, which is right for both.
    fn is_safer(&self, next: &Match<'_>, best: &Match<'_>) -> bool {
        let [other, own] = [next, best].map(|hit| &self.entries[hit.entry]);
        next.confidence == Confidence::Imported
            && best.confidence == Confidence::Imported
            && other.library != own.library
            && own.form_code(Form::With).is_some()
            && other.form_code(Form::With).is_none()
    }

    /// Every match of `node` among the patterns that `wanted` admits.
    pub fn find_all<'t>(
        &self,
        node: Node<'t>,
        at: Surroundings<'_>,
        wanted: impl Fn(Role) -> bool,
    ) -> Vec<Match<'t>> {
        let word = at.grammar.called_word(node, at.text);
        let renamed = word
            .as_ref()
            .and_then(|word| at.names.imports.get(word))
            .map(|import| &import.name)
            .filter(|name| Some(*name) != word.as_ref());
        let indexed = [word.as_ref(), renamed]
            .into_iter()
            .flatten()
            .filter_map(|word| self.by_word.get(word));
        let mut found = Vec::new();
        for reference in indexed.flatten().chain(&self.wordless) {
            if !wanted(reference.role) {
                continue;
            }
            let entry = &self.entries[reference.entry];
            let exported = |node: Node<'_>| entry.exported(node, at);
            let code = Code {
                text: at.text,
                exported: &exported,
            };
            let mut bindings = Bindings::new();
            if entry
                .pattern(reference.role, reference.index)
                .matches(node, code, &mut bindings)
                && let Some(confidence) = entry.evidence(&bindings, reference.role, at)
                && !(confidence == Confidence::Named && self.knows_type(&bindings, at))
            {
                found.push(Match {
                    entry: reference.entry,
                    role: reference.role,
                    bindings,
                    confidence,
                });
            }
        }
        found
    }
}

impl Catalog {
    /// Whether some library tells what the receiver is: then its name tells nothing more, and what
    /// that library does not list (`lock.acquire()` of asyncio without `await`) takes nothing.
    fn knows_type(&self, bindings: &Bindings<'_>, at: Surroundings<'_>) -> bool {
        let receiver = bindings.get("LOCK").map(|node| at.receivers.of(*node, at));
        receiver.is_some_and(|receiver| {
            let known = || self.knows_class(&receiver, at);
            *receiver.is_known.get_or_init(known)
        })
    }

    fn knows_class(&self, receiver: &Receiver, at: Surroundings<'_>) -> bool {
        let Some(class) = &receiver.class else {
            return false;
        };
        let is_guard = |module: &str, name: &str| {
            self.guards(&joined(module, name), at.names)
                .next()
                .is_some()
        };
        self.entries
            .iter()
            .any(|entry| entry.module_of(class, at.names).is_some())
            || match class {
                TypeRef::Known { module, name } => is_guard(module, name),
                TypeRef::Named(name) => {
                    let mut used = at.names.wildcards.iter();
                    used.any(|module| is_guard(module, name))
                }
                TypeRef::Local(_) => false,
            }
    }
}

/// What a text that uses a module mentions: `from PySide6 import QtCore` does not spell it in one piece. The end of
/// the name of a header tells nothing.
fn spelled(module: &str) -> Vec<String> {
    if module.contains('/') {
        return vec![module.to_owned()];
    }
    let parts = module.split('.').filter(|part| *part != "h");
    parts.map(str::to_owned).collect()
}

/// The receiver and the method of a call without arguments: `$LOCK.L` and `Lock` of `$LOCK.L.Lock()`.
fn plain_call(code: &str) -> Option<(&str, &str)> {
    code.strip_suffix("()")?.rsplit_once('.')
}

/// The full name of a type in a namespace.
pub fn joined(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// The languages that a `[[lock]]` of the configuration is for.
pub fn languages_of(lock: &Lock) -> Vec<Language> {
    Language::ALL
        .into_iter()
        .filter(|language| {
            lock.language
                .as_deref()
                .is_none_or(|name| name == language.name() || name == language.folder())
        })
        .collect()
}
