//! Modes, exit statuses, and what goes to which stream.

use crate::support::{PAY_JS, PLAIN_JS, Sandbox, WORK_PY};
use std::io::Read;
use std::process::Stdio;

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("plain.js", PLAIN_JS)]);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    assert!(ran.stdout.starts_with("pay.js:4:5  leak-on-exit  "));
    assert!(ran.stdout.contains("\n--- a/pay.js\n+++ b/pay.js\n@@ "));
    assert!(ran.stdout.contains("\n+    } finally {\n"));
    assert!(
        ran.stderr
            .contains("1 finding in 1 file, 1 fixable (2 files looked at)")
    );
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn the_excerpt_says_which_line_leaks() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox.run(&["--dry-run"]);
    for line in [
        "   4 │     await accountMutex.acquire();",
        "   6 │         throw new Error('Insufficient funds');",
        "leaves with `accountMutex` held",
        "  10 │     accountMutex.release();",
        "released only here",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
}

#[test]
fn yes_fixes_and_a_second_run_finds_nothing() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("fixed 2 findings in 2 files, 0 remain"));
    let fixed = sandbox.text("pay.js");
    for line in [
        "    const release = await accountMutex.acquire();\n    try {\n",
        "    } finally {\n        release();\n    }\n",
    ] {
        assert!(fixed.contains(line), "{fixed}");
    }
    assert!(
        sandbox
            .text("w.py")
            .contains("    with lock:\n        if x:\n")
    );
    let ran = sandbox.run(&["-y"]).exits(0);
    assert!(ran.stderr.contains("nothing found (2 files looked at)"));
    assert_eq!(sandbox.text("pay.js"), fixed);
}

#[test]
fn nothing_found_is_a_clean_exit() {
    let sandbox = Sandbox::new(&[("plain.js", PLAIN_JS)]);
    let ran = sandbox.run(&["--dry-run"]).exits(0);
    assert_eq!(ran.stdout, "");
}

#[test]
fn exit_zero_is_for_findings_not_for_errors() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    sandbox.run(&["--dry-run", "--exit-zero"]).exits(0);
    let args = ["--dry-run", "--exit-zero", "pay.js", "gone.js"];
    sandbox.run(&args).exits(2);
}

#[test]
fn a_missing_path_is_an_error_that_stops_nothing_else() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox.run(&["--yes", "gone.js", "pay.js"]).exits(2);
    assert!(
        ran.stderr
            .contains("error: gone.js: there is no such file or directory")
    );
    assert!(sandbox.text("pay.js").contains("finally"));
}

#[test]
fn questions_need_a_terminal() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox.run(&["pay.js"]).exits(2);
    assert!(
        ran.stderr
            .contains("needs a terminal; use --dry-run or --yes")
    );
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn wrong_usage_exits_with_2() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    for (args, hint) in [
        (&["--dry-run", "--yes"][..], "cannot be used with"),
        (&["--no-such-option"], "unexpected argument"),
        (&["--format", "json"], "--format needs --dry-run or --yes"),
        (&["--stat"], "--stat needs --dry-run or --yes"),
        (
            &["--yes", "--stat", "--format", "json"],
            "--stat is a text report",
        ),
        (&["--yes", "--stdin-filename", "x.py"], "needs `-`"),
        (&["--yes", "-", "pay.js"], "cannot be combined"),
        (
            &["--yes", "--select", "leak-on-exti"],
            "did you mean `leak-on-exit`?",
        ),
        (
            &["--yes", "--ignore", "nothing"],
            "the rules are leak-on-exit, ",
        ),
        (&["--yes", "--lang", "pyton"], "did you mean `python`?"),
        (
            &["--yes", "--form", "try-finaly"],
            "did you mean `try-finally`?",
        ),
        (&["--yes", "--exceptions", "some"], "calls"),
        (&["--yes", "--max-size", "huge"], "a number of bytes"),
        (
            &["--yes", "--config", "x.toml", "--isolated"],
            "cannot be used with",
        ),
        (
            &["--yes", "--files-from", "no-list"],
            "cannot read the list of files `no-list`",
        ),
    ] {
        let ran = sandbox.run(args).exits(2);
        assert!(ran.stderr.contains(hint), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
}

#[test]
fn help_and_version_are_no_errors() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let ran = sandbox.run(&["--help"]).exits(0);
    assert!(ran.stdout.contains("--dry-run") && ran.stdout.contains("Exit status"));
    let ran = sandbox.run(&["--version"]).exits(0);
    assert!(ran.stdout.starts_with("lockfix "));
}

