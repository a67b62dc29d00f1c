//! What Go looks like from afar.

use crate::skim::lexis::{Guard, Head, Lexis, Quote, Telling, Then};

/// Declarations of types in functions give names to fields, which count for the whole file.
pub static LEXIS: Lexis = Lexis {
    line_comment: "//",
    block_comment: ("/*", "*/"),
    quotes: &[
        Quote::DOUBLE,
        Quote::SINGLE,
        Quote {
            open: "`",
            close: "`",
            escapes: false,
            lines: true,
        },
    ],
    head: Head::Word("func"),
    containers: &[],
    telling: &[
        Telling {
            word: "type",
            then: Then::Name,
        },
        // A lock that is taken once may be taken again.
        Telling {
            word: "goto",
            then: Then::Name,
        },
        Telling {
            word: "struct",
            then: Then::Body,
        },
    ],
    guard: Some(Guard::Deferred("defer ")),
    value: Some("."),
    anonymous_classes: false,
    preprocessed: false,
};
