//! A configuration to begin with, and what editors are told of it.

use crate::support::{PAY_JS, Sandbox, WORK_PY};

#[test]
fn init_writes_a_configuration_that_changes_nothing() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    let before = sandbox.run(&["--dry-run"]).exits(1).stdout;
    let ran = sandbox.run(&["init"]).exits(0);
    assert!(ran.stderr.contains("wrote `lockfix.toml`"), "{ran:?}");
    assert_eq!(sandbox.run(&["--dry-run"]).exits(1).stdout, before);
    // What stands in a comment means something without it.
    let text = sandbox.text("lockfix.toml");
    let shown = "# exclude = [\"dist/\", \"*.generated.ts\"]";
    assert!(text.contains(shown), "{text}");
    let own = text.replace(shown, "exclude = [\"w.py\"]");
    sandbox.write("lockfix.toml", &own);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    assert!(!ran.stdout.contains("w.py"), "{ran:?}");
    let ran = sandbox.run(&["init"]).exits(2);
    assert!(
        ran.stderr
            .contains("`lockfix.toml` configures lockfix here already"),
        "{ran:?}"
    );
    assert_eq!(sandbox.text("lockfix.toml"), own);
}

#[test]
fn a_pyproject_that_configures_lockfix_is_enough() {
    let sandbox = Sandbox::new(&[("pyproject.toml", "[tool.lockfix]\n")]);
    let ran = sandbox.run(&["init"]).exits(2);
    assert!(
        ran.stderr.contains("`pyproject.toml` configures"),
        "{ran:?}"
    );
    sandbox.write("pyproject.toml", "[tool.other]\n");
    sandbox.run(&["init"]).exits(0);
}

#[test]
fn rules_are_ignored_by_path() {
    let sandbox = Sandbox::new(&[
        ("src/pay.js", PAY_JS),
        ("tests/pay.js", PAY_JS),
        ("tests/quiet.js", "// lockfix: ignore[leak-on-exit]\nf();\n"),
        (
            "lockfix.toml",
            "[ignore-in]\n'/tests/' = ['leak-on-exit']\n",
        ),
    ]);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    assert!(ran.stdout.contains("src/pay.js:4:5"), "{ran:?}");
    // A rule that does not report there leaves its comments alone.
    assert!(!ran.stdout.contains("tests/"), "{ran:?}");
    let ran = sandbox
        .run(&["--dry-run", "--select", "leak-on-exit"])
        .exits(1);
    assert!(ran.stdout.contains("tests/pay.js:4:5"), "{ran:?}");
}
