//! C.

use super::javascript::SCRIPT;
use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const C_WORDS: Words = Words {
    features: Features {
        handlers: false,
        finally: false,
        closures: false,
        // There are only those that a goto names: fixtures hold them.
        labels: false,
        try_acquire: true,
        shadows: false,
        gotos: true,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step(\"@\")",
    step_of: "step_of(\"@\", ~)",
    declare: "int @ = ~",
    unused_is_error: true,
    loop_twice: "for (int turn# = 0; turn# < 2; turn#++)",
    // A label cannot stand in front of a declaration.
    block_in_case: Some((" {", "}")),
    busy: "note(\"busy\")",
    answer: "int ok# = ~",
    goto: "goto out#",
    constant: "#",
    throw: "return -#",
    last: Some("return 0"),
    told: Told {
        define: &[
            "static int told;",
            "",
            "static inline void tells(const char *name, int value)",
            "{",
            "    note(name);",
            "    told = value;",
            "}",
            "",
        ],
        begin: &["told = flag0;"],
        tell: "tells(\"@\", ~)",
        values: ["0", "1"],
        ..SCRIPT.told
    },
    ..SCRIPT
};

/// Work that fails is seen to at once, by a return.
const C_CHECKED: Words = Words {
    step: "if (step(\"@\") != 0) return -1",
    ..C_WORDS
};

/// The same in the style of kernels.
const KERNEL: Words = Words {
    indent: "\t",
    step: "if (step(\"@\")) return -EIO",
    constant: "-#",
    case_level: 0,
    ..C_WORDS
};

/// A lock of C, in a variable of the file.
const fn c(words: &'static Words, head: &'static str) -> Dialect {
    Dialect {
        words,
        file_name: "generated.c",
        head,
        function: "static int work(int flag0, int flag1, int flag2, int flag3, int way)",
        foot: "",
        level: 0,
        acquire: "pthread_mutex_lock(&@)",
        release: "pthread_mutex_unlock(&@)",
        taken: "pthread_mutex_trylock(&@) == 0",
        not_taken: "pthread_mutex_trylock(&@) != 0",
        guard: "",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "1", "0")),
    }
}

const PTHREAD: &str =
    "#include <pthread.h>\n\n<<static pthread_mutex_t @ = PTHREAD_MUTEX_INITIALIZER;\n>>\n";

/// Every kind of lock that C programs are written with.
pub const C: [Dialect; 5] = [
    c(&C_CHECKED, PTHREAD),
    c(&C_WORDS, PTHREAD),
    Dialect {
        acquire: "pthread_rwlock_wrlock(&@)",
        release: "pthread_rwlock_unlock(&@)",
        taken: "",
        not_taken: "",
        ..c(
            &C_CHECKED,
            "#include <pthread.h>\n\n<<static pthread_rwlock_t @;\n>>\n",
        )
    },
    Dialect {
        acquire: "mtx_lock(&@)",
        release: "mtx_unlock(&@)",
        taken: "mtx_trylock(&@) == thrd_success",
        not_taken: "mtx_trylock(&@) != thrd_success",
        ..c(
            &C_CHECKED,
            "#include <threads.h>\n\n<<static mtx_t @;\n>>\n",
        )
    },
    Dialect {
        acquire: "mutex_lock(&@)",
        release: "mutex_unlock(&@)",
        taken: "mutex_trylock(&@)",
        not_taken: "!mutex_trylock(&@)",
        ..c(
            &KERNEL,
            "#include <linux/mutex.h>\n\n<<static struct mutex @;\n>>\n",
        )
    },
];
