//! The languages and the locks that random programs are written with.

use crate::print::{Dialect, Words};
use crate::programs::Features;

const SCRIPT: Words = Words {
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
        locks: 2,
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
    otherwise: "else",
    loop_twice: "for (const turn of [1, 2])",
    label: "l#: ",
    switch: "switch (way)",
    case: "case #:",
    default: "default:",
    case_level: 1,
    end_case: "break",
    block_in_case: None,
    try_: "try",
    catch: "catch (error)",
    finally: "finally",
    closure: "const f# = async () =>",
    end_closure: ";",
    call_closure: "await f#()",
    defer: "",
    open_defer: "",
    end_defer: "",
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
        "const { Mutex } = require('async-mutex');\nconst lock0 = new Mutex();\n\
         const lock1 = new Mutex();\n\n",
        "const release# = await @.acquire()",
        "release#()",
    ),
    javascript(
        "import { Mutex } from 'async-mutex';\nconst lock0 = new Mutex();\n\
         const lock1 = new Mutex();\n\n",
        "await @.acquire()",
        "@.release()",
    ),
    javascript(
        "import AwaitLock from 'await-lock';\nconst lock0 = new AwaitLock();\n\
         const lock1 = new AwaitLock();\n\n",
        "await @.acquireAsync()",
        "@.release()",
    ),
    javascript(
        "const { Sema } = require('async-sema');\nconst lock0 = new Sema(3);\n\
         const lock1 = new Sema(3);\n\n",
        "await @.acquire()",
        "@.release()",
    ),
    javascript(
        "import mutexify from 'mutexify/promise';\nconst lock0 = mutexify();\n\
         const lock1 = mutexify();\n\n",
        "const release# = await @()",
        "release#()",
    ),
];

const TYPED_SCRIPT: Words = Words {
    declare: "const @: number = ~",
    catch: "catch (error: unknown)",
    closure: "const f# = async (): Promise<number | string | void> =>",
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
            "import { Mutex } from 'async-mutex';\nconst lock0 = new Mutex();\n\
             const lock1: Mutex = new Mutex();\n\n",
            "const release# = await @.acquire()",
            "release#()",
        ),
    ),
    typescript(
        &SCRIPT,
        javascript(
            "import { Mutex, type MutexInterface } from 'async-mutex';\nconst lock0 = new Mutex();\n\
             const lock1: MutexInterface = new Mutex();\n\n",
            "await @.acquire()",
            "@.release()",
        ),
    ),
    typescript(
        &TYPED_SCRIPT,
        javascript(
            "import AwaitLock from 'await-lock';\nconst lock0 = new AwaitLock();\n\
             const lock1 = new AwaitLock();\n\n",
            "await @.acquireAsync()",
            "@.release()",
        ),
    ),
];

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

/// Arguments that are true or false.
fn joined(flags: &[bool], yes: &str, no: &str) -> String {
    let flags: Vec<&str> = flags
        .iter()
        .map(|flag| if *flag { yes } else { no })
        .collect();
    flags.join(", ")
}

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