#[test]
fn select_and_ignore_choose_rules() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    for (args, status) in [
        (["--select", "leak-on-exit,never-released"], 1),
        (["--select", "all"], 1),
        (["--select", "double-release"], 0),
        (["--ignore", "leak-on-exit"], 0),
        (["--ignore", "all"], 0),
    ] {
        sandbox
            .run(&[&["--dry-run"], &args[..]].concat())
            .exits(status);
    }
}

#[test]
fn a_form_can_be_asked_for() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let args = ["--dry-run", "--format", "json", "--form", "try-finally"];
    let document = sandbox.run(&args).exits(1).json();
    assert_eq!(document["findings"][0]["fix"]["form"], "try-finally");
    let args = ["--dry-run", "--format", "json", "--form", "exit-stack"];
    let document = sandbox.run(&args).exits(1).json();
    assert_eq!(document["findings"][0]["fix"]["applicability"], "none");
    assert_eq!(
        document["findings"][0]["fix"]["form"],
        serde_json::Value::Null
    );
    assert_eq!(
        document["findings"][0]["fix"]["edits"],
        serde_json::json!([])
    );
}

#[test]
fn stat_shows_how_much_changes() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    for mode in ["--dry-run", "--yes"] {
        let ran = sandbox.run(&[mode, "--stat"]);
        assert!(ran.stdout.starts_with(" pay.js | "), "{}", ran.stdout);
        assert!(ran.stdout.contains("\n w.py   | "));
        assert!(ran.stdout.contains(" 2 files changed, "));
        assert!(!ran.stdout.contains("@@"));
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox.run(&["--dry-run", "-q", ".", "gone.js"]).exits(2);
    assert!(ran.stdout.contains("leak-on-exit"));
    assert_eq!(
        ran.stderr,
        "error: gone.js: there is no such file or directory\n"
    );
}

#[test]
fn colour_only_when_asked_for_or_on_a_terminal() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let escape = "\u{1b}[";
    let ran = sandbox.run(&["--dry-run"]);
    assert!(!ran.stdout.contains(escape) && !ran.stderr.contains(escape));
    let ran = sandbox.run(&["--dry-run", "--color", "always"]);
    assert!(ran.stdout.contains(escape));
    let mut command = sandbox.command(&["--dry-run", "--color", "never"]);
    let output = command.env("CLICOLOR_FORCE", "1").output().expect("runs");
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn a_reader_that_leaves_ends_a_dry_run_quietly() {
    let sandbox = Sandbox::new::<&str>(&[]);
    for number in 0..600 {
        sandbox.write(format!("{number}.js"), PAY_JS);
    }
    let mut child = sandbox
        .command(&["--dry-run", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 10]).expect("some output");
    drop(stdout);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn terminal_sequences_in_files_are_not_passed_on() {
    let text = PAY_JS.replace("'Insufficient", "'\u{1b}]0;title\u{7}Insufficient");
    let sandbox = Sandbox::new(&[("pay\u{1b}.js", text)]);
    let ran = sandbox.run(&["--dry-run", "--color", "always"]).exits(1);
    assert!(!ran.stdout.contains("\u{1b}]0;"));
    assert!(!ran.stdout.contains("pay\u{1b}.js"));
    // A patch has to be exact.
    let ran = sandbox.run(&["--dry-run", "--format", "patch"]).exits(1);
    assert!(ran.stdout.contains("\u{1b}]0;title"));
}
