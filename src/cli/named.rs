//! Arguments that are names: read with a hint for those that are mistyped, and known to the shells that complete them.

use crate::catalog::schema::Family;
use crate::finding::{Form, Rule};
use crate::language::Language;
use crate::names::{self, UnknownName};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};
use std::ffi::OsStr;

/// How a name is read, and which there are.
#[derive(Debug, Clone, Copy)]
pub struct Named<T> {
    read: fn(&str) -> Result<T, UnknownName>,
    known: fn() -> Vec<&'static str>,
}

/// One rule.
pub const RULE: Named<Rule> = Named {
    read: names::rule,
    known: || Rule::ALL.map(Rule::name).to_vec(),
};

/// A rule, or every one.
pub const RULES: Named<Vec<Rule>> = Named {
    read: names::rules,
    known: || with_all((RULE.known)()),
};

/// A language, which may have several grammars.
pub const LANGUAGES: Named<Vec<Language>> = Named {
    read: names::languages,
    known: || {
        let mut known = Language::ALL.map(Language::name).to_vec();
        known.dedup();
        known
    },
};

/// The language of headers.
pub const HEADERS: Named<Language> = Named {
    read: names::header_language,
    known: || vec![Language::C.name(), Language::Cpp.name()],
};

/// A form.
pub const FORM: Named<Form> = Named {
    read: names::form,
    known: || Form::ALL.map(Form::name).to_vec(),
};

/// A family, or every one.
pub const FAMILIES: Named<Vec<Family>> = Named {
    read: names::families,
    known: || with_all(Family::ALL.map(Family::name).to_vec()),
};

fn with_all(mut known: Vec<&'static str>) -> Vec<&'static str> {
    known.push("all");
    known
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let read = self.read;
        (move |name: &str| read(name.trim())).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.known)().into_iter().map(PossibleValue::new)))
    }
}
