//! Which files are looked at, and that the others are counted.

use crate::support::{PAY_JS, Ran, Sandbox, WORK_PY};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn found(ran: &Ran) -> Vec<String> {
    let document = ran.json();
    let findings = document["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["path"].as_str().expect("a string").to_owned())
        .collect()
}

fn skipped(ran: &Ran) -> Vec<(String, String)> {
    let document = ran.json();
    let skipped = document["skipped"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    skipped
        .iter()
        .map(|entry| (text(&entry["path"]), text(&entry["reason"])))
        .collect()
}

fn dry(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.run(&[&["--dry-run", "--format", "json"], args].concat())
}

fn pair(path: &str, reason: &str) -> (String, String) {
    (path.to_owned(), reason.to_owned())
}

#[test]
fn ignore_files_are_honoured_unless_a_file_is_named() {
    let sandbox = Sandbox::new(&[
        (".gitignore", "git.js\n"),
        (".ignore", "plain.js\n"),
        (".lockfixignore", "ours.js\n"),
        ("git.js", PAY_JS),
        ("plain.js", PAY_JS),
        ("ours.js", PAY_JS),
        ("sub/yes.js", PAY_JS),
        (".hidden/yes.js", PAY_JS),
    ]);
    assert_eq!(found(&dry(&sandbox, &[])), [".hidden/yes.js", "sub/yes.js"]);
    assert_eq!(
        found(&dry(&sandbox, &["git.js", "ours.js"])),
        ["git.js", "ours.js"]
    );
}

#[test]
fn vendored_directories_are_passed_over_unless_named() {
    let sandbox = Sandbox::new(&[
        ("node_modules/a/x.js", PAY_JS),
        ("lib/site-packages/x.py", WORK_PY),
        ("vendor/x.js", PAY_JS),
        (".git/hooks/x.js", PAY_JS),
        ("src/x.js", PAY_JS),
    ]);
    let ran = dry(&sandbox, &[]);
    assert_eq!(found(&ran), ["src/x.js"]);
    assert_eq!(
        skipped(&ran),
        ["lib/site-packages", "node_modules", "vendor"].map(|path| pair(path, "vendored"))
    );
    let ran = dry(&sandbox, &["vendor", "node_modules/a/x.js"]);
    assert_eq!(found(&ran), ["node_modules/a/x.js", "vendor/x.js"]);
}

#[test]
fn unsuitable_files_are_counted_with_their_reasons() {
    let sandbox = Sandbox::new(&[
        (
            "gen.js",
            format!("// Code generated. DO NOT EDIT.\n{PAY_JS}"),
        ),
        ("lib.min.js", PAY_JS.to_owned()),
        ("nul.js", format!("{PAY_JS}\0")),
        ("big.js", format!("{PAY_JS}{}", "f();\n".repeat(500))),
        ("note.txt", PAY_JS.to_owned()),
        ("lockfix.toml", "max-size = '2K'\n".to_owned()),
    ]);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(PAY_JS.bytes().flat_map(|b| [b, 0]))
        .collect();
    sandbox.write("wide.js", utf16);
    let ran = dry(&sandbox, &[".", "note.txt"]).exits(0);
    assert_eq!(
        skipped(&ran),
        [
            pair("big.js", "too-large"),
            pair("gen.js", "generated"),
            pair("lib.min.js", "minified"),
            pair("note.txt", "unknown-language"),
            pair("nul.js", "nul-bytes"),
            pair("wide.js", "utf-16"),
        ]
    );
    let ran = sandbox.run(&["--dry-run", "-v"]).exits(0);
    assert!(ran.stderr.contains("skipped gen.js: generated\n"));
    assert!(
        ran.stderr
            .contains("5 skipped: 1 generated, 1 minified, 1 nul-bytes, 1 too-large, 1 utf-16")
    );
    let ran = dry(&sandbox, &["--max-size", "5M", "big.js"]).exits(1);
    assert_eq!(found(&ran), ["big.js"]);
}

#[test]
fn a_file_with_many_names_is_handled_once() {
    let sandbox = Sandbox::new(&[("a/pay.js", PAY_JS)]);
    symlink("pay.js", sandbox.path("a/link.js")).expect("linked");
    symlink("a", sandbox.path("b")).expect("linked");
    fs::hard_link(sandbox.path("a/pay.js"), sandbox.path("twin.js")).expect("linked");
    let absolute = sandbox.path("a/pay.js");
    let args = [
        "a/pay.js",
        "./a/../a/pay.js",
        absolute.to_str().expect("UTF-8"),
        "a/link.js",
        "b/pay.js",
        ".",
    ];
    let ran = dry(&sandbox, &args).exits(1);
    assert_eq!(found(&ran).len(), 1);
    let ran = sandbox.run(&[&["--yes"], &args[..]].concat()).exits(0);
    assert!(
        ran.stderr.contains("fixed 1 finding in 1 file"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.text("a/pay.js").matches("finally").count(), 1);
    assert_eq!(sandbox.text("twin.js"), sandbox.text("a/pay.js"));
    assert!(sandbox.path("a/link.js").is_symlink());
}

#[test]
fn files_come_in_path_order_whatever_is_named() {
    let names = ["a/x.js", "a-b/x.js", "b/c/x.js", "b/c.js", "b.js", "x.js"];
    let sandbox = Sandbox::new(&names.map(|name| (name, PAY_JS)));
    let mut sorted = names;
    sorted.sort_by(|one, other| Path::new(one).cmp(Path::new(other)));
    for args in [
        &[][..],
        &["x.js", "b.js", "b", "a-b", "a"],
        &["b/c", ".", "./x.js", "b", "x.js"],
    ] {
        for jobs in ["1", "2", "9"] {
            let ran = dry(&sandbox, &[args, &["--jobs", jobs]].concat());
            assert_eq!(found(&ran), sorted, "{args:?}");
        }
    }
}

#[test]
fn a_configuration_that_cannot_be_used_stops_the_run_before_it_writes() {
    let sandbox = Sandbox::new(&[
        ("a.js", PAY_JS),
        ("z/lockfix.toml", "no-such-key = 1\n"),
        ("z/b.js", PAY_JS),
    ]);
    for args in [&["--yes"][..], &["--add-ignores=later"]] {
        let ran = sandbox.run(args).exits(2);
        assert!(ran.stderr.contains("no-such-key"), "{}", ran.stderr);
        assert_eq!(sandbox.text("a.js"), PAY_JS);
    }
    let ran = dry(&sandbox, &[]).exits(2);
    assert!(ran.stderr.contains("no-such-key"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn links_met_on_the_way_are_not_followed() {
    let elsewhere = Sandbox::new(&[("pay.js", PAY_JS)]);
    let sandbox = Sandbox::new::<&str>(&[]);
    symlink(elsewhere.path("pay.js"), sandbox.path("out.js")).expect("linked");
    symlink("loop.js", sandbox.path("loop.js")).expect("linked");
    symlink(".", sandbox.path("round")).expect("linked");
    let ran = dry(&sandbox, &[]).exits(0);
    assert_eq!(
        skipped(&ran),
        [
            pair("out.js", "symbolic-link"),
            pair("round", "symbolic-link")
        ]
    );
    let ran = dry(&sandbox, &["out.js"]).exits(1);
    assert_eq!(found(&ran), ["out.js"]);
    let ran = dry(&sandbox, &["loop.js"]).exits(2);
    assert_eq!(ran.json()["errors"][0]["path"], "loop.js");
}

#[test]
fn only_regular_files_are_opened() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, sandbox.path("fifo.js"), kind, mode, 0).expect("a FIFO");
    for args in [&["."][..], &["fifo.js", "pay.js"]] {
        let ran = dry(&sandbox, args).exits(1);
        assert_eq!(skipped(&ran), [pair("fifo.js", "not-a-regular-file")]);
        assert_eq!(found(&ran), ["pay.js"]);
    }
}

#[test]
fn scripts_are_known_by_their_first_line() {
    let sandbox = Sandbox::new(&[
        ("tool", format!("#!/usr/bin/env python3\n{WORK_PY}")),
        ("notes", WORK_PY.to_owned()),
    ]);
    assert_eq!(found(&dry(&sandbox, &[])), ["tool"]);
}

#[test]
fn lang_looks_at_some_languages_only() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("w.py", WORK_PY)]);
    assert_eq!(found(&dry(&sandbox, &["--lang", "python"])), ["w.py"]);
    assert_eq!(
        found(&dry(&sandbox, &["--lang", "python,javascript"])),
        ["pay.js", "w.py"]
    );
}

#[test]
fn files_from_takes_lines_or_nul_separated_paths() {
    let sandbox = Sandbox::new(&[("a b.js", PAY_JS), ("w.py", WORK_PY), ("no.js", PAY_JS)]);
    sandbox.write("list", "a b.js\nw.py\n");
    assert_eq!(
        found(&dry(&sandbox, &["--files-from", "list"])),
        ["a b.js", "w.py"]
    );
    let args = ["--dry-run", "--format", "json", "--files-from", "-"];
    let ran = sandbox.run_with(&args, b"w.py\0a b.js\0");
    assert_eq!(found(&ran), ["a b.js", "w.py"]);
    let ran = sandbox.run_with(&args, b"").exits(0);
    assert_eq!(found(&ran), [""; 0]);
}

#[test]
fn what_nests_ten_thousand_levels_deep_is_skipped_and_kept() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let script = PAY_JS.replace(
        "from.balance -= amount;",
        &format!("x = {};", deep("(", ")")),
    );
    let module = WORK_PY.replace("work()", &deep("[", "]"));
    let sandbox = Sandbox::new(&[
        ("pay.js", &script),
        ("w.py", &module),
        ("ok.js", &PAY_JS.to_owned()),
    ]);
    let ran = sandbox
        .run(&["--yes", "-v", "--max-size", "100000000"])
        .exits(0);
    assert!(ran.stderr.contains("nested too deeply"), "{}", ran.stderr);
    assert_eq!(sandbox.text("pay.js"), script);
    assert_eq!(sandbox.text("w.py"), module);
    assert_ne!(sandbox.text("ok.js"), PAY_JS);
}

