//! The catalogue as a whole: it loads, its examples come out as recorded, and what only looks like
//! a lock stays silent.

#[path = "catalog/rows.rs"]
mod rows;

use lockfix::catalog::FILES;
use lockfix::catalog::schema::{Family, Library};
use lockfix::engine::{Engine, Options};
use lockfix::finding::Applicability;
use lockfix::language::Language;

fn engine() -> Engine {
    Engine::new(Options::default()).unwrap()
}

/// An engine that also looks for files, connections and the like.
fn with_families() -> Engine {
    Engine::new(Options {
        families: Family::ALL.to_vec(),
        ..Options::default()
    })
    .unwrap()
}

/// `(language folder, path, library)` of every file that describes locks.
fn libraries() -> Vec<(&'static str, String, Library)> {
    FILES
        .iter()
        .filter(|(_, stem, _)| *stem != "language")
        .map(|(folder, stem, text)| {
            let path = format!("transforms/{folder}/{stem}.toml");
            let library = toml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            (*folder, path, library)
        })
        .collect()
}

/// The dialects of a folder's language in which the code parses: an example with types is for some.
fn dialects(folder: &str, code: &str) -> Vec<Language> {
    let parsing: Vec<Language> = Language::ALL
        .into_iter()
        .filter(|language| language.folder() == folder)
        .filter(|language| {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&language.grammar().grammar()).unwrap();
            !parser.parse(code, None).unwrap().root_node().has_error()
        })
        .collect();
    assert!(!parsing.is_empty(), "no dialect parses\n{code}");
    parsing
}

/// The findings in a text, in words.
fn said(engine: &Engine, language: Language, text: &str) -> Vec<String> {
    let findings = engine.analyse(language, text.as_bytes()).findings;
    findings
        .iter()
        .map(|finding| {
            let line = finding.location.line;
            format!("line {line}: {}: {}", finding.rule, finding.message)
        })
        .collect()
}

#[test]
fn every_file_compiles_in_every_dialect_of_its_language() {
    let engine = with_families();
    for language in Language::ALL {
        let locks: usize = libraries()
            .iter()
            .filter(|(folder, ..)| *folder == language.folder())
            .map(|(.., library)| library.lock.len())
            .sum();
        // Patterns that are no code of the language, and holes that nothing binds, panic here.
        assert_eq!(engine.catalog(language).entries.len(), locks, "{language}");
    }
}

#[test]
fn every_lock_can_be_taken_and_freed() {
    for (_, path, library) in libraries() {
        assert!(!library.library.is_empty(), "{path}");
        assert!(!library.lock.is_empty(), "{path}");
        for lock in &library.lock {
            let name = &lock.name;
            assert!(!name.is_empty(), "{path}");
            let takes = lock.acquire.len() + lock.tries.len() + lock.callback.len();
            assert_ne!(takes, 0, "{path}: nothing takes `{name}`");
            assert!(!lock.release.is_empty(), "{path}: nothing frees `{name}`");
            let imported = !library.modules.is_empty() || !lock.modules.is_empty();
            // Functions of C have names that nothing else has.
            let typed = lock.functions || (imported && !lock.types.is_empty());
            assert_ne!(
                lock.by_name, typed,
                "{path}: `{name}` is known either by its name or by what is imported"
            );
        }
    }
}

#[test]
fn every_file_shows_an_example() {
    for (_, path, library) in libraries() {
        let shows = library.lock.iter().any(|lock| !lock.example.is_empty());
        assert!(shows, "{path}");
    }
}

