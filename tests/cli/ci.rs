//! What others run: hooks, pipelines, and scripts over many repositories do what they say.

use crate::support::{PAY_JS, Ran, Sandbox, WORK_PY, git, python_tool, skipped};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn page(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(name)).expect("a page")
}

/// A shell command in the sandbox, with the program on the path.
fn shell(sandbox: &Sandbox, script: &str, variables: &[(&str, &str)]) -> Ran {
    let program = PathBuf::from(assert_cmd::cargo::cargo_bin!("lockfix"));
    let mut path = program.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command
        .args(["-e", "-c", script])
        .current_dir(sandbox.root())
        .env("PATH", path)
        .env("XDG_STATE_HOME", sandbox.state())
        .envs(variables.iter().copied());
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "t");
        command.env(format!("GIT_{who}_EMAIL"), "t@example.com");
    }
    command.output().expect("runs").into()
}

/// What stands behind `key` on a line of this YAML.
fn values<'a>(page: &'a str, key: &str) -> Vec<&'a str> {
    let lines = page.lines().map(|line| line.trim_start_matches([' ', '-']));
    lines.filter_map(|line| line.strip_prefix(key)).collect()
}

#[test]
fn the_action_annotates() {
    let action = page("action.yml");
    let (_, script) = action.rsplit_once("run: |\n").expect("a script");
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    let variables = [("PATHS", "pay.js w.py"), ("DIFF_BASE", ""), ("OPTIONS", "")];
    let ran = shell(&sandbox, script, &variables).exits(1);
    assert_eq!(ran.stdout.matches("::error file=").count(), 2, "{ran:?}");
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["add", "pay.js"]);
    git(&sandbox, &["commit", "--quiet", "--message", "all"]);
    let variables = [
        ("PATHS", "."),
        ("DIFF_BASE", "HEAD"),
        ("OPTIONS", "--exit-zero --lang python,go"),
    ];
    let ran = shell(&sandbox, script, &variables).exits(0);
    assert!(
        ran.stdout.starts_with("::error file=w.py,line=4,"),
        "{ran:?}"
    );
}

#[test]
fn the_pipeline_writes_its_report() {
    let page = page("scripts/fleet/gitlab.yml");
    let script = page
        .lines()
        .find(|line| line.contains("- lockfix --dry-run"));
    let script = script.expect("a script").trim_start_matches([' ', '-']);
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    shell(&sandbox, script, &[("LOCKFIX_OPTIONS", "")]).exits(1);
    let report = sandbox.text("gl-code-quality-report.json");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    // What GitLab asks of an issue.
    let issue = &report[0];
    assert_eq!(issue["check_name"], "leak-on-exit");
    assert_eq!(issue["severity"], "critical");
    assert_eq!(issue["location"]["path"], "pay.js");
    assert_eq!(issue["location"]["lines"]["begin"], 4);
    for key in ["description", "fingerprint"] {
        assert!(
            issue[key].as_str().is_some_and(|text| !text.is_empty()),
            "{issue}"
        );
    }
}

#[test]
fn fleets_take_what_remains_for_no_failure() {
    let batch = page("scripts/fleet/sourcegraph.yml");
    let script = page("scripts/fleet/multi-gitter.sh");
    for script in [values(&batch, "run: ")[0], &script] {
        let fixable = Sandbox::new(&[("pay.js", PAY_JS), ("a.js", "// lockfix: ignore\nf();\n")]);
        shell(&fixable, script, &[]).exits(0);
        assert_ne!(fixable.text("pay.js"), PAY_JS);
        let broken = Sandbox::new(&[("pay.js", PAY_JS), ("lockfix.toml", "x = 1\n")]);
        shell(&broken, script, &[]).exits(1);
    }
}

