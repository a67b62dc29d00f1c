//! A configuration to begin with, and what editors are told of it.

use crate::support::{PAY_JS, Sandbox, WORK_PY, python_tool};
use std::fs;
use std::path::Path;
use std::process::Command;

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

/// The configuration that `lockfix init` writes, with every key in it set.
fn all_keys() -> String {
    let sandbox = Sandbox::new::<&str>(&[]);
    sandbox.run(&["init"]).exits(0);
    let text = sandbox.text("lockfix.toml");
    let lines = text.lines().filter_map(|line| line.strip_prefix("# "));
    let set = |line: &&str| line.starts_with(['[', '"']) || line.contains(" = ");
    lines.filter(set).map(|line| format!("{line}\n")).collect()
}

/// What stands between fences of TOML in the README.
fn shown() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("README.md")).expect("the README");
    let blocks = page.split("```toml\n").skip(1);
    let blocks: Vec<String> = blocks
        .filter_map(|block| block.split("```").next().map(str::to_owned))
        .collect();
    assert!(blocks.len() >= 2);
    blocks
}

#[test]
fn editors_take_the_configurations_that_a_run_takes() {
    let good = [shown(), vec![all_keys()]].concat();
    assert!(good.iter().any(|text| text.contains("std = ")));
    let bad = [
        "selekt = []",
        "select = 3",
        "select = [\"leak\"]",
        "[forms]\npython = \"with\"",
        "families = [\"doors\"]",
        "[[lock]]\nname = \"Door\"",
    ];
    let sandbox = Sandbox::new(&[("a.js", "f();\n")]);
    let mut files = Vec::new();
    let all = good.iter().map(|text| (text.as_str(), 0));
    for (number, (text, status)) in all.chain(bad.map(|text| (text, 2))).enumerate() {
        let name = format!("{number}.toml");
        sandbox.write(&name, text);
        sandbox
            .run(&["--dry-run", "--config", &name, "a.js"])
            .exits(status);
        files.push((name, status));
    }
    // The same by the schema.
    let Some(python) = python_tool("python") else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(root.join("tests/runtimes/python/schema.py"))
        .arg(root.join("docs/lockfix.schema.json"))
        .args(files.iter().map(|(name, _)| name))
        .current_dir(sandbox.root())
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    let refused = String::from_utf8(output.stdout).expect("text");
    for (name, status) in files {
        let named = refused
            .lines()
            .any(|line| line.starts_with(&format!("{name}: ")));
        assert_eq!(named, status == 2, "{name}: {refused}");
    }
}
