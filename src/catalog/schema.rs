//! The format of `transforms/<language>/<library>.toml` and of `[[lock]]` in `lockfix.toml`.

use crate::finding::Form;
use serde::Deserialize;

/// A file of the catalogue: one library.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// The name of the library as its users know it.
    pub library: String,
    /// Modules that its names are imported from.
    #[serde(default)]
    pub modules: Vec<String>,
    #[serde(default)]
    pub lock: Vec<Lock>,
}

/// One lock of a library: code of the language with `$HOLES`.
///
/// `$TICKET` stands for what an acquire gives and a release wants; holes that begin with `$_` and
/// `$$$REST` match anything; all others together name the lock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    /// What people call it.
    pub name: String,
    /// The languages of a `[[lock]]` in `lockfix.toml`; a file of the catalogue stands in the
    /// folder of its language.
    #[serde(default)]
    pub language: Option<String>,
    /// Modules that the types of this lock are imported from, where they differ from the library's.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Types, constructors and factories whose values are this lock.
    #[serde(default)]
    pub types: Vec<String>,
    /// Functions of the module rather than methods of a lock: the import is all the evidence.
    #[serde(default)]
    pub functions: bool,
    /// No type is known: a telling name and the pair of methods have to do.
    #[serde(default)]
    pub by_name: bool,
    /// `read`, `write`, … where a lock can be held in several ways.
    #[serde(default)]
    pub mode: String,
    /// Expressions that come back with the lock held, or throw.
    #[serde(default)]
    pub acquire: Vec<String>,
    /// Expressions that may come back without it. What is also listed under `acquire` counts as a
    /// plain acquire where its result is dropped.
    #[serde(default, rename = "try")]
    pub tries: Vec<Try>,
    /// How the ticket is bound, best first: `$TICKET`, `[, $TICKET]`.
    #[serde(default)]
    pub ticket: Vec<String>,
    /// Expressions that free it.
    pub release: Vec<String>,
    /// Questions whether it is held: `$LOCK.isLocked()`.
    #[serde(default)]
    pub held: Vec<String>,
    /// Calls that end what carries the lock, and the lock with it: `$LOCK.close()`. A function that
    /// makes them, or leaves them to a `with … as`, frees the lock in a way of its own.
    #[serde(default)]
    pub closed: Vec<String>,
    /// Calls that are handed a callback and hold the lock while it runs: `$LOCK.run($CALLBACK)`.
    #[serde(default)]
    pub guarded: Vec<String>,
    /// Calls whose callback is handed the release: `$LOCK($CALLBACK)`.
    #[serde(default)]
    pub callback: Vec<String>,
    /// Further expressions that a `with` may hold, besides those of the `with` forms:
    /// `$LOCK.acquire($$$ARGS)` where what the acquire gives is a context manager.
    #[serde(default)]
    pub context: Vec<String>,
    /// What a second release does.
    #[serde(default)]
    pub again: Again,
    /// The lock goes with the object that stands for it: a variable of the function leaks nothing
    /// that lasts longer than the call.
    #[serde(default)]
    pub frees_itself: bool,
    /// The holder may acquire it again.
    #[serde(default)]
    pub reentrant: bool,
    /// Often used as a signal or counter: a missing release proves nothing.
    #[serde(default)]
    pub signal: bool,
    /// The forms that fit, best first.
    pub forms: Vec<FormEntry>,
    /// Code before and after, run as a fixture.
    #[serde(default)]
    pub example: Vec<Example>,
}

/// A conditional acquire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Try {
    pub code: String,
    #[serde(default)]
    pub taken: Taken,
}

/// Which result says that the lock was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    #[default]
    True,
    /// Anything but null/None/undefined.
    NotNull,
}

/// What a second release does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// It throws, adds a permit, or frees the lock of somebody else.
    #[default]
    Harmful,
    /// Nothing, by whichever release.
    Harmless,
    /// Nothing when it is done by the ticket.
    HarmlessByTicket,
    /// Nothing, unless what carries the lock has been closed before.
    HarmlessWhileOpen,
}

/// A form, by name or with the code that it needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum FormEntry {
    Name(Form),
    Code(FormCode),
}

/// A form with the code that it needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormCode {
    pub name: Form,
    /// The construct's head: `with $LOCK:`, `$LOCK.runExclusive(async () => $BODY)`.
    pub code: String,
}

impl FormEntry {
    /// Which form it is.
    pub fn form(&self) -> Form {
        match self {
            FormEntry::Name(form) => *form,
            FormEntry::Code(entry) => entry.name,
        }
    }

    /// Its code, if it carries some.
    pub fn code(&self) -> Option<&str> {
        match self {
            FormEntry::Name(_) => None,
            FormEntry::Code(entry) => Some(&entry.code),
        }
    }
}

/// Code before and after, run as a fixture.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub before: String,
    pub after: String,
}

/// What is known of a language's own functions: `transforms/<language>/language.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LanguageFacts {
    /// Calls that neither throw nor do anything that others can see.
    pub pure_calls: Vec<String>,
    /// Methods that give the same object each time and do nothing else.
    #[serde(default)]
    pub stable_calls: Vec<String>,
    /// Calls that do nothing but throw.
    #[serde(default)]
    pub raises: Vec<String>,
    /// Calls that end the process.
    pub process_exits: Vec<String>,
    /// Names that are never null.
    #[serde(default)]
    pub globals: Vec<String>,
}
