//! What Go looks like from afar.

use crate::skim::lexis::{Guard, Head, Lexis, Matters, Quote, Telling, Then};

/// Types that functions declare have names, which count for the whole file. The fields of those without a name are asked for
/// ([`Hidden::ask_field`](crate::skim::Hidden::ask_field)).
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
            matters: Matters::IfMentioned,
        },
        // A lock that is taken once may be taken again.
        Telling {
            word: "goto",
            then: Then::Name,
            matters: Matters::BesideLocks,
        },
    ],
    guard: Some(Guard::Deferred("defer ")),
    value: Some("."),
    typed: false,
    anonymous_classes: false,
    preprocessed: false,
};
