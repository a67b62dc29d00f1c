//! Taking lockfix into a project: a baseline, shares of the work, trees that are clean.

use crate::support::{PAY_JS, Sandbox, WORK_PY, git};

#[test]
fn a_baseline_leaves_new_findings_only() {
    let sandbox = Sandbox::new(&[("src/pay.js", PAY_JS)]);
    let known = sandbox.run(&["--dry-run", "--format", "baseline"]).exits(1);
    sandbox.write("lockfix-baseline.json", known.stdout);
    let args = ["--dry-run", "--baseline", "lockfix-baseline.json"];
    sandbox.run(&args).exits(0);
    // Lines move, and the directory that one starts from does not matter.
    sandbox.write("src/pay.js", format!("// A line.\n{PAY_JS}"));
    sandbox.run(&args).exits(0);
    let mut below = sandbox.command(&["--dry-run", "--baseline", "../lockfix-baseline.json"]);
    let ran = below
        .current_dir(sandbox.path("src"))
        .output()
        .expect("runs");
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    // Nor where the list is kept, if one starts from where it was written.
    sandbox.write("ci/known.json", sandbox.text("lockfix-baseline.json"));
    sandbox
        .run(&["--dry-run", "--baseline", "ci/known.json"])
        .exits(0);
    sandbox.write("work.py", WORK_PY);
    let ran = sandbox.run(&args).exits(1);
    assert!(ran.stdout.contains("work.py:4:5  leak-on-exit"), "{ran:?}");
    assert!(!ran.stdout.contains("pay.js"), "{ran:?}");
}

#[test]
fn what_a_baseline_lists_is_not_fixed() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("work.py", WORK_PY)]);
    let known = sandbox.run(&["--dry-run", "--format", "baseline", "pay.js"]);
    sandbox.write("known.json", known.stdout);
    sandbox.run(&["--yes", "--baseline", "known.json"]).exits(0);
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
    assert_ne!(sandbox.text("work.py"), WORK_PY);
}

#[test]
fn a_baseline_that_is_none_is_an_error() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("b.json", "{}"), ("c.json", "no")]);
    for file in ["b.json", "c.json", "gone.json"] {
        let ran = sandbox.run(&["--dry-run", "--baseline", file]).exits(2);
        assert!(ran.stderr.contains(file), "{ran:?}");
    }
    let other = r#"{"version": 2, "findings": []}"#;
    sandbox.write("d.json", other);
    let ran = sandbox.run(&["--dry-run", "--baseline", "d.json"]).exits(2);
    assert!(ran.stderr.contains("its version is 2"), "{ran:?}");
}

#[test]
fn shares_together_find_what_one_run_finds() {
    let names: Vec<String> = (0..7).map(|number| format!("pay{number}.js")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), PAY_JS)).collect();
    let sandbox = Sandbox::new(&files);
    let lines = |args: &[&str]| -> Vec<String> {
        let all = [&["--dry-run", "--format", "github"], args].concat();
        let ran = sandbox.run(&all).exits(1);
        ran.stdout.lines().map(str::to_owned).collect()
    };
    let whole = lines(&[]);
    let mut together = [lines(&["--shard", "1/2"]), lines(&["--shard", "2/2"])].concat();
    assert_eq!(lines(&["--shard", "1/2"]).len(), 4);
    together.sort();
    assert_eq!(together, whole);
    let ran = sandbox.run(&["--dry-run", "--shard", "3/2"]).exits(2);
    assert!(ran.stderr.contains("such as 2/8"), "{ran:?}");
}

#[test]
fn uncommitted_changes_are_told_or_refused() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("other.js", "f();\n")]);
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "--quiet", "--message", "all"]);
    sandbox.write("other.js", "g();\n");
    let ran = sandbox.run(&["--yes", "--require-clean"]).exits(2);
    assert!(
        ran.stderr.contains("uncommitted changes in 1 file;"),
        "{ran:?}"
    );
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
    let ran = sandbox.run(&["--yes"]).exits(0);
    assert!(
        ran.stderr
            .contains("warning: the working tree has uncommitted"),
        "{ran:?}"
    );
    assert_ne!(sandbox.text("pay.js"), PAY_JS);
    git(
        &sandbox,
        &["commit", "--quiet", "--all", "--message", "fixed"],
    );
    sandbox.write("pay2.js", PAY_JS);
    let ran = sandbox.run(&["--yes", "--require-clean"]).exits(0);
    assert!(!ran.stderr.contains("uncommitted"), "{ran:?}");
}

#[test]
fn the_trees_that_count_are_those_of_the_paths() {
    let sandbox = Sandbox::new(&[("tree/pay.js", PAY_JS), ("tree/f.js", "f();\n")]);
    git(&sandbox, &["init", "--quiet", "tree"]);
    git(&sandbox, &["-C", "tree", "add", "."]);
    git(
        &sandbox,
        &["-C", "tree", "commit", "--quiet", "--message", "all"],
    );
    let args = ["--yes", "--require-clean", "tree/pay.js", "tree/f.js"];
    sandbox.write("tree/f.js", "g();\n");
    let ran = sandbox.run(&args).exits(2);
    assert!(
        ran.stderr.contains("uncommitted changes in 1 file;"),
        "{ran:?}"
    );
    git(&sandbox, &["-C", "tree", "checkout", "--quiet", "."]);
    // Where nothing keeps track, nothing can be known to be clean.
    sandbox.write("elsewhere.js", PAY_JS);
    let ran = sandbox
        .run(&["--yes", "--require-clean", "elsewhere.js"])
        .exits(2);
    assert!(
        ran.stderr.contains("git knows nothing of `elsewhere.js`"),
        "{ran:?}"
    );
    assert_eq!(sandbox.text("elsewhere.js"), PAY_JS);
    sandbox.run(&args).exits(0);
    assert_ne!(sandbox.text("tree/pay.js"), PAY_JS);
}
