//! JSON: its fields are a contract.

use crate::support::{PAY_JS, Sandbox, WORK_PY, apply_json, pay_twice};
use serde_json::{Value, json};

const DRY_JSON: [&str; 3] = ["--dry-run", "--format", "json"];

#[test]
fn the_document_has_the_promised_fields() {
    let sandbox = Sandbox::new(&[
        ("pay.js", PAY_JS),
        ("gen.py", "# @generated\n"),
        ("plain.js", "f();\n"),
    ]);
    let ran = sandbox
        .run(&[&DRY_JSON[..], &[".", "gone.js"]].concat())
        .exits(2);
    let document = ran.json();
    assert_eq!(document["version"], 1);
    assert_eq!(document["files"], 2);
    assert_eq!(
        document["skipped"],
        json!([{"path": "gen.py", "function": null, "reason": "generated"}])
    );
    assert_eq!(
        document["errors"],
        json!([{"path": "gone.js", "message": "there is no such file or directory"}])
    );
    let finding = &document["findings"][0];
    for (key, value) in [
        ("path", json!("pay.js")),
        ("language", json!("javascript")),
        ("rule", json!("leak-on-exit")),
        ("line", json!(4)),
        ("column", json!(5)),
        ("end_line", json!(10)),
        ("lock", json!("accountMutex")),
        ("acquire", json!({"line": 4, "column": 5})),
        ("releases", json!([{"line": 10, "column": 5}])),
        ("leaks", json!([{"line": 6, "column": 9, "kind": "throw"}])),
    ] {
        assert_eq!(finding[key], value, "{key}");
    }
    assert!(
        finding["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert_eq!(finding["fix"]["applicability"], "safe");
    assert_eq!(finding["fix"]["form"], "try-finally");
    assert_eq!(finding["fix"]["reason"], Value::Null);
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["version", "files", "findings", "skipped", "errors"]);
}

#[test]
fn all_edits_together_are_what_yes_writes() {
    let texts = [
        ("pay.js", PAY_JS.to_owned()),
        ("twice.js", pay_twice()),
        ("crlf.js", PAY_JS.replace('\n', "\r\n")),
        ("bom.py", format!("\u{feff}{WORK_PY}")),
    ];
    let sandbox = Sandbox::new(&texts);
    let document = sandbox.run(&DRY_JSON).exits(1).json();
    sandbox.run(&["--yes"]).exits(0);
    for (name, old) in &texts {
        let new = apply_json(old.as_bytes(), &document, name);
        assert_eq!(String::from_utf8_lossy(&new), sandbox.text(name), "{name}");
    }
}

#[test]
fn jsonl_is_one_finding_a_line() {
    let sandbox = Sandbox::new(&[("b.js", PAY_JS), ("a.py", WORK_PY)]);
    let ran = sandbox.run(&["--dry-run", "--format", "jsonl"]).exits(1);
    let paths: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["path"].clone())
        .collect();
    assert_eq!(paths, ["a.py", "b.js"]);
}

#[test]
fn nothing_found_is_still_a_document() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let document = sandbox.run(&DRY_JSON).exits(0).json();
    assert_eq!(
        document,
        json!({"version": 1, "files": 0, "findings": [], "skipped": [], "errors": []})
    );
}

#[test]
fn what_yes_fixed_is_no_finding_any_more() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let document = sandbox.run(&["--yes", "--format", "json"]).exits(0).json();
    assert_eq!(document["findings"], json!([]));
}

#[test]
fn the_order_does_not_depend_on_the_number_of_threads() {
    let sandbox = Sandbox::new::<&str>(&[]);
    for number in 0..60 {
        let text = if number % 3 == 0 { PAY_JS } else { "f();\n" };
        sandbox.write(format!("{}/{number}.js", number % 7), text);
    }
    let one = sandbox.run(&[&DRY_JSON[..], &["--jobs", "1"]].concat());
    for jobs in ["2", "9"] {
        let many = sandbox.run(&[&DRY_JSON[..], &["-j", jobs]].concat());
        assert_eq!(one.stdout, many.stdout);
    }
}
