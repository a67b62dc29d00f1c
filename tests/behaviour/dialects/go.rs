//! Go.

use super::javascript::SCRIPT;
use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const GO_WORDS: Words = Words {
    features: Features {
        // What catches is a function that is deferred.
        handlers: false,
        finally: false,
        defers: true,
        try_acquire: true,
        shadows: true,
        retakes: true,
        ..SCRIPT.features
    },
    indent: "\t",
    end: "",
    step: "step(\"@\")",
    step_of: "value(\"@\", ~)",
    declare: "@ := ~",
    unused_is_error: true,
    if_flag: "if flag#",
    fall_through: "fallthrough",
    busy: "step(\"busy\")",
    answer: "ok# := ~",
    while_: "for ~",
    loop_twice: "for range 2",
    label: "l#:\n",
    switch: "switch way",
    case_level: 0,
    end_case: "",
    closure: "f# := func() int",
    end_closure: "",
    call_closure: "f#()",
    defer: "defer ~",
    open_defer: "defer func()",
    end_defer: "()",
    recover: &[
        "defer func() {",
        "\tif failed := recover(); failed != nil {",
        "\t\tstep(\"s#\")",
        "\t}",
        "}()",
    ],
    constant: "#",
    throw: "panic(\"t#\")",
    last: Some("return 0"),
    if_: "if ~",
    told: Told {
        define: &[
            "var told bool",
            "",
            "func tells(name string, value bool) {",
            "\tstep(name)",
            "\ttold = value",
            "}",
            "",
        ],
        begin: &["told = flag0"],
        tell: "tells(\"@\", ~)",
        ..SCRIPT.told
    },
    ..SCRIPT
};

/// The same, for functions that also return whether all went well.
const GO_ERRORS: Words = Words {
    closure: "f# := func() (int, error)",
    return_: "return ~, nil",
    last: Some("return 0, nil"),
    ..GO_WORDS
};

/// A lock of Go, in a variable of the package.
const fn go(head: &'static str) -> Dialect {
    Dialect {
        words: &GO_WORDS,
        file_name: "generated.go",
        head,
        function: "func work(flag0, flag1, flag2, flag3 bool, way int) int",
        foot: "",
        level: 0,
        acquire: "@.Lock()",
        release: "@.Unlock()",
        taken: "@.TryLock()",
        not_taken: "!@.TryLock()",
        guard: "",
        watched: "&@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that Go programs are written with.
pub const GO: [Dialect; 3] = [
    go(
        "package program\n\nimport \"sync\"\n\nvar (\n<<\t@ sync.Mutex\n>>)\n\n\
         func reset() {\n<<\t@ = sync.Mutex{}\n>>}\n\n",
    ),
    Dialect {
        words: &GO_ERRORS,
        function: "func work(flag0, flag1, flag2, flag3 bool, way int) (number int, err error)",
        acquire: "@.RLock()",
        release: "@.RUnlock()",
        taken: "@.TryRLock()",
        not_taken: "!@.TryRLock()",
        watched: "@",
        ..go(
            "package program\n\nimport \"sync\"\n\nvar (\n<<\t@ *sync.RWMutex\n>>)\n\n\
             func reset() {\n<<\t@ = new(sync.RWMutex)\n>>}\n\n",
        )
    },
    Dialect {
        words: &GO_ERRORS,
        function: "func (s *store) work(flag0, flag1, flag2, flag3 bool, way int) (int, error)",
        acquire: "s.@.Lock()",
        release: "s.@.Unlock()",
        taken: "s.@.TryLock()",
        not_taken: "!s.@.TryLock()",
        watched: "&all.@",
        call: |flags, way| format!("all.work({}, {way})", joined(flags, "true", "false")),
        ..go(
            "package program\n\nimport \"sync\"\n\ntype store struct {\n\tlock0 sync.Mutex\n\tlock1 sync.RWMutex\n\tlock2 sync.Mutex\n}\n\nvar all *store\n\nfunc reset() {\n\tall = &store{}\n}\n\n",
        )
    },
];
