//! The comparison is itself tested: it has to see every kind of wrong rewrite, and to accept right ones.

use crate::law::Law;
use crate::runtime::{Case, Runtime, type_errors};
use crate::trace::Trace;

/// The breaches between two programs of one text each, over every run and fault.
fn breaches(runtime: Runtime, original: &str, rewritten: &str) -> Option<Vec<String>> {
    let command = runtime.find()?;
    let (file_name, lock) = match runtime {
        Runtime::Node => ("planted.js", "mutex"),
        Runtime::CPython => ("planted.py", "lock"),
        Runtime::Gcc => ("planted.c", "lock"),
        Runtime::Gxx => ("planted.cpp", "lock_"),
        Runtime::Go => ("planted.go", "lock"),
        Runtime::Jvm => ("Planted.java", "lock"),
        Runtime::Php => ("planted.php", "$lock"),
    };
    let cases = [original, rewritten].map(|text| Case {
        title: "planted".to_owned(),
        file_name: file_name.to_owned(),
        text: text.as_bytes().to_vec(),
        locks: vec![lock.to_owned()],
        runs: vec!["work()".to_owned()],
        standard: None,
    });
    let results = Runtime::run(command, &cases);
    let [Ok(before), Ok(after)] = &results[..] else {
        panic!("a planted program does not compile: {results:?}");
    };
    let law = Law {
        exact: true,
        all_freed: true,
    };
    let same = |one: &Trace, other: &Trace| (one.fault, &one.mode) == (other.fault, &other.mode);
    let found = after.iter().filter_map(|trace| {
        let original = before.iter().find(|one| same(one, trace))?;
        law.violation(original, trace)
    });
    Some(found.collect())
}

#[track_caller]
fn assert_seen(runtime: Runtime, original: &str, wrong: &str, sign: &str) {
    if let Some(found) = breaches(runtime, original, wrong) {
        assert!(
            found.iter().any(|message| message.contains(sign)),
            "`{sign}` was not reported, only {found:?}"
        );
    }
}

#[track_caller]
fn assert_accepted(runtime: Runtime, original: &str, right: &str) {
    if let Some(found) = breaches(runtime, original, right) {
        assert_eq!(found, Vec::<String>::new());
    }
}

/// A JavaScript program with this body in its function.
fn javascript(body: &str) -> String {
    format!(
        "const {{ Mutex }} = require('async-mutex');\nconst mutex = new Mutex();\n\
         async function work() {{\n{body}\n}}\n"
    )
}

/// A Python program with this body in its function.
fn python(body: &str) -> String {
    format!("import threading\nlock = threading.Lock()\ndef work():\n{body}\n")
}

const JAVASCRIPT: &str = "
  await mutex.acquire();
  step('write');
  mutex.release();
  await astep('notify');
  return 1;";

const PYTHON: &str = "
    lock.acquire()
    step('write')
    lock.release()
    step('notify')
    return 1";

#[test]
fn right_rewrites_are_accepted() {
    let right = "
  const release = await mutex.acquire();
  try { step('write'); } finally { release(); }
  await astep('notify');
  return 1;";
    assert_accepted(Runtime::Node, &javascript(JAVASCRIPT), &javascript(right));
    let right = "
    with lock:
        step('write')
    step('notify')
    return 1";
    assert_accepted(Runtime::CPython, &python(PYTHON), &python(right));
}

#[test]
fn a_leak_that_stays_is_seen() {
    let sign = "still locked in the end";
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(JAVASCRIPT),
        sign,
    );
    assert_seen(Runtime::CPython, &python(PYTHON), &python(PYTHON), sign);
}

#[test]
fn a_lost_release_is_seen() {
    let wrong = "
  await mutex.acquire();
  step('write');
  await astep('notify');
  return 1;";
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(wrong),
        "locks at step `notify`",
    );
    let wrong = "
    lock.acquire()
    step('write')
    step('notify')
    return 1";
    assert_seen(
        Runtime::CPython,
        &python(PYTHON),
        &python(wrong),
        "locks at step `notify`",
    );
}

#[test]
fn a_lock_held_over_more_work_is_seen() {
    let wrong = "
  return mutex.runExclusive(async () => {
    step('write');
    await astep('notify');
    return 1;
  });";
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(wrong),
        "locks at step `notify`",
    );
    let wrong = "
    with lock:
        step('write')
        step('notify')
        return 1";
    assert_seen(
        Runtime::CPython,
        &python(PYTHON),
        &python(wrong),
        "locks at step `notify`",
    );
}

#[test]
fn a_release_before_its_time_is_seen() {
    let original = "
  const release = await mutex.acquire();
  const result = await astep('read', 1);
  release();
  return result;";
    // The promise is returned, not awaited: the lock is free before the work is done.
    let wrong = "
  const release = await mutex.acquire();
  try { return astep('read', 1); } finally { release(); }";
    let sign = "locks at step `read settles`";
    assert_seen(
        Runtime::Node,
        &javascript(original),
        &javascript(wrong),
        sign,
    );
    let wrong = "
    with lock:
        pass
    step('write')
    step('notify')
    return 1";
    assert_seen(
        Runtime::CPython,
        &python(PYTHON),
        &python(wrong),
        "locks at step `write`",
    );
}

#[test]
fn a_double_release_is_seen() {
    let original = "
    lock.acquire()
    if step('check', True):
        lock.release()
        return 0
    lock.release()";
    let wrong = "
    lock.acquire()
    try:
        if step('check', True):
            lock.release()
            return 0
    finally:
        lock.release()";
    let sign = "release unlocked lock";
    assert_seen(Runtime::CPython, &python(original), &python(wrong), sign);
}

#[test]
fn a_swallowed_exception_is_seen() {
    let wrong = "
  const release = await mutex.acquire();
  try { step('write'); } catch {} finally { release(); }
  await astep('notify');
  return 1;";
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(wrong),
        "steps [",
    );
    let wrong = "
    with lock:
        try:
            step('write')
        except Exception:
            return None
    step('notify')
    return 1";
    assert_seen(
        Runtime::CPython,
        &python(PYTHON),
        &python(wrong),
        "ends with",
    );
}

#[test]
fn another_result_is_seen() {
    let wrong = JAVASCRIPT.replace("return 1", "return 2");
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(&wrong),
        "ends with",
    );
}

#[test]
fn waiting_for_ever_is_seen() {
    let wrong = "
  await mutex.runExclusive(() => step('write'));
  await astep('notify');
  await mutex.acquire();
  await mutex.acquire();";
    assert_seen(
        Runtime::Node,
        &javascript(JAVASCRIPT),
        &javascript(wrong),
        "Hang",
    );
    let wrong = "
    with lock:
        step('write')
    step('notify')
    lock.acquire()
    lock.acquire()";
    assert_seen(Runtime::CPython, &python(PYTHON), &python(wrong), "Hang");
}

#[test]
fn a_type_error_is_seen() {
    let wrong = Case {
        title: "wrong".to_owned(),
        file_name: "wrong.ts".to_owned(),
        text: b"import { Mutex } from 'async-mutex';\nexport const mutex: Mutex = step('x', 1);\n"
            .to_vec(),
        locks: Vec::new(),
        runs: Vec::new(),
        standard: None,
    };
    if let Some(errors) = type_errors(&[wrong]) {
        assert_eq!(errors.len(), 1);
        let message = &errors[0].message;
        assert!(message.starts_with("wrong: "), "{message}");
        assert!(
            message.contains("not assignable to type 'Mutex'"),
            "{message}"
        );
    }
}
