//! Java.

use super::javascript::SCRIPT;
use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const JAVA_WORDS: Words = Words {
    features: Features {
        try_acquire: true,
        scopes: true,
        shadows: false,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step(\"@\")",
    step_of: "step(\"@\", ~)",
    declare: "int @ = ~",
    loop_twice: "for (int turn# : new int[] {1, 2})",
    catch: "catch (RuntimeException error)",
    closure: "Work<Object> f# = () ->",
    call_closure: "f#.run()",
    last_of_closure: "return null",
    scope: "try (Scope o# = scope(\"o#\"))",
    scopes_are_heads: true,
    answer: "boolean ok# = ~",
    constant: "\"r#\"",
    // Behind a condition, even one that is always true, what follows compiles.
    perhaps: "if (true) ",
    throw: "throw new IllegalStateException(\"t#\")",
    told: Told {
        define: &[
            "static boolean told;",
            "",
            "static void tells(String name, boolean value) {",
            "    step(name);",
            "    told = value;",
            "}",
            "",
        ],
        begin: &["told = flag0;"],
        tell: "tells(\"@\", ~)",
        ..SCRIPT.told
    },
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
pub const JAVA: [Dialect; 4] = [
    java(
        "import java.util.concurrent.locks.ReentrantLock;\n\nclass Program extends Steps {\n    \
         <<static final ReentrantLock @ = new ReentrantLock();\n    >>\n",
    ),
    Dialect {
        acquire: "@.writeLock().lock()",
        release: "@.writeLock().unlock()",
        taken: "@.writeLock().tryLock()",
        not_taken: "!@.writeLock().tryLock()",
        ..java(
            "import java.util.concurrent.locks.*;\n\nclass Program extends Steps {\n    \
             <<static final ReadWriteLock @ = new ReentrantReadWriteLock();\n    >>\n",
        )
    },
    Dialect {
        acquire: "@.readLock().lock()",
        release: "@.readLock().unlock()",
        taken: "@.readLock().tryLock()",
        not_taken: "!@.readLock().tryLock()",
        ..java(
            "import java.util.concurrent.locks.ReentrantReadWriteLock;\n\nclass Program extends Steps {\n    \
             <<static final ReentrantReadWriteLock @ = new ReentrantReadWriteLock();\n    >>\n",
        )
    },
    Dialect {
        acquire: "@.acquire()",
        release: "@.release()",
        taken: "@.tryAcquire()",
        not_taken: "!@.tryAcquire()",
        ..java(
            "import java.util.concurrent.Semaphore;\n\nclass Program extends Steps {\n    \
             <<static final Semaphore @ = new Semaphore(50);\n    >>\n",
        )
    },
];
