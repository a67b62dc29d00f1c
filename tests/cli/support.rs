//! A directory to run the program in, and texts with findings.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A lock that a `throw` leaves held: the example of the rule.
pub const PAY_JS: &str = "\
const { Mutex } = require('async-mutex');
const accountMutex = new Mutex();
async function transferFunds(from, to, amount) {
    await accountMutex.acquire();
    if (from.balance < amount) {
        throw new Error('Insufficient funds');
    }
    from.balance -= amount;
    to.balance += amount;
    accountMutex.release();
}
";

/// A lock that a `return` leaves held.
pub const WORK_PY: &str = "\
import threading
lock = threading.Lock()
def f(x):
    lock.acquire()
    if x:
        return 1
    work()
    lock.release()
";

/// No lock at all.
pub const PLAIN_JS: &str = "export const one = 1;\n";

/// `PAY_JS` with the function twice, under two names.
pub fn pay_twice() -> String {
    let (head, function) = PAY_JS.split_at(PAY_JS.find("async function").expect("there"));
    let second = function.replace("transferFunds", "transferBack");
    format!("{head}{function}\n{second}")
}

/// A test that cannot run says so, and fails where everything has to be there.
#[track_caller]
pub fn skipped(why: &str) {
    let required = std::env::var_os("LOCKFIX_REQUIRE_TOOLCHAINS");
    assert!(required.is_none_or(|value| value != "1"), "{why}");
    println!("skipped: {why}");
}

/// A tool of Python that `scripts/setup` installs.
pub fn python_tool(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runtimes/python/venv/bin");
    let tool = folder.join(name);
    if tool.exists() {
        return Some(tool);
    }
    skipped(&format!("no {name} found (run scripts/setup)"));
    None
}

/// What a run printed, and its exit status.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    /// stdout as bytes.
    pub bytes: Vec<u8>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            status: output.status.code().expect("not killed"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout,
        }
    }
}

impl Ran {
    /// stdout as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("JSON on stdout")
    }

    #[track_caller]
    pub fn exits(self, status: i32) -> Ran {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }
}

/// A temporary directory with files.
pub struct Sandbox {
    dir: tempfile::TempDir,
    /// Where the program keeps what it has to remember.
    state: tempfile::TempDir,
}

impl Sandbox {
    /// A directory with these files.
    pub fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Sandbox {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let state = tempfile::tempdir().expect("a temporary directory");
        let sandbox = Sandbox { dir, state };
        for (name, text) in files {
            sandbox.write(name, text);
        }
        sandbox
    }

    pub fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.dir.path().join(name.as_ref())
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// For `XDG_STATE_HOME`.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    pub fn write(&self, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("created");
        fs::write(path, text).expect("written");
    }

    pub fn read(&self, name: impl AsRef<OsStr>) -> Vec<u8> {
        fs::read(self.path(name)).expect("read")
    }

    pub fn text(&self, name: impl AsRef<OsStr>) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// The program, ready to run in the directory.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lockfix"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("XDG_STATE_HOME", self.state())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("runs").into()
    }

    /// Runs the program with this on its stdin.
    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut command = assert_cmd::Command::from_std(self.command(args));
        command.write_stdin(stdin).output().expect("runs").into()
    }
}

/// The text after the edits that the JSON findings of one file carry.
pub fn apply_json(text: &[u8], document: &serde_json::Value, path: &str) -> Vec<u8> {
    let findings = document["findings"].as_array().expect("a list");
    let mut edits: Vec<(usize, usize, String)> = findings
        .iter()
        .filter(|finding| finding["path"] == path)
        .flat_map(|finding| finding["fix"]["edits"].as_array().expect("a list"))
        .map(|edit| {
            let offset = |key: &str| edit[key].as_u64().expect("a number") as usize;
            let text = edit["text"].as_str().expect("a string").to_owned();
            (offset("start"), offset("end"), text)
        })
        .collect();
    edits.sort();
    let mut out = Vec::new();
    let mut at = 0;
    for (start, end, new) in edits {
        assert!(at <= start, "edits overlap at {start}");
        out.extend_from_slice(&text[at..start]);
        out.extend_from_slice(new.as_bytes());
        at = end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// Runs git in the sandbox.
pub fn git(sandbox: &Sandbox, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(args)
        .current_dir(sandbox.root())
        .output()
        .expect("git");
    assert!(output.status.success(), "{output:?}");
}
