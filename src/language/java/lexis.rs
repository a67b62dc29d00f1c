//! What Java looks like from afar.

use crate::skim::lexis::{Guard, Head, Lexis, Matters, Quote, Telling, Then};

/// Classes in methods have fields, which count for the whole file.
pub static LEXIS: Lexis = Lexis {
    line_comment: "//",
    block_comment: ("/*", "*/"),
    quotes: &[
        Quote {
            open: "\"\"\"",
            close: "\"\"\"",
            escapes: true,
            lines: true,
        },
        Quote::DOUBLE,
        Quote::SINGLE,
    ],
    head: Head::Parentheses {
        bare: false,
        constructors: true,
    },
    containers: &["class", "interface", "enum", "record"],
    telling: &[
        Telling {
            word: "class",
            then: Then::Name,
            matters: Matters::Always,
        },
        Telling {
            word: "interface",
            then: Then::Name,
            matters: Matters::Always,
        },
        Telling {
            word: "enum",
            then: Then::Name,
            matters: Matters::Always,
        },
        Telling {
            word: "record",
            then: Then::Parts,
            matters: Matters::Always,
        },
    ],
    guard: Some(Guard::Finally),
    value: Some("::"),
    typed: true,
    anonymous_classes: true,
    preprocessed: false,
};