#[test]
fn headers_are_what_they_look_like_unless_somebody_says_so() {
    let header = "#include <pthread.h>\n\
        static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;\n\
        static inline int get(int way) {\n\
        \x20   pthread_mutex_lock(&m);\n\
        \x20   if (way)\n\
        \x20       return -1;\n\
        \x20   pthread_mutex_unlock(&m);\n\
        \x20   return 0;\n\
        }\n";
    let sandbox = Sandbox::new(&[("a/own.h", header), ("b/beside.h", header)]);
    sandbox.write("b/beside.cc", "");
    let languages = |args: &[&str]| -> Vec<String> {
        let document = dry(&sandbox, args).json();
        let findings = document["findings"].as_array().expect("a list").iter();
        findings
            .map(|finding| finding["language"].as_str().expect("a string").to_owned())
            .collect()
    };
    assert_eq!(languages(&[]), ["c", "cpp"]);
    assert_eq!(languages(&["--headers", "c"]), ["c", "c"]);
    assert_eq!(
        languages(&["--headers", "cpp", "--lang", "cpp"]),
        ["cpp", "cpp"]
    );
    assert_eq!(
        languages(&["--headers", "cpp", "--lang", "c", "."]),
        [""; 0]
    );
    sandbox.write("lockfix.toml", "headers = \"cpp\"\n");
    assert_eq!(languages(&[]), ["cpp", "cpp"]);
    sandbox.write("lockfix.toml", "headers = \"java\"\n");
    let ran = dry(&sandbox, &[]).exits(2);
    assert!(
        ran.stderr.contains("lockfix.toml:1: `headers`"),
        "{}",
        ran.stderr
    );
}