#[test]
fn examples_come_out_as_recorded() {
    let (plain, families) = (engine(), with_families());
    let mut wrong = Vec::new();
    for (folder, path, library) in libraries() {
        let engine = match library.family {
            None => &plain,
            Some(_) => &families,
        };
        for example in library.lock.iter().flat_map(|lock| &lock.example) {
            for language in dialects(folder, &example.before) {
                let before = example.before.as_bytes();
                if !engine.may_hold_locks(language, before) {
                    wrong.push(format!("{path}: passed over:\n{}", example.before));
                }
                let fixed = engine.fix_all(language, before, Applicability::Safe);
                let text = String::from_utf8_lossy(&fixed.text);
                if fixed.applied == 0 || text != example.after {
                    wrong.push(format!("{path}: becomes, in {language},\n{text}"));
                    continue;
                }
                let left = said(engine, language, &text);
                if !left.is_empty() {
                    wrong.push(format!("{path}: {}\nin\n{text}", left.join("\n")));
                }
                let again = engine.fix_all(language, &fixed.text, Applicability::Safe);
                if again.applied != 0 || again.text != fixed.text {
                    wrong.push(format!("{path}: fixed twice:\n{text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Code that takes and frees something in the words of locks and holds none, or whose locks are
/// guarded already.
const LOOK_ALIKES_JAVASCRIPT: &[(&str, &str)] = &[
    (
        "a connection pool",
        "async function f(pool) {
  const conn = await pool.acquire();
  if (!conn.ok) return;
  await conn.query('x');
  pool.release(conn);
}",
    ),
    (
        "a pool of locks",
        "async function f(lockPool) {
  const member = await lockPool.acquire();
  if (!member.ok) return;
  lockPool.release(member);
}",
    ),
    (
        "a door",
        "async function f(door) {
  await door.lock();
  if (await door.jammed()) return;
  await door.unlock();
}",
    ),
    (
        "the lock of a door",
        "async function f(doorLock) {
  await doorLock.lock();
  if (await doorLock.jammed()) return;
  await doorLock.unlock();
}",
    ),
    (
        "a wake lock",
        "async function f() {
  const wakeLock = await navigator.wakeLock.request('screen');
  if (document.hidden) return;
  await wakeLock.release();
}",
    ),
    (
        "the orientation of the screen",
        "async function f() {
  await screen.orientation.lock('portrait');
  if (document.hidden) return;
  show();
  screen.orientation.unlock();
}",
    ),
    (
        "the reader of a stream",
        "async function f(stream) {
  const reader = stream.getReader();
  const chunk = await reader.read();
  if (chunk.done) return;
  use(chunk);
  reader.releaseLock();
}",
    ),
    (
        "a client of pg",
        "const { Pool } = require('pg');
const pool = new Pool();
async function f() {
  const client = await pool.connect();
  const rows = await client.query('x');
  if (!rows.length) return;
  client.release();
}",
    ),
    (
        "async-lock, which takes the work as a function",
        "const AsyncLock = require('async-lock');
const lock = new AsyncLock();
async function f(key) {
  if (!key) return;
  await lock.acquire(key, async () => {
    await work();
  });
}",
    ),
    (
        "async-lock with a callback that says when it is done",
        "import AsyncLock from 'async-lock';
const lock = new AsyncLock();
export function f(key, done) {
  lock.acquire(key, (end) => {
    if (!key) return;
    work(end);
  }, done);
}",
    ),
    (
        "p-limit",
        "import pLimit from 'p-limit';
const limit = pLimit(2);
export async function f(urls) {
  return Promise.all(urls.map((url) => limit(() => fetch(url))));
}",
    ),
    (
        "web locks",
        "export async function f() {
  await navigator.locks.request('x', async (lock) => {
    if (!lock) return;
    await work();
  });
}",
    ),
    (
        "the keys of the keyboard",
        "async function f() {
  await navigator.keyboard.lock(['Escape']);
  if (document.hidden) return;
  play();
  navigator.keyboard.unlock();
}",
    ),
    (
        "a wallet",
        "async function f(wallet, password) {
  await wallet.lock();
  if (!wallet.funds) return;
  await wallet.send();
  await wallet.unlock(password);
}",
    ),
    (
        "callbacks that are called alike",
        "const semaphore = require('./traffic');
function f() {
  semaphore.take(function (leave) {
    if (!open) return;
    leave();
  });
}",
    ),
    (
        "the package lockfile, all callbacks",
        "const lockfile = require('lockfile');
function f(path, done) {
  lockfile.lock(path, {}, (error) => {
    if (error) return done(error);
    work();
    lockfile.unlock(path, done);
  });
}",
    ),
    (
        "a mutex that guards by itself",
        "import { Mutex } from 'async-mutex';
const mutex = new Mutex();
export async function f(x) {
  return mutex.runExclusive(async () => {
    if (!x) return 1;
    return work(x);
  });
}",
    ),
    (
        "a ticket that is given away",
        "import { Mutex } from 'async-mutex';
const mutex = new Mutex();
export async function f(x) {
  const release = await mutex.acquire();
  return { x, release };
}",
    ),
    (
        "a ticket that a promise calls",
        "import { Mutex } from 'async-mutex';
const mutex = new Mutex();
export async function f() {
  const release = await mutex.acquire();
  return work().finally(release);
}",
    ),
    (
        "a method of the lock that is handed on",
        "import AwaitLock from 'await-lock';
const lock = new AwaitLock();
export async function f(job) {
  await lock.acquireAsync();
  job.once('done', lock.release.bind(lock));
  if (!job.start()) {
    lock.release();
  }
}",
    ),
    (
        "superlock's function form",
        "const { withLock } = require('superlock');
const lock = withLock();
async function f(x) {
  if (!x) return;
  await lock(async () => {
    await work(x);
  });
}",
    ),
];

