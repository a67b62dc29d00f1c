//! `lockfix -`.

use crate::support::{PAY_JS, Sandbox, WORK_PY};

#[test]
fn the_fixed_text_goes_to_stdout() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox
        .run_with(&["-", "--stdin-filename", "x/pay.js"], PAY_JS.as_bytes())
        .exits(0);
    sandbox.run(&["--yes", "pay.js"]).exits(0);
    assert_eq!(ran.stdout, sandbox.text("pay.js"));
    assert!(ran.stderr.contains("fixed 1 finding"));
}

#[test]
fn text_without_findings_passes_through_untouched() {
    let sandbox = Sandbox::new::<&str>(&[]);
    for text in [&b""[..], b"f();\r\n", b"caf\xe9\0 no newline"] {
        let ran = sandbox
            .run_with(&["-", "--stdin-filename", "a.js"], text)
            .exits(0);
        assert_eq!(ran.bytes, text);
    }
}

#[test]
fn a_dry_run_prints_the_patch() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let args = ["-", "--dry-run", "--stdin-filename", "src/w.py"];
    let ran = sandbox.run_with(&args, WORK_PY.as_bytes()).exits(1);
    assert!(ran.stdout.contains("--- a/src/w.py\n+++ b/src/w.py\n"));
    let args = [&args[..], &["--format", "json"]].concat();
    let ran = sandbox.run_with(&args, WORK_PY.as_bytes()).exits(1);
    assert_eq!(ran.json()["findings"][0]["path"], "src/w.py");
}

#[test]
fn the_language_has_to_be_known() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let ran = sandbox.run_with(&["-"], b"x").exits(2);
    assert!(ran.stderr.contains("give --stdin-filename"));
    let ran = sandbox
        .run_with(&["-", "--lang", "python"], WORK_PY.as_bytes())
        .exits(0);
    assert!(ran.stdout.contains("with lock:"));
}
