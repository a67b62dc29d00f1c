//! What other tools of this kind were seen to get wrong, where no test elsewhere is about it.

use crate::faults::{fixed, temporaries};
use crate::support::{PAY_JS, Ran, Sandbox};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// The program, started by `bash` in the sandbox: `before` comes first, and `"$0"` is the program.
fn by_shell(sandbox: &Sandbox, script: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin!("lockfix"))
        .env("XDG_STATE_HOME", sandbox.state())
        .current_dir(sandbox.root());
    command
}

#[test]
fn a_signal_in_the_middle_of_a_write_tears_nothing_and_its_remains_are_swept() {
    let big = format!("{PAY_JS}{}", "// filler\n".repeat(2_000));
    let sandbox = Sandbox::new(&[("big.js", big.as_str())]);
    let limited = by_shell(&sandbox, "ulimit -c 0; ulimit -f 8; exec \"$0\" --yes")
        .output()
        .expect("runs");
    let signalled = limited.status.signal() == Some(sigxfsz());
    assert!(signalled || limited.status.code() == Some(2), "{limited:?}");
    assert!(sandbox.text("big.js") == big, "the file is torn");
    sandbox.run(&["--yes"]).exits(0);
    assert!(sandbox.text("big.js") == big.replace(PAY_JS, &fixed()));
    assert_eq!(temporaries(sandbox.root()), [""; 0]);
}

/// `SIGXFSZ`: a file grew beyond the limit.
const fn sigxfsz() -> i32 {
    25
}

#[test]
fn a_mode_that_changes_after_the_file_was_read_is_respected() {
    use std::os::unix::fs::PermissionsExt;
    let names: Vec<String> = (0..300).map(|at| format!("{at:03}.js")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), PAY_JS)).collect();
    let sandbox = Sandbox::new(&files);
    let mut command = sandbox.command(&["--yes", "--quiet"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let run = command.spawn().expect("starts");
    // From the last one on: somewhere on the way the two meet.
    for name in names.iter().rev() {
        let read_only = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(sandbox.path(name), read_only).expect("mode set");
    }
    let ran: Ran = run.wait_with_output().expect("ends").into();
    let mut refused = 0;
    for name in &names {
        let text = sandbox.text(name);
        assert!(text == PAY_JS || text == fixed(), "{name} is torn");
        let told = ran.stderr.contains(&format!("{name}: it is read-only"));
        assert_eq!(text == PAY_JS, told, "{name}: {}", ran.stderr);
        refused += usize::from(told);
    }
    assert_eq!(ran.status, if refused == 0 { 0 } else { 2 });
    assert_eq!(temporaries(sandbox.root()), [""; 0]);
}

#[test]
fn names_with_blanks_quotes_and_dashes_are_names() {
    let names = ["two words.js", "it's \"so\".js", "-y.js", "$HOME;.js"];
    let sandbox = Sandbox::new(&names.map(|name| (name, PAY_JS)));
    sandbox.run(&["--yes"]).exits(0);
    for name in names {
        assert_eq!(sandbox.text(name), fixed(), "{name}");
    }
}

#[test]
fn a_broken_function_costs_no_other_one() {
    let (head, function) = PAY_JS.split_at(PAY_JS.find("async function").expect("there"));
    let broken = "function broken() {\n    let x = = 3;\n}\n";
    let sandbox = Sandbox::new(&[("a.js", format!("{head}{broken}{function}"))]);
    let ran = sandbox.run(&["--yes", "-v"]).exits(0);
    assert!(ran.stderr.contains("fixed 1 finding"), "{}", ran.stderr);
    assert!(sandbox.text("a.js").contains(broken));
}

#[test]
fn inserted_lines_are_like_their_neighbours() {
    let tabs = PAY_JS.replace("    ", "\t").replace('\n', "\r\n");
    let sandbox = Sandbox::new(&[("a.js", tabs.trim_end())]);
    sandbox.run(&["--yes"]).exits(0);
    let text = sandbox.text("a.js");
    assert!(text.contains("finally"), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(!text.contains("\n ") && text.ends_with('}'), "{text:?}");
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(sandbox.text("a.js"), text, "a second run adds something");
}

#[test]
fn nothing_waits_for_a_network() {
    let offline = Command::new("unshare").args(["-rn", "true"]).status();
    if !offline.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no name space without a network can be made here");
        return;
    }
    let sandbox = Sandbox::new(&[("a.js", PAY_JS)]);
    let ran: Ran = by_shell(&sandbox, "exec timeout 20 unshare -rn \"$0\" --yes")
        .output()
        .expect("runs")
        .into();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(sandbox.text("a.js"), fixed());
}
