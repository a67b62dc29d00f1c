//! The catalogue: what a lock is, as data. Loads `transforms/` and finds its patterns in code.

pub mod pattern;
pub mod schema;

use crate::finding::Form;
use crate::language::names::{Names, TypeRef, telling};
use crate::language::{Grammar, Language};
use pattern::{Bindings, Code, Pattern, normal};
use schema::{FormCode, Guard, LanguageFacts, Library, Lock, Taken};
use std::collections::HashMap;
use std::ops::Range;
use tree_sitter::Node;

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

/// A lock of a library, compiled.
#[derive(Debug)]
pub struct Entry {
    pub library: String,
    pub lock: Lock,
    /// Modules that its types are imported from.
    pub modules: Vec<String>,
    acquire: Vec<Pattern>,
    tries: Vec<(Pattern, Taken)>,
    sure: Vec<Pattern>,
    release: Vec<Pattern>,
    reads: Vec<Pattern>,
    closed: Vec<Pattern>,
    guarded: Vec<Pattern>,
    callback: Vec<Pattern>,
    context: Vec<Pattern>,
    held: Vec<Pattern>,
    pub ticket: Vec<Pattern>,
    /// The holes that name the lock, in order.
    key_holes: Vec<String>,
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
    /// One of these is mentioned; empty: nothing in particular.
    pub modules: Vec<String>,
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
}

impl Catalog {
    /// Compiles the embedded files of the language's folder, and `further` libraries.
    ///
    /// # Errors
    /// [`CatalogError`] when an entry is not valid.
    pub fn load(grammar: &dyn Grammar, further: &[Library]) -> Result<Catalog, CatalogError> {
        let folder = grammar.language().folder();
        let mut libraries: Vec<(String, Library)> = Vec::new();
        let mut facts = LanguageFacts::default();
        for (_, stem, text) in FILES.iter().filter(|(language, ..)| *language == folder) {
            let path = format!("transforms/{folder}/{stem}.toml");
            let invalid = |error: toml::de::Error| CatalogError {
                path: path.clone(),
                message: error.message().to_owned(),
            };
            if *stem == "language" {
                facts = toml::from_str(text).map_err(invalid)?;
            } else {
                libraries.push((path.clone(), toml::from_str(text).map_err(invalid)?));
            }
        }
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
        for (path, library) in libraries {
            let first = catalog.entries.len();
            for lock in library.lock.clone() {
                let entry =
                    Entry::compile(&library, lock, grammar).map_err(|message| CatalogError {
                        path: path.clone(),
                        message,
                    })?;
                catalog.add(entry);
            }
            let own = first..catalog.entries.len();
            let guards = library.guard.into_iter().map(|guard| (guard, own.clone()));
            catalog.guards.extend(guards);
        }
        Ok(catalog)
    }

    /// The guards of this class, by its full name: as many as it can be made with.
    pub fn guards(&self, class: &str) -> impl Iterator<Item = &Guard> {
        self.guards
            .iter()
            .map(|(guard, _)| guard)
            .filter(move |guard| guard.classes.iter().any(|known| known == class))
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
        if let Some(TypeRef::Known { module, name }) = type_of(lock, at)
            && let Some(typed) = self.entries.iter().position(|entry| {
                fits(entry) && entry.modules.contains(&module) && entry.has_type(&name)
            })
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
                    // `from PySide6 import QtCore` does not spell the module out.
                    // A type of the global namespace mentions no module.
                    modules: entry
                        .modules
                        .iter()
                        .filter(|_| !entry.modules.iter().any(String::is_empty))
                        .map(|module| match module.split_once('.') {
                            Some((root, _)) if !module.contains('/') => root.to_owned(),
                            _ => module.clone(),
                        })
                        .collect(),
                });
            }
        }
        needs
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
        let receiver = bindings.get("LOCK");
        let Some(TypeRef::Known { module, name }) = receiver.and_then(|node| type_of(*node, at))
        else {
            return false;
        };
        self.entries
            .iter()
            .any(|entry| entry.modules.contains(&module) && entry.has_type(&name))
            || self.guards(&joined(&module, &name)).next().is_some()
    }
}

