//! The output of a dry run is a patch: applied, it gives what --yes writes.

use crate::support::{PAY_JS, Sandbox, WORK_PY, apply_json, pay_twice};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Texts and names that patches get wrong.
fn awkward_files() -> Vec<(&'static str, Vec<u8>)> {
    let crlf = PAY_JS.replace('\n', "\r\n");
    let latin1: Vec<u8> = PAY_JS
        .replace("Insufficient", "Zu wenig: @")
        .bytes()
        .map(|byte| if byte == b'@' { 0xe9 } else { byte })
        .collect();
    vec![
        ("pay.js", PAY_JS.into()),
        ("twice.js", pay_twice().into()),
        ("sub/w.py", WORK_PY.into()),
        ("crlf.js", crlf.clone().into()),
        ("crlf-end.js", crlf.trim_end().into()),
        ("no-newline.js", PAY_JS.trim_end().into()),
        ("no-newline.py", WORK_PY.trim_end().into()),
        ("bom.js", format!("\u{feff}{PAY_JS}").into()),
        ("latin1.js", latin1),
        ("my file.js", PAY_JS.into()),
        ("qu\"ote \\ é.js", PAY_JS.into()),
        ("tab\there.js", PAY_JS.into()),
        ("--- a.js", PAY_JS.into()),
        ("diff --git a.js", PAY_JS.into()),
    ]
}

fn pipe_into(directory: &Path, program: &str, args: &[&str], patch: &[u8]) {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(patch).expect("takes the patch");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{program}: {output:?}");
}

#[test]
fn git_and_patch_give_what_yes_writes() {
    let files = awkward_files();
    let written = Sandbox::new(&files);
    written.run(&["--yes"]).exits(0);
    let programs: [(&str, &[&str]); 2] = [("git", &["apply", "-"]), ("patch", &["-p1"])];
    for (program, args) in programs {
        for format in ["text", "patch"] {
            let sandbox = Sandbox::new(&files);
            let ran = sandbox.run(&["--dry-run", "--format", format]).exits(1);
            pipe_into(sandbox.root(), program, args, &ran.bytes);
            for (name, old) in &files {
                let new = sandbox.read(name);
                assert_ne!(&new, old, "{name}");
                assert_eq!(
                    String::from_utf8_lossy(&new),
                    String::from_utf8_lossy(&written.read(name)),
                    "{program}, {format}: {name}"
                );
            }
        }
    }
}

/// Copies the tests' fixtures, which hold every shape that a fix can have.
fn fixtures() -> Sandbox {
    let sandbox = Sandbox::new::<&str>(&[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in ignore::WalkBuilder::new(&root).build() {
        let entry = entry.expect("readable");
        if entry.path().is_file() {
            let name = entry.path().strip_prefix(&root).expect("inside");
            sandbox.write(name, std::fs::read(entry.path()).expect("read"));
        }
    }
    sandbox
}

#[test]
fn patch_and_json_agree_with_yes_on_every_fixture() {
    let (patched, written) = (fixtures(), fixtures());
    let ran = patched.run(&["--dry-run"]).exits(1);
    let document = patched.run(&["--dry-run", "--format", "json"]).json();
    written.run(&["--yes"]);
    let findings = document["findings"].as_array().expect("a list");
    let paths: std::collections::BTreeSet<&str> = findings
        .iter()
        .map(|finding| finding["path"].as_str().expect("a string"))
        .collect();
    assert!(!paths.is_empty());
    for path in &paths {
        let new = apply_json(&patched.read(path), &document, path);
        assert!(new == written.read(path), "{path}");
    }
    pipe_into(patched.root(), "git", &["apply", "-"], &ran.bytes);
    for path in &paths {
        assert!(patched.read(path) == written.read(path), "{path}");
    }
}

#[test]
fn paths_in_patches_count_from_the_current_directory() {
    let sandbox = Sandbox::new(&[("outer/inner/pay.js", PAY_JS)]);
    let root = sandbox.root().to_str().expect("UTF-8").to_owned();
    for path in [".", "outer", "./outer/inner/../inner/pay.js", &root] {
        let ran = sandbox
            .run(&["--dry-run", "--format", "patch", path])
            .exits(1);
        assert!(
            ran.stdout.starts_with("--- a/outer/inner/pay.js\n"),
            "{path}"
        );
    }
}

#[test]
fn a_link_is_patched_where_it_leads() {
    let sandbox = Sandbox::new(&[("real/pay.js", PAY_JS)]);
    std::os::unix::fs::symlink("real", sandbox.path("link")).expect("linked");
    let ran = sandbox
        .run(&["--dry-run", "--format", "patch", "link"])
        .exits(1);
    assert!(ran.stdout.starts_with("--- a/real/pay.js\n"));
}

#[test]
fn yes_can_print_the_patch_of_what_it_wrote() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let dry = sandbox.run(&["--dry-run", "--format", "patch"]).exits(1);
    let wet = sandbox.run(&["--yes", "--format", "patch"]).exits(0);
    assert_eq!(dry.stdout, wet.stdout);
}
