//! Suppression comments around a finding: a text that begins and ends as the fuzzer likes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfix_fuzz::{check, language};

/// A function with a leak, in the language of that name; `@` is where comments go.
fn program(language: &str) -> &'static str {
    match language {
        "python" => {
            "import threading\nlock = threading.Lock()\ndef f(x):\n@\n    lock.acquire()@\n    x()\n    lock.release()\n"
        }
        "go" => {
            "package a\nimport \"sync\"\nvar mu sync.Mutex\nfunc f(x func()) {\n@\n\tmu.Lock()@\n\tx()\n\tmu.Unlock()\n}\n"
        }
        "java" => {
            "import java.util.concurrent.locks.ReentrantLock;\nclass A {\n ReentrantLock l = new ReentrantLock();\n void f() {\n@\n  l.lock();@\n  g();\n  l.unlock();\n }\n}\n"
        }
        "php" => {
            "<?php\nfunction f($h) {\n@\n  flock($h, LOCK_EX);@\n  g();\n  flock($h, LOCK_UN);\n}\n"
        }
        "c" => {
            "#include <pthread.h>\nint f(pthread_mutex_t *m, int x) {\n@\n  pthread_mutex_lock(m);@\n  if (x) return 1;\n  pthread_mutex_unlock(m);\n  return 0;\n}\n"
        }
        "cpp" => {
            "#include <mutex>\nstd::mutex m;\nvoid f() {\n@\n  m.lock();@\n  g();\n  m.unlock();\n}\n"
        }
        _ => {
            "import { Mutex } from 'async-mutex';\nconst m = new Mutex();\nasync function f(x) {\n@\n  await m.acquire();@\n  x();\n  m.release();\n}\n"
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, comment)) = bytes.split_first() else {
        return;
    };
    let language = language(*first);
    let mut parts = program(language.name())
        .as_bytes()
        .split(|byte| *byte == b'@');
    let mut text = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        text.extend_from_slice(comment);
        text.extend_from_slice(part);
    }
    check(language, &text);
});