/// The full name of a type in a namespace.
pub fn joined(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// The type of a receiver, by its own syntax or by its name.
fn type_of(receiver: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef> {
    at.grammar.type_of(receiver, at).or_else(|| {
        let name = normal(receiver, at.text);
        at.names.type_at(&name, receiver.start_byte()).cloned()
    })
}

impl Entry {
    fn compile(library: &Library, lock: Lock, grammar: &dyn Grammar) -> Result<Entry, String> {
        let one = |code: &String| {
            grammar
                .parse_pattern(code)
                .map_err(|error| format!("lock `{}`: {error}", lock.name))
        };
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
            .map(|code| {
                grammar
                    .parse_binding_pattern(code)
                    .map_err(|error| format!("lock `{}`: {error}", lock.name))
            })
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
                if names_the_lock && !key_holes.contains(&hole) {
                    key_holes.push(hole);
                }
            }
        }
        for pattern in &release {
            for hole in pattern.holes() {
                let bound = key_holes.contains(&hole)
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

    fn patterns(&self) -> impl Iterator<Item = (Role, usize, &Pattern)> {
        self.acquire
            .iter()
            .enumerate()
            .map(|(index, pattern)| (Role::Acquire, index, pattern))
            .chain(
                self.tries
                    .iter()
                    .enumerate()
                    .map(|(index, (pattern, taken))| (Role::Try(*taken), index, pattern)),
            )
            .chain(
                self.release
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Release, index, pattern)),
            )
            .chain(
                self.reads
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Read, index, pattern)),
            )
            .chain(
                self.closed
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Close, index, pattern)),
            )
            .chain(
                self.guarded
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Guarded, index, pattern)),
            )
            .chain(
                self.callback
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Callback, index, pattern)),
            )
            .chain(
                self.context
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Context, index, pattern)),
            )
            .chain(
                self.held
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| (Role::Held, index, pattern)),
            )
    }

    fn pattern(&self, role: Role, index: usize) -> &Pattern {
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

    /// Whether the acquire never throws.
    pub fn is_sure<'t>(&self, node: Node<'t>, text: &[u8]) -> bool {
        self.sure
            .iter()
            .any(|pattern| pattern.matches(node, Code::plain(text), &mut Bindings::new()))
    }

    /// The name by which the library exports what the node names, for libraries of functions:
    /// files may call them as they like.
    fn exported(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<String> {
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
    fn evidence(
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
        let name = normal(*receiver, at.text);
        match type_of(*receiver, at) {
            Some(TypeRef::Known { module, name })
                if self.modules.contains(&module) && self.has_type(&name) =>
            {
                Some(Confidence::Typed)
            }
            // Not in the catalogue, or it would have been taken for typed: judged by its name.
            Some(TypeRef::Known {
                name: type_name, ..
            }) => {
                // A factory says less than a type: there the variable's own name counts too.
                let factory = type_name.starts_with(|first: char| first.is_lowercase());
                let tells = telling(&type_name) || (factory && telling(&name));
                (self.lock.by_name && tells).then_some(Confidence::Named)
            }
            Some(TypeRef::Local(class)) => {
                let class = at.names.class(&class)?;
                let has = |pattern: &Pattern| {
                    pattern
                        .word()
                        .is_some_and(|word| class.methods.iter().any(|method| method == word))
                };
                (self.lock.by_name
                    && (telling(&class.name)
                        || telling(&name)
                        || class.methods.iter().any(|method| method == "acquire"))
                    && (class.has_base
                        || (self.acquire.iter().any(has) && self.release.iter().any(has))))
                .then_some(Confidence::Named)
            }
            Some(TypeRef::Named(type_name))
                if self.has_type(&type_name)
                    && self
                        .modules
                        .iter()
                        .any(|module| at.names.wildcards.contains(module)) =>
            {
                Some(Confidence::Typed)
            }
            Some(TypeRef::Named(type_name)) => {
                (self.lock.by_name && telling(&type_name)).then_some(Confidence::Named)
            }
            None if !telling(&name) => None,
            None if self.lock.by_name => Some(Confidence::Named),
            None => {
                let worded = self.acquire.iter().any(|pattern| pattern.word().is_some());
                (worded && imported()).then_some(Confidence::Imported)
            }
        }
    }

    /// Whether its functions or types are there without an import: those of the language itself.
    fn needs_no_import(&self) -> bool {
        let global = self.modules.iter().any(String::is_empty);
        global || (self.lock.functions && self.modules.is_empty())
    }

    fn has_type(&self, name: &str) -> bool {
        self.lock
            .types
            .iter()
            .any(|own| own == name || (own == "default" && name == "*"))
    }
}

/// The expressions that a `with` form of the lock holds: `with $LOCK:` → `$LOCK`.
fn contexts(lock: &Lock) -> Vec<String> {
    lock.forms
        .iter()
        .filter_map(|form| {
            let head = form.code()?.strip_suffix(':')?;
            let held = head
                .strip_prefix("async ")
                .unwrap_or(head)
                .strip_prefix("with ")?;
            Some(held.split(" as ").next().unwrap_or(held).to_owned())
        })
        .chain(lock.context.iter().cloned())
        .collect()
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

impl Entry {
    /// Whether a release is a call of this method of the lock.
    pub fn is_freed_by(&self, method: &str) -> bool {
        self.release
            .iter()
            .any(|pattern| pattern.word() == Some(method))
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
        match type_of(lock, at) {
            Some(TypeRef::Known { module, name })
                if self.modules.contains(&module) && self.has_type(&name) =>
            {
                Some(joined(&module, &name))
            }
            _ => None,
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
                Some(&**code)
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
