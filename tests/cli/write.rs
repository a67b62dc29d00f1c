//! --yes on files that resist.

use crate::support::{PAY_JS, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_read_only_file_is_an_error_that_stops_nothing_else() {
    let sandbox = Sandbox::new(&[("a.js", PAY_JS), ("b.js", PAY_JS)]);
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(sandbox.path("a.js"), read_only).expect("mode set");
    let ran = sandbox.run(&["--yes", "--format", "json"]).exits(2);
    assert!(ran.stderr.contains("error: a.js: it is read-only"));
    assert_eq!(sandbox.text("a.js"), PAY_JS);
    assert!(sandbox.text("b.js").contains("finally"));
    // It is still there to be found.
    assert_eq!(ran.json()["findings"][0]["path"], "a.js");
}

#[test]
fn links_named_on_the_command_line_are_written_through() {
    let elsewhere = Sandbox::new(&[("real.js", PAY_JS)]);
    let sandbox = Sandbox::new::<&str>(&[]);
    symlink(elsewhere.path("real.js"), sandbox.path("link.js")).expect("linked");
    sandbox.run(&["--yes", "link.js"]).exits(0);
    assert!(sandbox.path("link.js").is_symlink());
    assert!(elsewhere.text("real.js").contains("finally"));
}

#[test]
fn no_temporary_file_stays() {
    let sandbox = Sandbox::new(&[("a.js", PAY_JS), ("sub/b.js", PAY_JS)]);
    sandbox.run(&["--yes"]).exits(0);
    for directory in [sandbox.root().to_owned(), sandbox.path("sub")] {
        let strangers = fs::read_dir(directory)
            .expect("readable")
            .filter(|entry| {
                let name = entry.as_ref().expect("readable").file_name();
                name.to_string_lossy().starts_with(".lockfix")
            })
            .count();
        assert_eq!(strangers, 0);
    }
}

#[test]
fn a_backup_of_a_killed_run_is_told_about_and_not_rewritten() {
    let mut child = std::process::Command::new("true").spawn().expect("starts");
    child.wait().expect("ended");
    let backup = format!(".lockfix-{}-0.backup-a.js", child.id());
    let sandbox = Sandbox::new(&[("a.js", PAY_JS)]);
    sandbox.write(&backup, format!("{PAY_JS}// old\n"));
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert!(ran.stderr.contains("warning: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(&backup));
    assert_eq!(sandbox.text(&backup), format!("{PAY_JS}// old\n"));
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let sandbox = Sandbox::new(&[("a.js", PAY_JS.to_owned())]);
    let text = format!("{PAY_JS}{}", "// filler\n".repeat(2_000));
    sandbox.write("big.js", &text);
    // A limit on the size of files stands in for a full disk; the shell's unit is 1024 bytes.
    let program = assert_cmd::cargo::cargo_bin!("lockfix");
    let output = std::process::Command::new("bash")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 8; exec \"$0\" --yes")
        .arg(program)
        .env("XDG_STATE_HOME", sandbox.state())
        .current_dir(sandbox.root())
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(sandbox.text("big.js"), text);
    assert!(sandbox.text("a.js").contains("finally"));
    assert_eq!(fs::read_dir(sandbox.root()).expect("readable").count(), 2);
}