const LOOK_ALIKES_PYTHON: &[(&str, &str)] = &[
    (
        "a memoryview",
        "def f(data):
    view = memoryview(data)
    if not view:
        return
    use(view)
    view.release()
",
    ),
    (
        "the platform",
        "import platform
def f():
    release = platform.release()
    return release
",
    ),
    (
        "a connection pool",
        "async def f(pool):
    conn = await pool.acquire()
    if not conn:
        return
    await conn.execute('x')
    await pool.release(conn)
",
    ),
    (
        "lines of a GPIO chip",
        "def f(chip):
    request = chip.request_lines()
    if not request:
        return
    request.set_value(1, 1)
    request.release()
",
    ),
    (
        "a camera",
        "import cv2
def f(path):
    capture = cv2.VideoCapture(path)
    ok, frame = capture.read()
    if not ok:
        return None
    capture.release()
    return frame
",
    ),
    (
        "a keyboard",
        "from pynput.keyboard import Controller
def f(key):
    keyboard = Controller()
    keyboard.press(key)
    if key == 'x':
        return
    keyboard.release(key)
",
    ),
    (
        "a door",
        "def f(door):
    door.lock()
    if door.jammed():
        return
    door.ring()
    door.unlock()
",
    ),
    (
        "the lock of a door",
        "def f(door_lock):
    door_lock.lock()
    if door_lock.jammed():
        return
    door_lock.unlock()
",
    ),
    (
        "a wake lock",
        "def f(wake_lock):
    wake_lock.acquire()
    if idle():
        return
    run()
    wake_lock.release()
",
    ),
    (
        "an event",
        "import threading
ready = threading.Event()
def f(x):
    ready.set()
    if x:
        return
    ready.clear()
",
    ),
    (
        "code in a string",
        "TEMPLATE = '''
lock.acquire()
if x:
    return
lock.release()
'''
",
    ),
    (
        "a locked row",
        "def f(session, Account):
    account = session.query(Account).with_for_update().one()
    if not account:
        return
    session.commit()
",
    ),
    (
        "a file that its construct closes",
        "import fcntl
def f(path):
    with open(path, 'w') as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        out.write('x')
        fcntl.flock(out, fcntl.LOCK_UN)
",
    ),
    (
        "a file that is closed by hand",
        "import fcntl
def f(path):
    out = open(path, 'w')
    fcntl.flock(out.fileno(), fcntl.LOCK_EX)
    if not path:
        out.close()
        return
    out.write('x')
    fcntl.flock(out.fileno(), fcntl.LOCK_UN)
    out.close()
",
    ),
    (
        "a descriptor for as long as the process lives",
        "import fcntl
import os
def f(path):
    fd = os.open(path, os.O_RDWR)
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(fd, b'1')
",
    ),
    (
        "a method of the lock that is handed on",
        "import threading
lock = threading.Lock()
def f(pool):
    lock.acquire()
    if not pool.submit(run, on_done=lock.release):
        lock.release()
",
    ),
    (
        "a coroutine that nobody awaits here",
        "import asyncio
lock = asyncio.Lock()
async def f(x):
    task = asyncio.create_task(lock.acquire())
    if x:
        return task
    await task
    lock.release()
",
    ),
    (
        "acquires that a with holds",
        "from filelock import FileLock
lock = FileLock('x')
def f(x):
    with lock.acquire(timeout=5):
        if x:
            return 1
    with lock.acquire():
        return work()
",
    ),
    (
        "an acquire that an async with holds",
        "from aioredlock import Aioredlock
manager = Aioredlock()
async def f(x):
    async with await manager.lock('x') as lock:
        if not lock.valid:
            return 1
        return await work()
",
    ),
    (
        "a lock that an async with holds",
        "import asyncio
lock = asyncio.Lock()
async def f(x):
    async with lock:
        if x:
            return 1
        return await work()
",
    ),
];

#[test]
fn look_alikes_are_silent() {
    let engine = engine();
    let mut found = Vec::new();
    for (folder, table) in [
        ("javascript", LOOK_ALIKES_JAVASCRIPT),
        ("python", LOOK_ALIKES_PYTHON),
    ] {
        for (what, text) in table {
            for language in dialects(folder, text) {
                let said = said(&engine, language, text);
                if !said.is_empty() {
                    found.push(format!("{what} ({language}): {}", said.join("; ")));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

const HOUSE_LOCK: &str = r#"
modules = ["house.sync"]

[[lock]]
name = "Latch"
language = "python"
types = ["Latch"]
acquire = ["$LOCK.seize()"]
release = ["$LOCK.free()"]
forms = ["try-finally"]
"#;

fn engine_with(lock: &str) -> Result<Engine, lockfix::engine::EngineError> {
    Engine::new(Options {
        locks: vec![lock.to_owned()],
        ..Options::default()
    })
}

#[test]
fn a_lock_of_the_configuration_is_known() {
    let engine = engine_with(HOUSE_LOCK).unwrap();
    let before = "\
from house.sync import Latch
latch = Latch()
def f(x):
    latch.seize()
    if x:
        return 1
    work()
    latch.free()
";
    let after = "\
from house.sync import Latch
latch = Latch()
def f(x):
    latch.seize()
    try:
        if x:
            return 1
        work()
    finally:
        latch.free()
";
    assert!(engine.may_hold_locks(Language::Python, before.as_bytes()));
    let fixed = engine.fix_all(Language::Python, before.as_bytes(), Applicability::Safe);
    assert_eq!(String::from_utf8_lossy(&fixed.text), after);
    assert!(fixed.remaining.is_empty());
}

#[test]
fn a_lock_of_the_configuration_is_for_its_language_only() {
    let added = |language: Language| {
        let with = engine_with(HOUSE_LOCK).unwrap();
        with.catalog(language).entries.len() - engine().catalog(language).entries.len()
    };
    assert_eq!(added(Language::Python), 1);
    assert_eq!(added(Language::JavaScript), 0);
    assert_eq!(added(Language::Tsx), 0);
}

#[test]
fn a_wrong_lock_of_the_configuration_is_an_error() {
    for (right, wrong, told) in [
        ("$LOCK.free()", "$OTHER.free()", "$OTHER"),
        ("acquire =", "aquire =", "aquire"),
        ("$LOCK.seize()", "$LOCK.seize(", "$LOCK.seize("),
    ] {
        let error = engine_with(&HOUSE_LOCK.replace(right, wrong)).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn of_two_imported_libraries_an_untyped_lock_is_kept_right_for_both() {
    let before = "\
import multiprocessing
import redis
def f(client: redis.Redis, rows):
    lock = client.lock('rows')
    lock.acquire()
    rows.load()
    lock.release()
";
    let fixed = engine().fix_all(Language::Python, before.as_bytes(), Applicability::Safe);
    let text = String::from_utf8_lossy(&fixed.text);
    assert!(text.contains("    lock.acquire()\n    try:\n"), "{text}");
}

#[test]
fn a_result_that_is_looked_at_may_be_false() {
    // The plain acquire of this library waits, unless the lock was made not to.
    let before = "\
import redis
def f(client: redis.Redis, rows):
    lock = client.lock('rows', blocking=False)
    got = lock.acquire()
    if not got:
        return None
    rows.load()
    lock.release()
";
    let fixed = engine().fix_all(Language::Python, before.as_bytes(), Applicability::Safe);
    let text = String::from_utf8_lossy(&fixed.text);
    assert!(text.contains("        return None\n    try:\n"), "{text}");
}
