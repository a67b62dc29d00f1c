//! The format of `transforms/<language>/<library>.toml` and of `[[lock]]` in `lockfix.toml`.

use crate::finding::Form;
use crate::names;
use crate::spoken::Spoken;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// A file of the catalogue: one library.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// The name of the library as its users know it.
    pub library: String,
    /// Modules that its names are imported from.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Not locks but another resource, which is looked for only where that is asked for.
    #[serde(default)]
    pub family: Option<Family>,
    #[serde(default)]
    pub lock: Vec<Lock>,
    /// Classes whose objects hold a lock until the end of their block.
    #[serde(default)]
    pub guard: Vec<Guard>,
}

/// Resources beside locks that have to be given back on every path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Files, directories and sockets that are open.
    Files,
    /// Connections to databases and their like, and what runs on them.
    Connections,
    /// Files that are to go when the work is done.
    TemporaryFiles,
}

impl Family {
    /// Every family, in the order in which they are documented.
    pub const ALL: [Family; 3] = [Family::Files, Family::Connections, Family::TemporaryFiles];

    /// The name of the family, as it stands in the catalogue and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Family::Files => "files",
            Family::Connections => "connections",
            Family::TemporaryFiles => "temporary-files",
        }
    }
}

/// Classes whose objects hold a lock until the end of their block, and what their methods do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guard {
    /// With their namespace, without template arguments.
    pub classes: Vec<String>,
    /// The mode of the lock, as in [`Lock::mode`].
    #[serde(default)]
    pub mode: String,
    /// Methods that free the lock before the end.
    #[serde(default)]
    pub frees: Vec<String>,
    /// Methods that take it again.
    #[serde(default)]
    pub retakes: Vec<String>,
    /// Methods that are given what has been taken by hand: with an argument, whatever they do without.
    #[serde(default)]
    pub holds: Vec<String>,
    /// Methods that try to take it again, and tell whether they did.
    #[serde(default)]
    pub tries: Vec<String>,
    /// Methods that tell whether it is held.
    #[serde(default)]
    pub asks: Vec<String>,
    /// Functions one of which the object is given to free the lock with: what else makes a smart
    /// pointer a guard.
    #[serde(default)]
    pub deleters: Vec<String>,
    /// It takes nothing itself: the lock is held when it is made.
    #[serde(default)]
    pub adopts: bool,
}

impl Guard {
    /// A class that takes the lock when it is made and frees it when it ends.
    pub fn of(class: String, mode: String) -> Guard {
        Guard {
            classes: vec![class],
            mode,
            frees: Vec::new(),
            retakes: Vec::new(),
            holds: Vec::new(),
            tries: Vec::new(),
            asks: Vec::new(),
            deleters: Vec::new(),
            adopts: false,
        }
    }
}

/// One lock of a library: code of the language with `$HOLES`.
///
/// `$TICKET` stands for what an acquire gives and a release wants; holes that begin with `$_` and
/// `$$$REST` match anything; all others together name the lock.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// Nobody else has functions of these names: no import is needed.
    #[serde(default)]
    pub unmistakable: bool,
    /// No type is known: a telling name and the pair of methods have to do.
    #[serde(default)]
    pub by_name: bool,
    /// `read`, `write`, … where a lock can be held in several ways.
    #[serde(default)]
    pub mode: String,
    /// Expressions that come back with the lock held, or throw.
    #[serde(default)]
    pub acquire: Vec<String>,
    /// Those of `acquire` that never throw.
    #[serde(default)]
    pub sure: Vec<String>,
    /// Expressions that may come back without it. What is also listed under `acquire` counts as a
    /// plain acquire where its result is dropped.
    #[serde(default, rename = "try")]
    pub tries: Vec<Try>,
    /// How the ticket is bound, best first: `$TICKET`, `[, $TICKET]`.
    #[serde(default)]
    pub ticket: Vec<String>,
    /// What is held is what the acquire gives, a file say: it goes by the name of the variable that it is bound to.
    /// Where it goes anywhere else, or leaves that variable, somebody else looks after it.
    #[serde(default)]
    pub handle: bool,
    /// How people speak of it [default: a lock is acquired, a handle opened].
    #[serde(default)]
    pub spoken: Option<Spoken>,
    /// Expressions that free it.
    pub release: Vec<String>,
    /// Questions whether it is held: `$LOCK.isLocked()`.
    #[serde(default)]
    pub held: Vec<String>,
    /// Calls that look at a ticket and do nothing to the lock: `$LOCK.validate($TICKET)`.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Calls that end what carries the lock, and the lock with it: `$LOCK.close()`. A function that
    /// makes them, or leaves them to a `with … as`, frees the lock in a way of its own.
    #[serde(default)]
    pub closed: Vec<String>,
    /// Functions that take several such locks at once, one an argument.
    #[serde(default)]
    pub together: Vec<String>,
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
    /// Taking it cannot throw.
    #[serde(default)]
    pub infallible: bool,
    /// Taking what one holds already prolongs it, or changes nothing: one release frees it.
    #[serde(default)]
    pub renews: bool,
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

impl Lock {
    /// How people speak of it.
    pub fn spoken(&self) -> Spoken {
        self.spoken.unwrap_or(match self.handle {
            true => Spoken::Opened,
            false => Spoken::Acquired,
        })
    }
}

/// A conditional acquire.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    pub code: String,
    #[serde(default)]
    pub taken: Taken,
}

