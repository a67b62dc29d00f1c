//! C++.

use super::javascript::SCRIPT;
use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const CPP_WORDS: Words = Words {
    features: Features {
        finally: false,
        guards: true,
        scopes: true,
        labels: false,
        try_acquire: true,
        shadows: false,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step(\"@\")",
    step_of: "step(\"@\", ~)",
    declare: "int @ = ~",
    loop_twice: "for (int turn# = 0; turn# < 2; ++turn#)",
    block_in_case: Some((" {", "}")),
    fall_through: "[[fallthrough]]",
    scope: "Probe probe#(\"o#\")",
    answer: "bool ok# = ~",
    catch: "catch (const std::exception &error)",
    closure: "auto f# = [&]()",
    call_closure: "f#()",
    constant: "#",
    throw: "throw std::runtime_error(\"t#\")",
    last: Some("return 0"),
    told: Told {
        begin: &[
            "bool told = flag0;",
            "auto tells = [&](const char *name, bool value) {",
            "    step(name);",
            "    told = value;",
            "};",
            "(void)tells;",
        ],
        tell: "tells(\"@\", ~)",
        ..SCRIPT.told
    },
    ..SCRIPT
};

/// Variables whose destructors are seen.
const CPP_OBJECTS: Words = Words {
    declare: "Number @(\"@\", ~)",
    variable: "@.value",
    ..CPP_WORDS
};

/// Variables of a class that frees memory and does nothing else.
const CPP_STRINGS: Words = Words {
    declare: "std::string @ = std::to_string(~)",
    variable: "int(@.size())",
    ..CPP_WORDS
};

/// Variables that are parts of something, and that cannot be assigned to.
const CPP_BINDINGS: Words = Words {
    declare: "const auto [@, rest_@] = std::make_pair(~, 0)",
    ..CPP_WORDS
};

/// A lock of C++, in a variable of the file.
const fn cpp(head: &'static str) -> Dialect {
    Dialect {
        words: &CPP_WORDS,
        file_name: "generated.cpp",
        head,
        function: "int work(bool flag0, bool flag1, bool flag2, bool flag3, int way)",
        foot: "",
        level: 0,
        acquire: "@.lock()",
        release: "@.unlock()",
        taken: "@.try_lock()",
        not_taken: "!@.try_lock()",
        guard: "std::lock_guard<std::recursive_mutex> guard#(@)",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that C++ programs are written with. None blocks the thread that holds it.
pub const CPP: [Dialect; 7] = [
    cpp("#include <mutex>\n#include <stdexcept>\n\n<<static std::recursive_mutex @;\n>>\n"),
    Dialect {
        words: &CPP_OBJECTS,
        ..cpp("#include \"locks.h\"\n#include <mutex>\n\n<<static std::recursive_mutex @;\n>>\n")
    },
    Dialect {
        acquire: "pthread_mutex_lock(&@)",
        release: "pthread_mutex_unlock(&@)",
        taken: "pthread_mutex_trylock(&@) == 0",
        not_taken: "pthread_mutex_trylock(&@) != 0",
        guard: "std::unique_ptr<pthread_mutex_t, int (*)(pthread_mutex_t *)> \
                guard#((pthread_mutex_lock(&@), &@), pthread_mutex_unlock)",
        ..cpp("#include <pthread.h>\n\n<<static pthread_mutex_t @ = \
             PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;\n>>\n")
    },
    Dialect {
        function: "int work(bool flag0, bool flag1, bool flag2, bool flag3, int way) const noexcept(false)",
        foot: "};\n\nstatic Account account;\n",
        level: 1,
        acquire: "@->lock()",
        release: "@->unlock()",
        taken: "@->try_lock()",
        not_taken: "not @->try_lock()",
        guard: "std::unique_lock<std::recursive_timed_mutex> guard#(*@)",
        watched: "*account.@",
        call: |flags, way| format!("account.work({}, {way})", joined(flags, "true", "false")),
        ..cpp("#include <memory>\n#include <mutex>\n\nstruct Account {\n\
             <<    std::unique_ptr<std::recursive_timed_mutex> @{new std::recursive_timed_mutex};\n>>\n")
    },
    Dialect {
        words: &CPP_OBJECTS,
        acquire: "@.lock_shared()",
        release: "@.unlock_shared()",
        taken: "@.try_lock_shared()",
        not_taken: "@.try_lock_shared() == false",
        guard: "std::shared_lock<std::shared_mutex> guard#(@)",
        ..cpp(
            "// standard: c++17\n#include \"locks.h\"\n#include <shared_mutex>\n\n<<static std::shared_mutex @;\n>>\n",
        )
    },
    Dialect {
        words: &CPP_STRINGS,
        acquire: "@.Lock()",
        release: "@.Unlock()",
        taken: "@.TryLock()",
        not_taken: "!@.TryLock()",
        guard: "SpinHolder guard#(&@)",
        ..cpp(
            "#include <string>\n\nclass Spin {\npublic:\n    int held = 0;\n    void Lock() { ++held; }\n    \
             void Unlock() { --held; }\n    bool TryLock() {\n        ++held;\n        return true;\n    }\n};\n\n\
             class SpinHolder {\npublic:\n    explicit SpinHolder(Spin *spin) : spin_(spin) { spin_->Lock(); }\n    \
             ~SpinHolder() { spin_->Unlock(); }\n\nprivate:\n    Spin *spin_;\n};\n\n<<static Spin @;\n>>\n",
        )
    },
    Dialect {
        words: &CPP_BINDINGS,
        ..cpp(
            "// standard: c++17\n#include <mutex>\n#include <utility>\n\n<<static std::recursive_mutex @;\n>>\n",
        )
    },
];
