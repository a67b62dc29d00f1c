//! Python.

use super::joined;
use crate::print::{Dialect, Words};
use crate::programs::Features;

const THREADS: Words = Words {
    features: Features {
        handlers: true,
        finally: true,
        guards: false,
        throws: true,
        // A nested function of Python is a statement far from its call: fixtures hold those.
        closures: true,
        labels: false,
        switch: true,
        defers: false,
        try_acquire: false,
        shadows: true,
        locks: 2,
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
    otherwise: "else",
    loop_twice: "for turn in [1, 2]",
    label: "",
    switch: "match way",
    case: "case #:",
    default: "case _:",
    case_level: 1,
    end_case: "",
    block_in_case: None,
    try_: "try",
    catch: "except Exception as error",
    finally: "finally",
    closure: "def f#()",
    end_closure: "",
    call_closure: "f#()",
    defer: "",
    open_defer: "",
    end_defer: "",
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
};

const TASKS: Words = Words {
    step: "await astep('@')",
    step_of: "await astep('@', ~)",
    closure: "async def f#()",
    call_closure: "await f#()",
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
        guard: "",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "True", "False")),
    }
}

/// Every kind of lock that Python programs are written with. None blocks a thread when it leaks twice:
/// that can only be seen by waiting.
pub const PYTHON: [Dialect; 3] = [
    threads(
        "import threading\nlock0 = threading.Semaphore(50)\nlock1 = threading.Semaphore(50)\n\n",
    ),
    threads("import threading\nlock0 = threading.RLock()\nlock1 = threading.RLock()\n\n"),
    Dialect {
        words: &TASKS,
        function: "async def work(flag0, flag1, flag2, flag3, way)",
        acquire: "await @.acquire()",
        taken: "",
        not_taken: "",
        ..threads("import asyncio\nlock0 = asyncio.Lock()\nlock1 = asyncio.Lock()\n\n")
    },
];