/// Which result says that the lock was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    #[default]
    True,
    /// Anything but null/None/undefined.
    NotNull,
    /// Zero: the result says what went wrong.
    Zero,
    /// Nil: the (last) result is the error that says that it was not taken.
    Null,
    /// Any number but zero.
    NotZero,
    /// Any number but those below zero.
    NotNegative,
}

/// What a second release does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, JsonSchema)]
#[serde(untagged)]
pub enum FormEntry {
    Name(Form),
    Code(Box<FormCode>),
}

// By hand, so that a mistyped name is told from a table that is wrong.
impl<'de> Deserialize<'de> for FormEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FormEntry, D::Error> {
        deserializer.deserialize_any(FormEntryVisitor)
    }
}

struct FormEntryVisitor;

impl<'de> Visitor<'de> for FormEntryVisitor {
    type Value = FormEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a form, or a table with its code")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<FormEntry, E> {
        names::form(name).map(FormEntry::Name).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FormEntry, A::Error> {
        let code = FormCode::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FormEntry::Code(Box::new(code)))
    }
}

/// A form with the code that it needs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormCode {
    pub name: Form,
    /// The construct's head: `with $LOCK:`, `with $ACQUIRE as $TICKET:`, `$LOCK.runExclusive(async () => $BODY)`,
    /// `std::lock_guard<$TYPE> $GUARD($LOCK);`. `$ARGUMENTS` is what the acquire is given: an acquire with arguments needs
    /// code that hands them on. Empty where only what is held already can be guarded.
    #[serde(default)]
    pub code: String,
    /// The same in front of a block of its own: `scoped_guard(mutex, $LOCK)`.
    #[serde(default)]
    pub scoped: Option<String>,
    /// The one function that must have taken the lock, where a lock can be taken in several ways.
    #[serde(default)]
    pub acquire: Option<String>,
    /// The one function that must free it.
    #[serde(default)]
    pub release: Option<String>,
    /// The same for a lock that is held already.
    #[serde(default)]
    pub adopt: Option<String>,
    /// A guard that holds nothing yet; `$OBJECT` is the lock where that is no pointer.
    #[serde(default)]
    pub defer: Option<String>,
    /// How a guard frees the lock before its end: `$GUARD.unlock()`.
    #[serde(default)]
    pub free: Option<String>,
    /// How it takes it again.
    #[serde(default)]
    pub retake: Option<String>,
    /// How a guard that cannot take it is given what was taken by hand: `$GUARD.reset($HELD)`, where
    /// `$HELD` is the lock's address, or nothing if it is not held.
    #[serde(default)]
    pub hold: Option<String>,
    /// How it tries to: the value says whether it holds it then.
    #[serde(default)]
    pub attempt: Option<String>,
    /// A function that has to be defined, in front of the first one of the file: `$FUNCTION` in its
    /// code and in `code` or `adopt` is its name.
    #[serde(default)]
    pub define: Option<String>,
    /// The name of that function, where it is free.
    #[serde(default)]
    pub function: Option<String>,
    /// What has to be included: `<mutex>`.
    #[serde(default)]
    pub include: Option<Headers>,
    /// The same for `adopt`, where that is another class.
    #[serde(default, rename = "adopt-include")]
    pub adopt_include: Option<Headers>,
}

/// A header, or several any of which declares what is needed: the first is the one to add, unless the
/// file includes others of the folder of a later one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Headers {
    One(String),
    Any(Vec<String>),
}

impl Headers {
    /// All of them.
    pub fn names(&self) -> &[String] {
        match self {
            Headers::One(name) => std::slice::from_ref(name),
            Headers::Any(names) => names,
        }
    }
}

impl FormCode {
    /// A form that needs this code and nothing else.
    pub fn of(name: Form, code: String) -> FormCode {
        FormCode {
            name,
            code,
            scoped: None,
            acquire: None,
            release: None,
            adopt: None,
            defer: None,
            free: None,
            retake: None,
            hold: None,
            attempt: None,
            define: None,
            function: None,
            include: None,
            adopt_include: None,
        }
    }
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// Calls that come back only where this argument of theirs, counted from 0, is null; else they throw.
    #[serde(default)]
    pub null_checks: BTreeMap<String, usize>,
    /// The types of what functions give, where a declaration has to say them: `int, error`.
    #[serde(default)]
    pub results: BTreeMap<String, String>,
    /// Calls that end the process; in C, `name(ARGUMENT)` are those of this first argument.
    pub process_exits: Vec<String>,
    /// Names that are never null.
    #[serde(default)]
    pub globals: Vec<String>,
    /// Calls that others can see, and that do not throw: functions by their name; `.name` is a method of any object,
    /// `module.Type.name` one of this type, and `module.Type.*` each of them.
    #[serde(default)]
    pub nothrow_calls: Vec<String>,
    /// Taking a lock does not throw.
    #[serde(default)]
    pub nothrow_acquires: bool,
    /// Calls that see all variables of the function that makes them.
    #[serde(default)]
    pub sees_variables: Vec<String>,
    /// Constants that are zero.
    #[serde(default)]
    pub zeros: Vec<String>,
    /// Constants that are not.
    #[serde(default)]
    pub ones: Vec<String>,
    /// Types whose destructor nobody sees.
    #[serde(default)]
    pub plain_types: Vec<String>,
    /// Those of them that cannot be made empty and assigned to later.
    #[serde(default)]
    pub fixed_types: Vec<String>,
    /// Calls whose result has such a type; `.name` is a method of any object.
    #[serde(default)]
    pub plain_results: Vec<String>,
}
