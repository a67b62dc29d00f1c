//! What a file says of its names: imports, declared types, classes. Filled in by each language,
//! asked by the catalogue for evidence.

use super::of_name::OfName;
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The names of one file.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// By local name.
    pub imports: FxHashMap<String, Import>,
    /// Every module that is imported, in whatever way.
    pub modules: FxHashSet<String>,
    /// Modules all of whose names are imported without being named.
    pub wildcards: Vec<String>,
    values: Vec<TypedValue>,
    by_name: FxHashMap<String, OfName>,
    pub classes: Vec<Class>,
    /// Fields by bare name, over all classes of the file; `None` where classes disagree.
    pub fields: FxHashMap<String, Option<TypeRef>>,
    /// Macros of the file that hide what their text does to control or to a lock.
    pub jumps: Vec<String>,
    /// What the file says that it is a part of.
    pub package: Option<String>,
    /// Namespaces that the file itself adds to.
    pub spaces: FxHashSet<String>,
    /// Classes whose objects hold a lock until the end of their block, as their methods show.
    pub guards: Vec<OwnGuard>,
    /// Fields by class and name, where the language keeps them apart.
    pub members: FxHashMap<(String, String), TypeRef>,
}

/// Where a local name comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Import {
    pub module: String,
    /// `*` for the module itself, `default`, or the exported name.
    pub name: String,
}

/// A variable or field with a type that is in sight.
#[derive(Debug, Clone)]
struct TypedValue {
    /// Where its name means this value.
    scope: Span,
    /// `None`: it hides others of its name, and its type is not known.
    type_ref: Option<TypeRef>,
}

/// A type, as far as the file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeRef {
    /// A name of an imported module.
    Known { module: String, name: String },
    /// A class of this file.
    Local(String),
    /// A name that this file does not explain.
    Named(String),
}

impl TypeRef {
    /// The type by its names alone, wherever it is written.
    fn anywhere(&self) -> (u8, String, String) {
        match self {
            TypeRef::Known { module, name } => (0, module.clone(), name.clone()),
            TypeRef::Local(name) => (1, String::new(), without_places(name)),
            TypeRef::Named(name) => (2, String::new(), without_places(name)),
        }
    }
}

/// The names in a text.
fn words_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_in_word(c))
        .filter(|word| !word.is_empty())
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A name without the place by which types without a name are told apart: `struct@120`.
fn without_places(name: &str) -> String {
    let mut parts = name.split('@');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('@');
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}

/// A guard that a code base has of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnGuard {
    pub class: String,
    /// The namespace of the class.
    pub space: String,
    /// The type of the locks that it is given.
    pub lock: String,
    /// They are given by their address.
    pub is_pointer: bool,
    /// The method of the lock that its constructor calls.
    pub takes: String,
    /// The method of the lock that its destructor calls.
    pub frees: String,
}

impl OwnGuard {
    /// Whether the guard is made for locks of this type.
    pub fn holds(&self, class: &TypeRef) -> bool {
        let last = |name: &str| name.rsplit("::").next().unwrap_or(name).to_owned();
        let (TypeRef::Known { name, .. } | TypeRef::Local(name) | TypeRef::Named(name)) = class;
        last(name) == last(&self.lock)
    }
}

/// A class of the file.
#[derive(Debug, Clone)]
pub struct Class {
    pub name: String,
    pub span: Span,
    pub methods: Vec<String>,
    pub has_base: bool,
    /// The bases that were imported.
    pub bases: Vec<TypeRef>,
}

impl Class {
    /// What the class is, where it says so: an imported base whose methods it leaves as they are.
    pub fn base(&self) -> Option<&TypeRef> {
        let overrides = ["acquire", "release", "lock", "unlock"]
            .iter()
            .any(|name| self.methods.iter().any(|method| method == name));
        self.bases.first().filter(|_| !overrides)
    }
}

impl Names {
    /// The type of what is called `name` at byte `at`: the innermost declaration in scope.
    pub fn type_at(&self, name: &str, at: usize) -> Option<&TypeRef> {
        self.declared_at(name, at).or_else(|| {
            let (_, field) = split_member(name)?;
            self.fields.get(field)?.as_ref()
        })
    }

