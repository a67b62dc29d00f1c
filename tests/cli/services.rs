//! Reports for services that show findings beside the code.

use crate::support::{PAY_JS, Sandbox, WORK_PY, python_tool, skipped};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

fn sandbox() -> Sandbox {
    Sandbox::new(&[("src/my pay.js", PAY_JS), ("work.py", WORK_PY)])
}

fn report(format: &str) -> String {
    let ran = sandbox().run(&["--dry-run", "--format", format]);
    ran.exits(1).stdout
}

/// Whether the official schema takes the log; `None` (said on stdout) where nothing can ask it.
fn is_valid(log: &str) -> Option<Result<(), String>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runtimes/node");
    if !directory.join("node_modules/ajv").is_dir() {
        skipped("no npm packages found (run scripts/setup)");
        return None;
    }
    let mut command = Command::new("node");
    command
        .arg("sarif.mjs")
        .current_dir(directory)
        .stderr(Stdio::piped());
    let output = assert_cmd::Command::from_std(command)
        .write_stdin(log)
        .output()
        .expect("node");
    Some(if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

#[test]
fn sarif_obeys_its_schema() {
    let log = report("sarif");
    if let Some(verdict) = is_valid(&log) {
        assert_eq!(verdict, Ok(()));
        assert!(is_valid(&log.replace("\"runs\"", "\"walks\"")).is_some_and(|one| one.is_err()));
    }
    let clean = Sandbox::new(&[("a.js", "f();\n")]).run(&["--dry-run", "--format", "sarif"]);
    if let Some(verdict) = is_valid(&clean.exits(0).stdout) {
        assert_eq!(verdict, Ok(()));
    }
}

#[test]
fn sarif_leads_from_the_acquire_to_the_leak_and_brings_the_fix() {
    let log: Value = serde_json::from_str(&report("sarif")).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "leak-on-exit");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/my%20pay.js");
    assert_eq!(place["region"]["startLine"], 4);
    let steps = &result["codeFlows"][0]["threadFlows"][0]["locations"];
    let lines: Vec<&Value> = (0..2)
        .map(|at| &steps[at]["location"]["physicalLocation"]["region"]["startLine"])
        .collect();
    assert_eq!(lines, [&json!(4), &json!(6)]);
    // The replacements, put in by hand, give what --yes writes.
    let sandbox = sandbox();
    sandbox.run(&["--yes", "--quiet"]).exits(0);
    let changes = &result["fixes"][0]["artifactChanges"][0]["replacements"];
    let mut text = PAY_JS.to_owned();
    for change in changes.as_array().expect("replacements").iter().rev() {
        let region = &change["deletedRegion"];
        let at = |line: &str, column: &str| {
            let number = |key: &str| region[key].as_u64().expect("a number") as usize;
            let lines = text.split_inclusive('\n').take(number(line) - 1);
            lines.map(str::len).sum::<usize>() + number(column) - 1
        };
        let (start, end) = (at("startLine", "startColumn"), at("endLine", "endColumn"));
        let new = change["insertedContent"]["text"].as_str().expect("text");
        text.replace_range(start..end, new);
    }
    assert_eq!(text, sandbox.text("src/my pay.js"));
}

#[test]
fn github_gets_a_command_a_finding() {
    let text = report("github");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=src/my pay.js,line=4,col=5,endLine=10,title=leak-on-exit::\
         `accountMutex` stays locked when line 6 throws"
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn fingerprints_survive_lines_that_come_above() {
    let prints = |text: &str| {
        let sandbox = Sandbox::new(&[("pay.js", text)]);
        let ran = sandbox.run(&["--dry-run", "--format", "gitlab"]).exits(1);
        let issues: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        (
            issues[0]["fingerprint"].clone(),
            issues[0]["location"]["lines"]["begin"].clone(),
        )
    };
    let (print, line) = prints(PAY_JS);
    let (moved, lower) = prints(&format!("// A line.\n\n{PAY_JS}"));
    assert_eq!(print, moved);
    assert_eq!((line, lower), (json!(4), json!(6)));
    let (other, _) = prints(&PAY_JS.replace("accountMutex", "otherMutex"));
    assert_ne!(print, other);
}

#[test]
fn checkstyle_is_one_document() {
    let text = report("checkstyle");
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle"));
    assert_eq!(text.matches("<error ").count(), 2);
    assert!(text.ends_with("</checkstyle>\n"));
    let clean = Sandbox::new(&[("a.js", "f();\n")]).run(&["--dry-run", "--format", "checkstyle"]);
    let clean = clean.exits(0).stdout;
    assert!(
        clean.contains("<checkstyle") && clean.ends_with("</checkstyle>\n"),
        "{clean}"
    );
}

/// Reads the report as build servers in Python do, and says what it came to.
const JUNIT: &str = "\
import sys
from junitparser import Failure, JUnitXml
report = JUnitXml.fromstring(sys.stdin.read())
print(report.tests, report.failures, report.errors)
for suite in report:
    for case in suite:
        for result in case.result:
            assert isinstance(result, Failure), result
            print(case.classname, '|', case.name, '|', result.type, '|', result.message)
";

#[test]
fn junit_is_read_by_others() {
    let Some(python) = python_tool("python") else {
        return;
    };
    let read = |report: &str| {
        let mut command = assert_cmd::Command::new(&python);
        let output = command.args(["-c", JUNIT]).write_stdin(report).output();
        let output = output.expect("python");
        assert!(output.status.success(), "{output:#?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(
        read(&report("junit")),
        "2 2 0\n\
         src/my pay.js | leak-on-exit at 4:5 | error | `accountMutex` stays locked when line 6 throws\n\
         work.py | leak-on-exit at 4:5 | error | `lock` stays locked when line 6 returns\n"
    );
    // A report without any test is taken for a mistake.
    let clean = Sandbox::new(&[("a.js", "f();\n")]).run(&["--dry-run", "--format", "junit"]);
    assert_eq!(read(&clean.exits(0).stdout), "1 0 0\n");
}
