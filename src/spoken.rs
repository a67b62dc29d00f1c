//! The words for taking, holding and freeing something, by what it is.

use schemars::JsonSchema;
use serde::Deserialize;

/// What people say is done with what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spoken {
    /// A lock: acquired, released.
    #[default]
    Acquired,
    /// A file, a connection: opened, closed.
    Opened,
    /// What a pool lends: taken, given back.
    Borrowed,
    /// A temporary directory: created, removed.
    Created,
}

/// The words themselves, for the middle of a sentence.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// `acquired here`
    pub taken: &'static str,
    /// `when acquiring … fails`
    pub taking: &'static str,
    /// `leaves with … held`
    pub held: &'static str,
    /// `… stays locked when line 7 throws`
    pub stays: &'static str,
    /// `released only here`
    pub freed: &'static str,
    /// `` `finally` releases a lock that is not held``
    pub frees_idly: &'static str,
}

impl Spoken {
    /// The words for it.
    pub fn words(self) -> Words {
        match self {
            Spoken::Acquired => Words {
                taken: "acquired",
                taking: "acquiring",
                held: "held",
                stays: "stays locked",
                freed: "released",
                frees_idly: "releases a lock that is not held",
            },
            Spoken::Opened => Words {
                taken: "opened",
                taking: "opening",
                held: "open",
                stays: "stays open",
                freed: "closed",
                frees_idly: "closes what is not open",
            },
            Spoken::Borrowed => Words {
                taken: "taken",
                taking: "taking",
                held: "not given back",
                stays: "is not given back",
                freed: "given back",
                frees_idly: "gives back what was not taken",
            },
            Spoken::Created => Words {
                taken: "created",
                taking: "creating",
                held: "left behind",
                stays: "is left behind",
                freed: "removed",
                frees_idly: "removes what is not there",
            },
        }
    }
}
