//! What a file says of its names: imports, declared types, classes. Filled in by each language,
//! asked by the catalogue for evidence.

use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// The names of one file.
#[derive(Debug, Default)]
pub struct Names {
    /// By local name.
    pub imports: HashMap<String, Import>,
    /// Every module that is imported, in whatever way.
    pub modules: HashSet<String>,
    pub values: Vec<TypedValue>,
    pub classes: Vec<Class>,
    /// Fields by bare name, over all classes of the file; `None` where classes disagree.
    pub fields: HashMap<String, Option<TypeRef>>,
}

/// Where a local name comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub module: String,
    /// `*` for the module itself, `default`, or the exported name.
    pub name: String,
}

/// A variable or field with a type that is in sight.
#[derive(Debug)]
pub struct TypedValue {
    /// As code names it: `mutex`, `this.mutex`, `self._lock`.
    pub name: String,
    /// Where that name means this value.
    pub scope: Span,
    pub type_ref: TypeRef,
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

/// A class of the file.
#[derive(Debug)]
pub struct Class {
    pub name: String,
    pub span: Span,
    pub methods: Vec<String>,
    pub has_base: bool,
}

impl Names {
    /// The type of what is called `name` at byte `at`: the innermost declaration in scope.
    pub fn type_at(&self, name: &str, at: usize) -> Option<&TypeRef> {
        let declared = self
            .values
            .iter()
            .filter(|value| value.name == name && value.scope.start <= at && at < value.scope.end)
            .min_by_key(|value| value.scope.end - value.scope.start)
            .map(|value| &value.type_ref);
        if declared.is_some() {
            return declared;
        }
        let (_, field) = name.rsplit_once('.')?;
        self.fields.get(field)?.as_ref()
    }

    /// Records a value; fields also under their bare name.
    pub fn declare(&mut self, name: String, scope: Span, type_ref: TypeRef) {
        if let Some((_, field)) = name.rsplit_once('.') {
            self.fields
                .entry(field.to_owned())
                .and_modify(|known| {
                    if known.as_ref() != Some(&type_ref) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(type_ref.clone()));
        }
        self.values.push(TypedValue {
            name,
            scope,
            type_ref,
        });
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

    /// The class of this name.
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// The innermost class around the byte at `at`.
    pub fn class_at(&self, at: usize) -> Option<&Class> {
        self.classes
            .iter()
            .filter(|class| class.span.start <= at && at < class.span.end)
            .min_by_key(|class| class.span.end - class.span.start)
    }
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