    /// The same, for what is declared by this very name.
    pub fn declared_at(&self, name: &str, at: usize) -> Option<&TypeRef> {
        self.innermost(name, at)?.type_ref.as_ref()
    }

    /// Whether something is declared by this very name, known or not.
    pub fn is_declared_at(&self, name: &str, at: usize) -> bool {
        self.innermost(name, at).is_some()
    }

    fn innermost(&self, name: &str, at: usize) -> Option<&TypedValue> {
        let scope = |number: usize| self.values[number].scope;
        let number = self.by_name.get(name)?.innermost(at, scope)?;
        self.values.get(number)
    }

    /// The types of everything that is declared by this very name.
    pub fn declared_all(&self, name: &str) -> impl Iterator<Item = &TypeRef> {
        self.values_of(name)
            .filter_map(|value| value.type_ref.as_ref())
    }

    fn values_of(&self, name: &str) -> impl Iterator<Item = &TypedValue> {
        let of_name = self.by_name.get(name).into_iter();
        let numbers = of_name.flat_map(OfName::numbers);
        numbers.map(|number| &self.values[number])
    }

    /// Records a value by the name that code gives it: `mutex`, `this.mutex`. Fields also under their bare name.
    pub fn declare(&mut self, name: String, scope: Span, type_ref: TypeRef) {
        if let Some((_, field)) = split_member(&name) {
            self.fields
                .entry(field.to_owned())
                .and_modify(|known| {
                    if known.as_ref() != Some(&type_ref) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(type_ref.clone()));
        }
        self.add(name, scope, Some(type_ref));
    }

    /// Records a value whose type is not known, and which hides others of its name.
    pub fn declare_unknown(&mut self, name: String, scope: Span) {
        self.add(name, scope, None);
    }

    fn add(&mut self, name: String, scope: Span, type_ref: Option<TypeRef>) {
        let of_name = self.by_name.entry(name).or_default();
        let values = &self.values;
        of_name.add(values.len(), scope, |number| values[number].scope);
        self.values.push(TypedValue { scope, type_ref });
    }

    /// Takes in what a header says: its types, its fields and the variables of its top level. What
    /// is known already stays.
    pub fn add_headers(&mut self, headers: &Names) {
        self.modules.extend(headers.modules.iter().cloned());
        for (name, import) in &headers.imports {
            let known = self.imports.entry(name.clone());
            known.or_insert_with(|| import.clone());
        }
        for guard in &headers.guards {
            if !self.guards.contains(guard) {
                self.guards.push(guard.clone());
            }
        }
        for (field, type_ref) in &headers.fields {
            let known = self.fields.entry(field.clone());
            known.or_insert_with(|| type_ref.clone());
        }
        for (member, type_ref) in &headers.members {
            let known = self.members.entry(member.clone());
            known.or_insert_with(|| type_ref.clone());
        }
        for class in &headers.classes {
            if self.class(&class.name).is_none() {
                self.classes.push(Class {
                    span: Span::default(),
                    ..class.clone()
                });
            }
        }
        // Far behind the end of any text, and yet it can be moved.
        let everywhere = Span::new(0, usize::MAX / 4);
        for (name, of_name) in &headers.by_name {
            let values = of_name.numbers().map(|number| &headers.values[number]);
            for value in values.filter(|value| value.scope.start == 0) {
                self.add(name.clone(), everywhere, value.type_ref.clone());
            }
        }
    }

    /// Takes in the top level of another file of the same package: names and types that `fits` says
    /// mean the same here. What two of them say differently is not known.
    pub fn join(&mut self, other: &Names, fits: impl Fn(&str) -> bool) {
        for class in other.classes.iter().filter(|class| fits(&class.name)) {
            if self.class(&class.name).is_none() {
                self.classes.push(Class {
                    span: Span::default(),
                    ..class.clone()
                });
            }
        }
        for (name, of_name) in other.by_name.iter().filter(|(name, _)| fits(name)) {
            let values = of_name.numbers().map(|number| &other.values[number]);
            for value in values.filter(|value| value.scope.start == 0) {
                let told = value
                    .type_ref
                    .clone()
                    .filter(|told| matches!(told, TypeRef::Named(text) if fits(text)));
                let known = self.by_name.get(name);
                let known = known.and_then(|known| known.numbers().next());
                match known.map(|number| &mut self.values[number]) {
                    Some(known) if known.type_ref == told => {}
                    // What a struct embeds comes in any number.
                    Some(known) if !name.ends_with(".*") => known.type_ref = None,
                    _ => self.add(name.clone(), value.scope, told),
                }
            }
        }
    }

    /// Adds to `words` those of the types of all names that are made of words among them.
    pub fn reach(&self, words: &mut FxHashSet<String>) {
        let mut added = Vec::new();
        for (name, of_name) in &self.by_name {
            if words_in(name).all(|word| word == "type" || words.contains(word)) {
                for number in of_name.numbers() {
                    if let Some(TypeRef::Named(text)) = &self.values[number].type_ref {
                        let plain = text.split(|c: char| !is_in_word(c) && c != '.');
                        // A name of another package is none of this one.
                        let plain = plain.filter(|word| !word.is_empty() && !word.contains('.'));
                        added.extend(plain.map(str::to_owned));
                    }
                }
            }
        }
        words.extend(added);
    }

    /// Gives what is declared by this very name in `scope` another type.
    pub fn retype(&mut self, name: &str, scope: Span, type_ref: &TypeRef) {
        let of_name = self.by_name.get(name).into_iter();
        for number in of_name.flat_map(OfName::numbers) {
            let value = &mut self.values[number];
            if value.scope == scope {
                value.type_ref = Some(type_ref.clone());
            }
        }
    }

    /// What a possibly dotted name stands for. `joined` says whether modules nest by dots.
    pub fn resolve(&self, dotted: &str, joined: bool) -> TypeRef {
        let (root, rest) = match dotted.split_once('.') {
            Some((root, rest)) => (root, Some(rest)),
            None => (dotted, None),
        };
        if let Some(import) = self.imports.get(root) {
            if joined {
                let mut full = import.module.clone();
                if import.name != "*" {
                    full = format!("{full}.{}", import.name);
                }
                if let Some(rest) = rest {
                    full = format!("{full}.{rest}");
                }
                let (module, name) = full.rsplit_once('.').unwrap_or(("", &full));
                return TypeRef::Known {
                    module: module.to_owned(),
                    name: name.to_owned(),
                };
            }
            let name = rest.map_or(import.name.as_str(), |rest| {
                rest.rsplit('.').next().unwrap_or(rest)
            });
            return TypeRef::Known {
                module: import.module.clone(),
                name: name.to_owned(),
            };
        }
        if rest.is_none() && self.classes.iter().any(|class| class.name == root) {
            return TypeRef::Local(root.to_owned());
        }
        TypeRef::Named(dotted.to_owned())
    }

    /// The module and the name in it that a possibly dotted name was imported as, whatever this
    /// file calls it: `lf.lock` after `import * as lf from 'm'` is `lock` of `m`.
    pub fn imported<'n>(&'n self, dotted: &'n str) -> Option<(&'n str, &'n str)> {
        let (root, rest) = match dotted.split_once('.') {
            Some((root, rest)) => (root, Some(rest)),
            None => (dotted, None),
        };
        let import = self.imports.get(root)?;
        match rest {
            None => Some((&import.module, &import.name)),
            Some(rest) if matches!(import.name.as_str(), "*" | "default") => {
                Some((&import.module, rest))
            }
            Some(_) => None,
        }
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// The same names where `moved` says that their places are now. What an edit declares is not among
    /// them: no lock is declared by one.
    pub fn shifted(&self, moved: impl Fn(usize) -> usize) -> Names {
        let mut names = self.clone();
        let shift = |span: &mut Span| *span = Span::new(moved(span.start), moved(span.end));
        for value in &mut names.values {
            shift(&mut value.scope);
        }
        for class in &mut names.classes {
            shift(&mut class.span);
        }
        names
    }

    /// Tells names apart, wherever they stand: values in scopes that are `within` something are left out.
    pub fn digest(&self, within: impl Fn(Span) -> bool) -> u64 {
        let mut sum = 0;
        let mut add = |entry: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            entry(&mut hasher);
            // In whatever order tables are read.
            sum = u64::wrapping_add(sum, hasher.finish());
        };
        self.imports.iter().for_each(|one| add(&|to| one.hash(to)));
        self.modules.iter().for_each(|one| add(&|to| one.hash(to)));
        self.spaces.iter().for_each(|one| add(&|to| one.hash(to)));
        for (name, of) in &self.fields {
            add(&|to| (name, of.as_ref().map(TypeRef::anywhere)).hash(to));
        }
        for (member, of) in &self.members {
            add(&|to| (member, of.anywhere()).hash(to));
        }
        for (name, of_name) in &self.by_name {
            let values = of_name.numbers().map(|number| &self.values[number]);
            let seen = values.filter(|value| !within(value.scope));
            let types = seen.map(|value| value.type_ref.as_ref().map(TypeRef::anywhere));
            let types: Vec<_> = types.collect();
            if !types.is_empty() {
                add(&|to| (without_places(name), &types).hash(to));
            }
        }
        add(&|to| (&self.wildcards, &self.jumps, &self.package, &self.guards).hash(to));
        for class in &self.classes {
            let bases: Vec<_> = class.bases.iter().map(TypeRef::anywhere).collect();
            let name = without_places(&class.name);
            add(&|to| (&name, &class.methods, class.has_base, &bases).hash(to));
        }
        sum
    }