const PHP_WORDS: Words = Words {
    features: Features {
        // A closure sees no variables but those that it lists: fixtures hold those.
        closures: false,
        labels: false,
        // There, `continue` means `break`.
        switch: false,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step('@')",
    step_of: "step('@', ~)",
    declare: "$@ = ~",
    variable: "$@",
    if_flag: "if ($flag#)",
    loop_twice: "foreach ([1, 2] as $turn)",
    catch: "catch (Exception $error)",
    throw: "throw new RuntimeException('t#')",
    ..SCRIPT
};

/// A lock of PHP, in a property.
const fn php(head: &'static str, foot: &'static str) -> Dialect {
    Dialect {
        words: &PHP_WORDS,
        file_name: "generated.php",
        head,
        function: "public function work($flag0, $flag1, $flag2, $flag3, int $way)",
        foot,
        level: 1,
        acquire: "$this->@->lock()",
        release: "$this->@->unlock()",
        taken: "$this->@->lock(0)",
        not_taken: "!$this->@->lock(0)",
        guard: "",
        watched: "$work->@",
        call: |flags, way| format!("$work->work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that PHP programs are written with.
pub const PHP: [Dialect; 4] = [
    php(
        "<?php\n\nfinal class Work\n{\n    public function __construct(\n        \
         public SyncMutex $lock0,\n        public SyncMutex $lock1,\n    ) {\n    }\n\n",
        "}\n\n$work = new Work(new SyncMutex(), new SyncMutex());\n",
    ),
    Dialect {
        acquire: "$this->@->acquire(true)",
        release: "$this->@->release()",
        taken: "$this->@->acquire()",
        not_taken: "!$this->@->acquire()",
        ..php(
            "<?php\n\nuse Symfony\\Component\\Lock\\{Lock, LockInterface};\n\nfinal class Work\n{\n    \
             public function __construct(\n        public LockInterface $lock0,\n        \
             public LockInterface $lock1,\n    ) {\n    }\n\n",
            "}\n\n$work = new Work(new Lock(), new Lock());\n",
        )
    },
    Dialect {
        acquire: "$this->@->block(1)",
        release: "$this->@->release()",
        taken: "$this->@->get()",
        not_taken: "!$this->@->get()",
        ..php(
            "<?php\n\nuse Illuminate\\Cache\\Lock;\n\nfinal class Work\n{\n    \
             public function __construct(\n        public Lock $lock0,\n        \
             public Lock $lock1,\n    ) {\n    }\n\n",
            "}\n\n$work = new Work(new Lock(), new Lock());\n",
        )
    },
    Dialect {
        acquire: "flock($this->@, LOCK_EX)",
        release: "flock($this->@, LOCK_UN)",
        taken: "flock($this->@, LOCK_EX | LOCK_NB)",
        not_taken: "!flock($this->@, LOCK_EX | LOCK_NB)",
        ..php(
            "<?php\n\nfinal class Work\n{\n    public $lock0;\n    public $lock1;\n\n",
            "}\n\n$work = new Work();\n$work->lock0 = scratch('0');\n$work->lock1 = scratch('1');\n",
        )
    },
];

const JAVA_WORDS: Words = Words {
    features: Features {
        // What a lambda returns has a type: fixtures hold those.
        closures: false,
        try_acquire: true,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step(\"@\")",
    step_of: "step(\"@\", ~)",
    declare: "int @ = ~",
    loop_twice: "for (int turn# : new int[] {1, 2})",
    catch: "catch (RuntimeException error)",
    constant: "\"r#\"",
    // Behind a condition, even one that is always true, what follows compiles.
    perhaps: "if (true) ",
    throw: "throw new IllegalStateException(\"t#\")",
    ..SCRIPT
};

/// A lock of Java, in a static field.
const fn java(head: &'static str) -> Dialect {
    Dialect {
        words: &JAVA_WORDS,
        file_name: "Generated.java",
        head,
        function: "static Object work(boolean flag0, boolean flag1, boolean flag2, boolean flag3, int way) \
                   throws Exception {\n    if (way >= 0)",
        foot: "    return null;\n    }\n}\n",
        level: 1,
        acquire: "@.lock()",
        release: "@.unlock()",
        taken: "@.tryLock()",
        not_taken: "!@.tryLock()",
        guard: "",
        watched: "@",
        call: |flags, way| format!("work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that Java programs are written with. None blocks the thread that holds it.
pub const JAVA: [Dialect; 3] = [
    java(
        "import java.util.concurrent.locks.ReentrantLock;\n\nclass Program extends Steps {\n    \
         static final ReentrantLock lock0 = new ReentrantLock();\n    \
         static final ReentrantLock lock1 = new ReentrantLock();\n\n",
    ),
    Dialect {
        acquire: "@.writeLock().lock()",
        release: "@.writeLock().unlock()",
        taken: "@.writeLock().tryLock()",
        not_taken: "!@.writeLock().tryLock()",
        ..java(
            "import java.util.concurrent.locks.*;\n\nclass Program extends Steps {\n    \
             static final ReadWriteLock lock0 = new ReentrantReadWriteLock();\n    \
             static final ReadWriteLock lock1 = new ReentrantReadWriteLock();\n\n",
        )
    },
    Dialect {
        acquire: "@.acquire()",
        release: "@.release()",
        taken: "@.tryAcquire()",
        not_taken: "!@.tryAcquire()",
        ..java(
            "import java.util.concurrent.Semaphore;\n\nclass Program extends Steps {\n    \
             static final Semaphore lock0 = new Semaphore(50);\n    \
             static final Semaphore lock1 = new Semaphore(50);\n\n",
        )
    },
];

const GO_WORDS: Words = Words {
    features: Features {
        // What catches is a function that is deferred.
        handlers: false,
        finally: false,
        defers: true,
        try_acquire: true,
        ..SCRIPT.features
    },
    indent: "\t",
    end: "",
    step: "step(\"@\")",
    step_of: "value(\"@\", ~)",
    declare: "@ := ~",
    unused_is_error: true,
    if_flag: "if flag#",
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
        "package program\n\nimport \"sync\"\n\nvar (\n\tlock0 sync.Mutex\n\tlock1 sync.Mutex\n)\n\n\
         func reset() {\n\tlock0, lock1 = sync.Mutex{}, sync.Mutex{}\n}\n\n",
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
            "package program\n\nimport \"sync\"\n\nvar lock0, lock1 *sync.RWMutex\n\n\
             func reset() {\n\tlock0, lock1 = new(sync.RWMutex), new(sync.RWMutex)\n}\n\n",
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
            "package program\n\nimport \"sync\"\n\ntype store struct {\n\tlock0 sync.Mutex\n\t\
             lock1 sync.RWMutex\n}\n\nvar all *store\n\nfunc reset() {\n\tall = &store{}\n}\n\n",
        )
    },
];

const CPP_WORDS: Words = Words {
    features: Features {
        finally: false,
        guards: true,
        labels: false,
        try_acquire: true,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step(\"@\")",
    step_of: "step(\"@\", ~)",
    declare: "int @ = ~",
    loop_twice: "for (int turn# = 0; turn# < 2; ++turn#)",
    block_in_case: Some((" {", "}")),
    catch: "catch (const std::exception &error)",
    closure: "auto f# = [&]()",
    call_closure: "f#()",
    constant: "#",
    throw: "throw std::runtime_error(\"t#\")",
    last: Some("return 0"),
    ..SCRIPT
};

/// Variables whose destructors are seen.
const CPP_OBJECTS: Words = Words {
    declare: "Number @(\"@\", ~)",
    variable: "@.value",
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
pub const CPP: [Dialect; 5] = [
    cpp(
        "#include <mutex>\n#include <stdexcept>\n\nstatic std::recursive_mutex lock0;\n\
         static std::recursive_mutex lock1;\n\n",
    ),
    Dialect {
        words: &CPP_OBJECTS,
        ..cpp(
            "#include \"locks.h\"\n#include <mutex>\n\nstatic std::recursive_mutex lock0;\n\
             static std::recursive_mutex lock1;\n\n",
        )
    },
    Dialect {
        acquire: "pthread_mutex_lock(&@)",
        release: "pthread_mutex_unlock(&@)",
        taken: "pthread_mutex_trylock(&@) == 0",
        not_taken: "pthread_mutex_trylock(&@) != 0",
        guard: "std::unique_ptr<pthread_mutex_t, int (*)(pthread_mutex_t *)> \
                guard#((pthread_mutex_lock(&@), &@), pthread_mutex_unlock)",
        ..cpp("#include <pthread.h>\n\nstatic pthread_mutex_t lock0 = \
             PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;\nstatic pthread_mutex_t lock1 = \
             PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;\n\n")
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
        ..cpp(
            "#include <memory>\n#include <mutex>\n\nstruct Account {\n    \
             std::unique_ptr<std::recursive_timed_mutex> lock0{new std::recursive_timed_mutex};\n    \
             std::unique_ptr<std::recursive_timed_mutex> lock1{new std::recursive_timed_mutex};\n\n",
        )
    },
    Dialect {
        words: &CPP_OBJECTS,
        acquire: "@.lock_shared()",
        release: "@.unlock_shared()",
        taken: "@.try_lock_shared()",
        not_taken: "@.try_lock_shared() == false",
        guard: "std::shared_lock<std::shared_mutex> guard#(@)",
        ..cpp(
            "// standard: c++17\n#include \"locks.h\"\n#include <shared_mutex>\n\nstatic std::shared_mutex lock0;\n\
             static std::shared_mutex lock1;\n\n",
        )
    },
];
