//! `scripts/round-trip`: it passes what is right, and sees what is not.

use crate::support::Sandbox;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the script over a checkout, with this program in the place of lockfix.
fn round_trip(program: &Path, checkout: &Path, options: &[&str]) -> Option<Output> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: no python3");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/round-trip");
    let mut command = Command::new(script);
    command
        .arg("--lockfix")
        .arg(program)
        .args(options)
        .arg(checkout);
    Some(command.output().expect("runs"))
}

#[test]
fn the_examples_make_the_round_trip() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let program = assert_cmd::cargo::cargo_bin!("lockfix");
    let Some(output) = round_trip(program, &examples, &["--build", "true"]) else {
        return;
    };
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}");
    let row = table.lines().find(|line| line.contains(" python "));
    let cells: Vec<&str> = row.expect("a row").split_whitespace().skip(1).collect();
    assert_eq!(
        cells,
        [
            "python", "2", "1", "1/1", "1/1", "1/1", "1/1", "2/2", "passes"
        ],
        "{table}"
    );
}

#[test]
fn what_a_bad_rewrite_breaks_is_told() {
    let python = "\
import threading
lock = threading.Lock()
def f(x):
    # why
    lock.acquire()
    x()
    lock.release()
";
    let wrong = [
        ("parses", "echo 'def' >> a.py"),
        ("comments", "sed -i '/# why/d' a.py"),
        (
            "as announced",
            "sed -i 's/threading.Lock()/threading.RLock()/' a.py",
        ),
        ("line ends", "sed -i 's/$/\\r/' a.py"),
        ("a second run finds more to fix", "echo >> a.py"),
        (
            "test ! -e broken passed before and fails after",
            "touch broken",
        ),
    ];
    let real = assert_cmd::cargo::cargo_bin!("lockfix");
    for (told, damage) in wrong {
        let checkout = Sandbox::new(&[("a.py", python)]);
        let tools = Sandbox::new(&[(
            "lockfix",
            format!(
                "#!/bin/sh\n'{}' \"$@\"\nstatus=$?\nif [ \"$1\" = --yes ]; then {damage}; fi\nexit $status\n",
                real.display()
            ),
        )]);
        let program = tools.path("lockfix");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("mode set");
        let Some(output) = round_trip(&program, checkout.root(), &["--build", "test ! -e broken"])
        else {
            return;
        };
        let table = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{damage}: {table}");
        let lines = || table.lines().filter(|line| line.starts_with("wrong: "));
        assert!(lines().any(|line| line.contains(told)), "{damage}: {table}");
    }
}