#[test]
fn hooks_look_at_the_files_that_are_committed() {
    let hooks = page(".pre-commit-hooks.yaml");
    let entries = values(&hooks, "entry: ");
    assert_eq!(entries, ["lockfix --dry-run", "lockfix --yes"]);
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    let ran = shell(&sandbox, &format!("{} w.py", entries[0]), &[]).exits(1);
    assert!(!ran.stdout.contains("pay.js"), "{ran:?}");
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["add", "."]);
    // The real one, where it is: with the program that is built rather than one that it builds.
    let Some(pre_commit) = python_tool("pre-commit") else {
        return;
    };
    let local = hooks.replace("language: rust", "language: system");
    let indented: String = local
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let config = format!("repos:\n  - repo: local\n    hooks:\n{indented}");
    sandbox.write(".pre-commit-config.yaml", config);
    let home = sandbox.state().join("pre-commit");
    let home = home.to_str().expect("UTF-8");
    let run = |hook: &str| {
        let script = format!("'{}' run {hook} --all-files", pre_commit.display());
        shell(&sandbox, &script, &[("PRE_COMMIT_HOME", home)])
    };
    let ran = run("lockfix").exits(1);
    assert!(ran.stdout.contains("pay.js:4:5  leak-on-exit"), "{ran:?}");
    let ran = run("lockfix-fix").exits(1);
    assert!(
        ran.stdout.contains("files were modified by this hook"),
        "{ran:?}"
    );
    run("lockfix").exits(0);
}

/// Two repositories, one of them with a file that nobody committed.
fn repositories() -> Sandbox {
    let sandbox = Sandbox::new(&[("all/one/pay.js", PAY_JS), ("all/two words/w.py", WORK_PY)]);
    for name in ["one", "two words"] {
        let script = "git init --quiet && git add . && git commit --quiet --message all";
        let script = format!("cd 'all/{name}' && {script}");
        shell(&sandbox, &script, &[]).exits(0);
    }
    sandbox
}

fn log(sandbox: &Sandbox, name: &str) -> String {
    let script = format!("git -C 'all/{name}' log --format=%D:%B");
    shell(sandbox, &script, &[]).exits(0).stdout
}

#[test]
fn each_repository_gets_its_commit() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fix-repository");
    let usage = fs::read_to_string(&script).expect("read");
    let lines = usage.lines().map(str::trim);
    let begins = [
        "for repository in repositories",
        "find repositories",
        "ls -d repositories",
    ];
    let commands: Vec<&str> = lines
        .filter(|line| begins.iter().any(|begin| line.starts_with(begin)))
        .collect();
    assert_eq!(commands.len(), begins.len());
    let documented = page("docs/fleets.md");
    for command in commands {
        assert!(documented.contains(command), "{command}");
        if command.contains("parallel")
            && Command::new("parallel").arg("--version").output().is_err()
        {
            skipped("no parallel found (run scripts/setup)");
            continue;
        }
        let sandbox = repositories();
        let script = script.display().to_string();
        let command = command.replace("scripts/fix-repository", &script);
        let ran = shell(&sandbox, &command.replace("repositories", "all"), &[]).exits(0);
        assert_eq!(
            ran.stdout.matches(": 1 finding fixed, 0 left").count(),
            2,
            "{ran:?}"
        );
        for name in ["one", "two words"] {
            let log = log(&sandbox, name);
            let message = "Guarantee the release of locks\n\nlockfix found 1 finding:\n  1 leak-on-exit\n\nIt is fixed, in 1 file.\n";
            assert!(log.contains(message), "{log}");
        }
    }
}

#[test]
fn branches_rules_and_uncommitted_changes_are_respected() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fix-repository");
    let sandbox = repositories();
    sandbox.write("all/two words/w.py", format!("{WORK_PY}# more\n"));
    let command = format!(
        "'{}' --branch locks --per-rule 'all/one' 'all/two words' -- --lang javascript",
        script.display()
    );
    let ran = shell(&sandbox, &command, &[]).exits(2);
    assert!(
        ran.stderr
            .contains("all/two words: left alone, it has uncommitted"),
        "{ran:?}"
    );
    let subject = "HEAD -> locks:Guarantee the release of locks (leak-on-exit)\n";
    let log_of_one = log(&sandbox, "one");
    assert!(log_of_one.starts_with(subject), "{log_of_one}");
    assert_eq!(log(&sandbox, "two words").matches("Guarantee").count(), 0);
}
