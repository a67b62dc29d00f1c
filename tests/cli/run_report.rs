//! --report: what a run came to, for programs.

use crate::support::{PAY_JS, PLAIN_JS, Sandbox, WORK_PY};
use serde_json::{Value, json};

/// The report of a run, and how long it took.
fn report(sandbox: &Sandbox, args: &[&str]) -> (Value, f64) {
    let all = [args, &["--report", "report.json"]].concat();
    sandbox.run(&all);
    let mut report: Value = serde_json::from_str(&sandbox.text("report.json")).expect("JSON");
    let seconds = report.as_object_mut().expect("an object").remove("seconds");
    let seconds = seconds.and_then(|value| value.as_f64());
    (report, seconds.expect("a number"))
}

#[test]
fn a_run_is_told_in_numbers() {
    let hopeless = WORK_PY.replace("lock.", "lock_for(x).").replace(
        "lock = threading.Lock()",
        "def lock_for(x) -> threading.Lock: ...",
    );
    let sandbox = Sandbox::new(&[
        ("pay.js", PAY_JS),
        ("w.py", &hopeless),
        ("plain.js", PLAIN_JS),
        ("bundle.min.js", PAY_JS),
    ]);
    let (dry, seconds) = report(&sandbox, &["--dry-run", "--jobs", "1"]);
    assert!(seconds >= 0.0);
    assert_eq!(
        dry,
        json!({
            "version": 1,
            "mode": "dry-run",
            "files": 3,
            "files_with_findings": 2,
            "found": 2,
            "found_by_rule": { "leak-on-exit": 2 },
            "fixable": 1,
            "fixed": 0,
            "remaining": 2,
            "refused": { "receiver-has-call": 1 },
            "skipped": { "minified": 1 },
            "changed": [],
            "errors": [],
        })
    );
    assert_eq!(report(&sandbox, &["--dry-run", "--jobs", "2"]).0, dry);
    let (wrote, _) = report(&sandbox, &["--yes"]);
    assert_eq!(wrote["mode"], "yes");
    assert_eq!(wrote["fixed"], 1);
    assert_eq!(wrote["remaining"], 1);
    assert_eq!(wrote["changed"], json!([{ "path": "pay.js", "fixed": 1 }]));
    let (failed, _) = report(&sandbox, &["--yes", "gone.js"]);
    assert_eq!(failed["errors"][0]["path"], "gone.js");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = sandbox
        .run(&["--dry-run", "--report", "none/report.json"])
        .exits(2);
    assert!(
        ran.stderr.contains("--report `none/report.json`: cannot"),
        "{ran:?}"
    );
    // Pipes and the like are written to.
    let ran = sandbox
        .run(&["--dry-run", "--quiet", "--stat", "--report", "/dev/stdout"])
        .exits(1);
    assert!(ran.stdout.contains("\"found\": 1"), "{ran:?}");
}
