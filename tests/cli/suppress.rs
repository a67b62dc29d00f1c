//! Suppression comments.

use crate::support::{PAY_JS, Sandbox, WORK_PY};

#[test]
fn a_suppressed_finding_is_neither_reported_nor_fixed() {
    let js = PAY_JS.replace(
        ".acquire();",
        ".acquire(); // lockfix: ignore[leak-on-exit] why",
    );
    let py = WORK_PY.replace(
        "    lock.acquire",
        "    # lockfix: ignore\n    lock.acquire",
    );
    let sandbox = Sandbox::new(&[("pay.js", &js), ("w.py", &py)]);
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert!(ran.stderr.contains("nothing found"), "{}", ran.stderr);
    assert_eq!(sandbox.text("pay.js"), js);
    assert_eq!(sandbox.text("w.py"), py);
}

#[test]
fn the_comment_is_about_its_own_finding_only() {
    let twice = crate::support::pay_twice();
    let text = twice.replacen(".acquire();", ".acquire(); // lockfix: ignore", 1);
    let sandbox = Sandbox::new(&[("pay.js", text)]);
    sandbox.run(&["--yes"]).exits(0);
    let fixed = sandbox.text("pay.js");
    assert_eq!(fixed.matches("finally").count(), 1);
    assert!(fixed.contains("    await accountMutex.acquire(); // lockfix: ignore\n"));
}

#[test]
fn an_unused_comment_is_a_finding() {
    let text = "// lockfix: ignore[leak-on-exit]\nf();\n";
    let sandbox = Sandbox::new(&[("a.js", text)]);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    assert!(ran.stdout.starts_with("a.js:1:1  unused-suppression  "));
    let ran = sandbox.run(&["--yes"]).exits(1);
    assert!(ran.stdout.contains("unused-suppression"));
    assert_eq!(sandbox.text("a.js"), text);
    sandbox
        .run(&["--dry-run", "--ignore", "unused-suppression"])
        .exits(0);
}

#[test]
fn a_whole_file_can_be_left_alone() {
    let sandbox = Sandbox::new(&[("w.py", format!("# lockfix: ignore-file\n{WORK_PY}"))]);
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert!(
        ran.stderr.contains("1 ignored-by-comment"),
        "{}",
        ran.stderr
    );
}
