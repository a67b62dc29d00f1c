//! What C and C++ look like from afar.

use crate::skim::lexis::{Head, Lexis, Matters, Quote, Telling, Then};

const QUOTES: &[Quote] = &[Quote::DOUBLE, Quote::SINGLE];

/// Types that functions declare have fields, which count for the whole file; so do their `using` and `typedef`.
const TELLING: &[Telling] = &[
    Telling {
        word: "struct",
        then: Then::Body,
        matters: Matters::Always,
    },
    Telling {
        word: "class",
        then: Then::Body,
        matters: Matters::Always,
    },
    Telling {
        word: "union",
        then: Then::Body,
        matters: Matters::Always,
    },
    Telling {
        word: "typedef",
        then: Then::Anything,
        matters: Matters::Always,
    },
    Telling {
        word: "using",
        then: Then::Anything,
        matters: Matters::Always,
    },
];

pub static C: Lexis = Lexis {
    line_comment: "//",
    block_comment: ("/*", "*/"),
    quotes: QUOTES,
    head: Head::Parentheses {
        bare: false,
        constructors: false,
    },
    containers: &["struct", "union", "extern"],
    telling: TELLING,
    guard: None,
    value: None,
    typed: false,
    anonymous_classes: false,
    preprocessed: true,
};

pub static CPP: Lexis = Lexis {
    line_comment: "//",
    block_comment: ("/*", "*/"),
    quotes: QUOTES,
    head: Head::Parentheses {
        bare: true,
        constructors: false,
    },
    containers: &["class", "struct", "union", "namespace", "extern"],
    telling: TELLING,
    guard: None,
    value: None,
    typed: false,
    anonymous_classes: false,
    preprocessed: true,
};
