//! `lockfix undo`: what a run wrote is taken back, to the byte, and nothing else is touched.

use crate::support::{PAY_JS, Sandbox, WORK_PY, pay_twice};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

/// The journals of the runs in the sandbox.
fn journals(sandbox: &Sandbox) -> Vec<PathBuf> {
    let trees = fs::read_dir(sandbox.state().join("lockfix/runs"));
    let trees = trees.into_iter().flatten().flatten();
    trees
        .flat_map(|tree| fs::read_dir(tree.path()).expect("readable").flatten())
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn the_last_run_is_taken_back() {
    let latin = b"# caf\xe9\r\nimport threading\r\nlock = threading.Lock()\r\ndef f(x):\r\n    lock.acquire()\r\n    x()\r\n    lock.release()\r\n";
    let sandbox = Sandbox::new(&[("src/pay.js", PAY_JS.as_bytes()), ("latin.py", latin)]);
    sandbox.run(&["--yes"]).exits(0);
    assert_ne!(sandbox.read("latin.py"), latin);
    let ran = sandbox.run(&["undo", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("\n-    } finally {\n"), "{ran:?}");
    assert!(
        ran.stderr
            .starts_with("would take back the run of a moment ago in 2 files"),
        "{ran:?}"
    );
    assert_ne!(sandbox.read("latin.py"), latin);
    let ran = sandbox.run(&["undo"]).exits(0);
    assert_eq!(
        ran.stderr, "took back the run of a moment ago in 2 files\n",
        "{ran:?}"
    );
    assert_eq!(sandbox.text("src/pay.js"), PAY_JS);
    assert_eq!(sandbox.read("latin.py"), latin);
    assert!(journals(&sandbox).is_empty());
    let ran = sandbox.run(&["undo"]).exits(2);
    assert!(ran.stderr.contains("there is no run in `"), "{ran:?}");
}

#[test]
fn a_file_that_moved_on_stays_and_is_named() {
    let sandbox = Sandbox::new(&[
        ("pay.js", PAY_JS),
        ("gone.js", PAY_JS),
        ("work.py", WORK_PY),
    ]);
    sandbox.run(&["--yes"]).exits(0);
    let edited = format!("{}// more\n", sandbox.text("pay.js"));
    sandbox.write("pay.js", &edited);
    fs::remove_file(sandbox.path("gone.js")).expect("removed");
    for round in ["first", "again"] {
        let ran = sandbox.run(&["undo"]).exits(2);
        for told in [
            "error: pay.js: it has changed since the run; it is not taken back\n",
            "error: gone.js: it is gone; it is not taken back\n",
            "; 2 files stay as they are\n",
        ] {
            assert!(ran.stderr.contains(told), "{round}: {ran:?}");
        }
        assert_eq!(sandbox.text("pay.js"), edited);
        assert_eq!(sandbox.text("work.py"), WORK_PY);
    }
    // The run is not forgotten while a part of it stands.
    sandbox.write("pay.js", edited.trim_end_matches("// more\n"));
    sandbox.run(&["undo"]).exits(2);
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn earlier_runs_are_listed_and_can_be_taken_back() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("work.py", WORK_PY)]);
    sandbox.run(&["--yes", "pay.js"]).exits(0);
    sandbox.run(&["--yes", "work.py"]).exits(0);
    // A run that writes nothing is none to take back.
    sandbox.run(&["--yes"]).exits(0);
    let ran = sandbox.run(&["undo", "--list"]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(
        lines[0].starts_with("  1  a moment ago     1 file     /"),
        "{ran:?}"
    );
    sandbox.run(&["undo", "--run", "2"]).exits(0);
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
    assert_ne!(sandbox.text("work.py"), WORK_PY);
    let ran = sandbox.run(&["undo", "--run", "2"]).exits(2);
    assert!(ran.stderr.contains("only 1 run in `"), "{ran:?}");
    sandbox.run(&["undo"]).exits(0);
    assert_eq!(sandbox.text("work.py"), WORK_PY);
}

#[test]
fn each_working_tree_has_its_own_runs() {
    let files = [("one/src/pay.js", PAY_JS), ("two/pay.js", PAY_JS)];
    let sandbox = Sandbox::new(&files);
    for name in ["one/.git", "two/.git"] {
        fs::create_dir(sandbox.path(name)).expect("created");
    }
    sandbox.run(&["--yes", "one"]).exits(0);
    sandbox.run(&["--yes", "two"]).exits(0);
    let mut undo = sandbox.command(&["undo"]);
    let ran = undo.current_dir(sandbox.path("one/src")).output();
    assert!(ran.expect("runs").status.success());
    assert_eq!(sandbox.text("one/src/pay.js"), PAY_JS);
    assert_ne!(sandbox.text("two/pay.js"), PAY_JS);
    sandbox.run(&["undo", "two"]).exits(0);
    assert_eq!(sandbox.text("two/pay.js"), PAY_JS);
}

#[test]
fn who_wants_no_journal_gets_none() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    sandbox.run(&["--yes", "--no-journal"]).exits(0);
    assert!(journals(&sandbox).is_empty());
    sandbox.write("pay.js", PAY_JS);
    // Without a home there is no place for one, and that is no error.
    let mut command = sandbox.command(&["--yes"]);
    command.env_remove("XDG_STATE_HOME").env_remove("HOME");
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{output:?}");
    assert_ne!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn a_journal_that_cannot_be_kept_is_told_of_and_the_run_goes_on() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    fs::write(sandbox.state().join("lockfix"), "a file in the way").expect("written");
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert!(
        ran.stderr
            .contains("warning: `lockfix undo` cannot take back all of this run: "),
        "{ran:?}"
    );
    assert_ne!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn what_a_killed_run_wrote_is_taken_back() {
    let names: Vec<String> = (10..50).map(|at| format!("{at}.js")).collect();
    let sandbox = Sandbox::new::<&str>(&[]);
    let untouched = || {
        let as_before = |name: &&String| sandbox.text(name) == pay_twice();
        names.iter().filter(as_before).count()
    };
    let mut half_way = 0;
    for last in [0, 7, 20] {
        for name in &names {
            sandbox.write(name, pay_twice());
        }
        let mut command = sandbox.command(&["--yes", "--quiet", "--jobs", "1"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("starts");
        while sandbox.text(&names[last]) == pay_twice() {
            assert!(
                child.try_wait().expect("asked").is_none(),
                "it wrote nothing"
            );
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        let left = untouched();
        assert!(left < names.len());
        half_way += usize::from(left > 0);
        sandbox.run(&["undo"]).exits(0);
        assert_eq!(untouched(), names.len());
    }
    assert!(
        half_way > 0,
        "each run came to its end before it was killed"
    );
}
