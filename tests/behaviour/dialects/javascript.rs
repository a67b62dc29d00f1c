//! JavaScript and TypeScript.

use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

/// The words that the other languages change.
pub const SCRIPT: Words = Words {
    features: Features {
        handlers: true,
        finally: true,
        guards: false,
        throws: true,
        closures: true,
        labels: true,
        switch: true,
        defers: false,
        try_acquire: false,
        shadows: true,
        falls_through: true,
        continues_in_switch: true,
        captures: true,
        scopes: false,
        gotos: false,
        retakes: true,
        locks: 3,
    },
    indent: "  ",
    open: " {",
    close: "}",
    end: ";",
    comment: "//",
    step: "await astep('@')",
    step_of: "await astep('@', ~)",
    declare: "const @ = ~",
    variable: "@",
    unused_is_error: false,
    if_flag: "if (flag#)",
    flag: "flag#",
    otherwise: "else",
    loop_twice: "for (const turn of [1, 2])",
    label: "l#: ",
    switch: "switch (way)",
    case: "case #:",
    default: "default:",
    case_level: 1,
    end_case: "break",
    fall_through: "",
    block_in_case: None,
    try_: "try",
    catch: "catch (error)",
    finally: "finally",
    closure: "const f# = async () =>",
    end_closure: ";",
    call_closure: "await f#()",
    last_of_closure: "",
    defer: "",
    open_defer: "",
    end_defer: "",
    scope: "",
    scopes_are_heads: false,
    busy: "",
    answer: "const ok# = ~",
    answered: ["ok#", "!ok#"],
    while_: "while (~)",
    recover: &[],
    constant: "'r#'",
    perhaps: "",
    return_: "return ~",
    throw: "throw new Error('t#')",
    break_: "break",
    continue_: "continue",
    break_to: "break l#",
    continue_to: "continue l#",
    last: None,
    if_: "if (~)",
    goto: "",
    told: Told {
        define: &[],
        begin: &[
            "let told = flag0;",
            "const tells = async (name, value) => {",
            "  await astep(name);",
            "  told = value;",
            "};",
        ],
        tell: "await tells('@', ~)",
        set: "told = ~",
        values: ["false", "true"],
        asked: ["told", "!told"],
    },
};

/// A lock of JavaScript.
const fn javascript(head: &'static str, acquire: &'static str, release: &'static str) -> Dialect {
    Dialect {
        words: &SCRIPT,
        file_name: "generated.js",
        head,
        function: "async function work(flag0, flag1, flag2, flag3, way)",
        foot: "",
        level: 0,
        acquire,
        release,
        taken: "",
        not_taken: "",
        guard: "",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that JavaScript programs are written with.
pub const JAVASCRIPT: [Dialect; 5] = [
    javascript(
        "const { Mutex } = require('async-mutex');\n<<const @ = new Mutex();\n>>\n",
        "const release# = await @.acquire()",
        "release#()",
    ),
    javascript(
        "import { Mutex } from 'async-mutex';\n<<const @ = new Mutex();\n>>\n",
        "await @.acquire()",
        "@.release()",
    ),
    javascript(
        "import AwaitLock from 'await-lock';\n<<const @ = new AwaitLock();\n>>\n",
        "await @.acquireAsync()",
        "@.release()",
    ),
    javascript(
        "const { Sema } = require('async-sema');\n<<const @ = new Sema(3);\n>>\n",
        "await @.acquire()",
        "@.release()",
    ),
    javascript(
        "import mutexify from 'mutexify/promise';\n<<const @ = mutexify();\n>>\n",
        "const release# = await @()",
        "release#()",
    ),
];

const TYPED_TOLD: Told = Told {
    begin: &[
        "let told = flag0;",
        "const tells = async (name: string, value: boolean) => {",
        "  await astep(name);",
        "  told = value;",
        "};",
    ],
    ..SCRIPT.told
};

const UNTYPED_SCRIPT: Words = Words {
    told: TYPED_TOLD,
    ..SCRIPT
};

const TYPED_SCRIPT: Words = Words {
    declare: "const @: number = ~",
    catch: "catch (error: unknown)",
    closure: "const f# = async (): Promise<number | string | void> =>",
    told: TYPED_TOLD,
    ..SCRIPT
};

/// A lock of TypeScript. What a variable is, its declaration says or the compiler finds.
const fn typescript(words: &'static Words, javascript: Dialect) -> Dialect {
    Dialect {
        words,
        file_name: "generated.ts",
        function: "async function work(\n  flag0: boolean, flag1: boolean, flag2: boolean, flag3: boolean, \
                   way: number,\n): Promise<number | string | void>",
        ..javascript
    }
}

/// Locks that TypeScript programs are written with.
pub const TYPESCRIPT: [Dialect; 3] = [
    typescript(
        &TYPED_SCRIPT,
        javascript(
            "import { Mutex } from 'async-mutex';\nconst lock0 = new Mutex();\nconst lock1: Mutex = new Mutex();\n\
             const lock2 = new Mutex();\n\n",
            "const release# = await @.acquire()",
            "release#()",
        ),
    ),
    typescript(
        &UNTYPED_SCRIPT,
        javascript(
            "import { Mutex, type MutexInterface } from 'async-mutex';\nconst lock0 = new Mutex();\n\
             const lock1: MutexInterface = new Mutex();\nconst lock2 = new Mutex();\n\n",
            "await @.acquire()",
            "@.release()",
        ),
    ),
    typescript(
        &TYPED_SCRIPT,
        javascript(
            "import AwaitLock from 'await-lock';\n<<const @ = new AwaitLock();\n>>\n",
            "await @.acquireAsync()",
            "@.release()",
        ),
    ),
];