    /// The innermost class around the byte at `at`.
    pub fn class_at(&self, at: usize) -> Option<&Class> {
        self.classes
            .iter()
            .filter(|class| class.span.start <= at && at < class.span.end)
            .min_by_key(|class| class.span.end - class.span.start)
    }
}

/// The owner and the last member of a name: `this.lock`, `$this->lock`, `self::$lock`.
pub fn split_member(name: &str) -> Option<(&str, &str)> {
    [".", "->", "::"]
        .into_iter()
        .filter_map(|separator| name.rsplit_once(separator))
        .max_by_key(|(owner, _)| owner.len())
}

/// Words that make a name tell of a lock.
const TELLING: &[&str] = &[
    "lock",
    "locks",
    "locker",
    "mutex",
    "mutexes",
    "mtx",
    "mu",
    "lk",
    "sem",
    "sema",
    "semaphore",
    "semaphores",
    "rlock",
    "wlock",
    "rwlock",
    "rwmutex",
    "spinlock",
    "writelock",
    "readlock",
    "condition",
    "cond",
    "cv",
];

/// Words that make a telling name tell of something else.
const MISLEADING: &[&str] = &[
    "wake",
    "screen",
    "pointer",
    "scroll",
    "caps",
    "orientation",
    "keyboard",
    "door",
    "num",
    "git",
    "focus",
    "un",
    "padlock",
    "pad",
    "post",
    "edit",
    "pool",
    "file",
    "package",
    "yarn",
    "orientations",
];

