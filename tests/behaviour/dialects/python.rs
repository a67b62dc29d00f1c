//! Python.

use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const THREADS: Words = Words {
    features: Features {
        handlers: true,
        finally: true,
        guards: true,
        throws: true,
        // A nested function of Python is a statement far from its call: fixtures hold those.
        closures: true,
        labels: false,
        switch: true,
        defers: false,
        try_acquire: false,
        shadows: true,
        falls_through: false,
        continues_in_switch: true,
        // A name that a function assigns is its own.
        captures: false,
        scopes: true,
        gotos: false,
        retakes: true,
        locks: 3,
    },
    indent: "    ",
    open: ":",
    close: "",
    end: "",
    comment: "#",
    step: "step('@')",
    step_of: "step('@', ~)",
    declare: "@ = ~",
    variable: "@",
    unused_is_error: false,
    if_flag: "if flag#",
    flag: "flag#",
    otherwise: "else",
    loop_twice: "for turn in [1, 2]",
    label: "",
    switch: "match way",
    case: "case #:",
    default: "case _:",
    case_level: 1,
    end_case: "",
    fall_through: "",
    block_in_case: None,
    try_: "try",
    catch: "except Exception as error",
    finally: "finally",
    closure: "def f#()",
    end_closure: "",
    call_closure: "f#()",
    last_of_closure: "",
    defer: "",
    open_defer: "",
    end_defer: "",
    scope: "with scope('o#')",
    scopes_are_heads: true,
    busy: "",
    answer: "ok# = ~",
    answered: ["ok#", "not ok#"],
    while_: "while ~",
    recover: &[],
    constant: "'r#'",
    perhaps: "",
    return_: "return ~",
    throw: "raise ValueError('t#')",
    break_: "break",
    continue_: "continue",
    break_to: "",
    continue_to: "",
    last: None,
    if_: "if ~",
    goto: "",
    told: Told {
        define: &[
            "told = False",
            "",
            "def tells(name, value):",
            "    global told",
            "    step(name)",
            "    told = value",
            "",
        ],
        begin: &["global told", "told = flag0"],
        tell: "tells('@', ~)",
        set: "told = ~",
        values: ["False", "True"],
        asked: ["told", "not told"],
    },
};

const TASKS: Words = Words {
    step: "await astep('@')",
    step_of: "await astep('@', ~)",
    closure: "async def f#()",
    call_closure: "await f#()",
    told: Told {
        define: &[
            "told = False",
            "",
            "async def tells(name, value):",
            "    global told",
            "    await astep(name)",
            "    told = value",
            "",
        ],
        tell: "await tells('@', ~)",
        ..THREADS.told
    },
    ..THREADS
};

/// A lock of Python's threads.
const fn threads(head: &'static str) -> Dialect {
    Dialect {
        words: &THREADS,
        file_name: "generated.py",
        head,
        function: "def work(flag0, flag1, flag2, flag3, way)",
        foot: "",
        level: 0,
        acquire: "@.acquire()",
        release: "@.release()",
        taken: "@.acquire(blocking=False)",
        not_taken: "not @.acquire(blocking=False)",
        guard: "with @",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "True", "False")),
    }
}

/// Every kind of lock that Python programs are written with. None blocks a thread when it leaks twice:
/// that can only be seen by waiting.
pub const PYTHON: [Dialect; 3] = [
    threads("import threading\n<<@ = threading.Semaphore(50)\n>>\n"),
    threads("import threading\n<<@ = threading.RLock()\n>>\n"),
    Dialect {
        words: &TASKS,
        function: "async def work(flag0, flag1, flag2, flag3, way)",
        acquire: "await @.acquire()",
        guard: "async with @",
        taken: "",
        not_taken: "",
        ..threads("import asyncio\n<<@ = asyncio.Lock()\n>>\n")
    },
];