/// Whether a name (its last part) tells of a lock: `this.accountMutex`, `self._lock`, `locks[i]`.
pub fn telling(name: &str) -> bool {
    let mut depth = 0usize;
    let plain: String = name
        .chars()
        .filter(|c| {
            match c {
                '[' | '(' => depth += 1,
                ']' | ')' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect();
    let last = plain
        .rsplit(['.', '>', ':'])
        .find(|part| !part.is_empty())
        .unwrap_or(&plain);
    let words = words_of(last);
    words.iter().any(|word| TELLING.contains(&word.as_str()))
        && !words.iter().any(|word| MISLEADING.contains(&word.as_str()))
}

/// `accountMutex` → account, mutex; `RW_LOCK2` → rw, lock.
pub fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if !c.is_alphabetic() {
            words.push(String::new());
            previous_lower = false;
            continue;
        }
        if words.is_empty() || (c.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        previous_lower = c.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn a_name_tells_of_a_lock_by_its_words() {
        for name in [
            "this.accountMutex",
            "self._lock",
            "locks[i]",
            "shards[index].mutex",
            "RW_LOCK",
            "sem",
            "mu",
        ] {
            assert!(telling(name), "{name}");
        }
        for name in [
            "clock",
            "block",
            "this.wakeLock",
            "pool",
            "blockchain",
            "capsLock",
            "mule",
        ] {
            assert!(!telling(name), "{name}");
        }
    }
}
