//! Texts that nobody writes: they cost little time and memory, and are told about.

use crate::support::{PAY_JS, Ran, Sandbox};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

/// Seconds of CPU for one text, by far less than what is quadratic would take.
const SECONDS: u32 = 20;

/// KiB of address space.
const MEMORY: u32 = 2 << 20;

/// Runs the program within the bounds.
fn bounded(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut command = Command::new("bash");
    command
        .args([
            "-c",
            &format!("ulimit -t {SECONDS} -v {MEMORY}; exec \"$0\" \"$@\""),
        ])
        .arg(assert_cmd::cargo::cargo_bin!("lockfix"))
        .args(args)
        .env("XDG_STATE_HOME", sandbox.state())
        .current_dir(sandbox.root());
    command.output().expect("runs").into()
}

/// How a function that takes a lock begins and ends, by the extension of its language.
const FUNCTIONS: [(&str, &str, &str); 8] = [
    (
        "js",
        "const {Mutex} = require('async-mutex');\nconst m = new Mutex();\nasync function f(x) {\n  await m.acquire();\n",
        "  m.release();\n}\n",
    ),
    (
        "ts",
        "import {Mutex} from 'async-mutex';\nconst m = new Mutex();\nasync function f(x: any) {\n  await m.acquire();\n",
        "  m.release();\n}\n",
    ),
    (
        "java",
        "import java.util.concurrent.locks.*;\nclass A {\nfinal ReentrantLock m = new ReentrantLock();\nvoid f(int x) {\n  m.lock();\n",
        "  m.unlock();\n}\n}\n",
    ),
    (
        "go",
        "package a\nimport \"sync\"\nvar m sync.Mutex\nfunc f(x int) {\n  m.Lock()\n",
        "  m.Unlock()\n}\n",
    ),
    (
        "py",
        "import threading\nm = threading.Lock()\ndef f(x):\n  m.acquire()\n",
        "  m.release()\n",
    ),
    (
        "php",
        "<?php\nfunction f($m) {\n  flock($m, LOCK_EX);\n",
        "  flock($m, LOCK_UN);\n}\n",
    ),
    (
        "cpp",
        "#include <mutex>\nstd::mutex m;\nvoid f(int x) {\n  m.lock();\n",
        "  m.unlock();\n}\n",
    ),
    (
        "c",
        "#include <pthread.h>\nint f(pthread_mutex_t *m, int x) {\n  pthread_mutex_lock(m);\n",
        "  pthread_mutex_unlock(m);\n  return 0;\n}\n",
    ),
];

/// A file for each language, with `inside` in the middle of the function.
fn everywhere(inside: impl Fn(&str) -> String) -> Sandbox {
    let sandbox = Sandbox::new::<&str>(&[]);
    for (extension, begin, end) in FUNCTIONS {
        let text = format!("{begin}{}{end}", inside(extension));
        sandbox.write(format!("a.{extension}"), text);
    }
    sandbox
}

#[test]
fn nesting_without_end_is_told_about() {
    const LEVELS: usize = 100_000;
    let open = |extension: &str| match extension {
        "py" => "  y = \\\n".to_owned() + &"(\n".repeat(LEVELS) + "x" + &")\n".repeat(LEVELS),
        "go" => "if x > 0 {\n".repeat(LEVELS) + &"}\n".repeat(LEVELS),
        "php" => "if ($m) {\n".repeat(LEVELS) + &"}\n".repeat(LEVELS),
        _ => "if (x) {\n".repeat(LEVELS) + &"}\n".repeat(LEVELS),
    };
    let never_closed = |_: &str| "(\n[\n{\n".repeat(LEVELS / 3);
    for shape in [&open as &dyn Fn(&str) -> String, &never_closed] {
        let ran = bounded(&everywhere(shape), &["--dry-run"]).exits(0);
        assert!(ran.stderr.contains("nothing found"), "{}", ran.stderr);
        assert!(ran.stderr.contains("skipped"), "{}", ran.stderr);
    }
}

#[test]
fn deep_functions_are_told_about() {
    let sandbox = everywhere(|extension| {
        let (x, inside, end) = match extension {
            "php" => ("$m", "$m", ";\n"),
            // Without a call it is known to be harmless without a parse.
            "go" => ("x", "g(x)", "\n"),
            "py" => ("x", "x", "\n"),
            _ => ("x", "x", ";\n"),
        };
        format!(
            "  {x} = {}{inside}{}{end}",
            "(".repeat(700),
            ")".repeat(700)
        )
    });
    let ran = bounded(&sandbox, &["--dry-run", "-v"]).exits(0);
    for (extension, ..) in FUNCTIONS {
        let told = format!("skipped a.{extension}:");
        assert!(ran.stderr.contains(&told), "{told}\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains("nested too deeply"), "{}", ran.stderr);
}

#[test]
fn thousands_of_acquires_in_one_function_are_told_about() {
    let sandbox = everywhere(|extension| {
        let begin = FUNCTIONS.iter().find(|(known, ..)| *known == extension);
        let acquire = begin.and_then(|(_, begin, _)| begin.lines().last());
        format!("{}\n", acquire.expect("there is one")).repeat(2_000)
    });
    let ran = bounded(&sandbox, &["--dry-run", "-v"]).exits(0);
    for (extension, ..) in FUNCTIONS {
        let told = format!("skipped a.{extension}:");
        assert!(ran.stderr.contains(&told), "{told}\n{}", ran.stderr);
    }
    assert!(
        ran.stderr.contains("takes too many locks"),
        "{}",
        ran.stderr
    );
}

#[test]
fn findings_by_the_thousand_cost_what_they_should() {
    let (head, function) = PAY_JS.split_at(PAY_JS.find("async function").expect("there"));
    let functions = (0..400).map(|at| function.replace("transferFunds", &format!("f{at}")));
    let sandbox = Sandbox::new(&[("a.js", functions.fold(head.to_owned(), |text, f| text + &f))]);
    let ran = bounded(&sandbox, &["--yes"]).exits(0);
    assert!(ran.stderr.contains("fixed 400 findings"), "{}", ran.stderr);
}

/// Each span is proved over the whole function. Who proves all of them again after each fix needs minutes.
#[test]
fn a_hundred_spans_of_one_function_cost_what_they_should() {
    let spans = "\tmu.Lock()\n\tstep()\n\tmu.Unlock()\n".repeat(100);
    let text = format!("package a\n\nimport \"sync\"\n\nfunc f(mu *sync.Mutex) {{\n{spans}}}\n");
    let sandbox = Sandbox::new(&[("a.go", text)]);
    let ran = bounded(&sandbox, &["--yes"]).exits(0);
    assert!(ran.stderr.contains("fixed 100 findings"), "{}", ran.stderr);
}

#[test]
fn a_line_of_fifty_megabytes_is_passed_over() {
    let line = "x = 1; ".repeat((50 << 20) / 7);
    let sandbox = Sandbox::new(&[("a.js", format!("{PAY_JS}{line}\n"))]);
    let ran = bounded(&sandbox, &["--dry-run", "-v"]).exits(0);
    assert!(
        ran.stderr.contains("skipped a.js: too-large"),
        "{}",
        ran.stderr
    );
    sandbox.write("lockfix.toml", "max-size = \"100M\"\n");
    let ran = bounded(&sandbox, &["--dry-run", "-v"]).exits(0);
    assert!(
        ran.stderr.contains("skipped a.js: minified"),
        "{}",
        ran.stderr
    );
}

#[test]
fn identifiers_may_be_of_any_script() {
    let python = "\
import threading
замок = threading.Lock()
def 転送(từ, إلى):
    замок.acquire()
    if từ:
        return 'ß👩‍💻'
    إلى(từ)
    замок.release()
";
    let sandbox = Sandbox::new(&[
        ("a.js", PAY_JS.replace("accountMutex", "ключ鍵é")),
        ("a.py", python.to_owned()),
    ]);
    sandbox.run(&["--yes"]).exits(0);
    let fixed = sandbox.text("a.py");
    assert!(
        fixed.contains("    with замок:\n        if từ:\n            return 'ß👩‍💻'\n"),
        "{fixed}"
    );
    assert!(sandbox.text("a.js").contains("await ключ鍵é.acquire();"));
}

#[test]
fn bytes_that_are_no_text_stay_and_nul_bytes_are_told_about() {
    let latin1 = [
        b"// caf\xe9 \xff\xc0\x80\n",
        PAY_JS.as_bytes(),
        b"// \xed\xa0\x80",
    ]
    .concat();
    let mixed = format!(
        "// one\r\n// two\n{}// old mac\r// end",
        PAY_JS.replace(";\n", ";\r\n")
    );
    let sandbox = Sandbox::new(&[
        ("latin1.js", latin1.as_slice()),
        ("mixed.js", mixed.as_bytes()),
        ("nul.js", &[PAY_JS.as_bytes(), b"\0"].concat()),
    ]);
    let ran = sandbox.run(&["--yes", "-v"]).exits(0);
    assert!(
        ran.stderr.contains("skipped nul.js: nul-bytes"),
        "{}",
        ran.stderr
    );
    let text = sandbox.read("latin1.js");
    assert!(text.starts_with(b"// caf\xe9 \xff\xc0\x80\n") && text.ends_with(b"\n// \xed\xa0\x80"));
    assert!(text.windows(7).any(|window| window == b"finally"));
    let text = sandbox.text("mixed.js");
    assert!(text.starts_with("// one\r\n// two\n") && text.ends_with("// old mac\r// end"));
    assert!(text.contains("finally"));
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(sandbox.text("mixed.js"), text);
}

/// Clears the screen, moves up, sets the title, rings, and turns the direction of writing.
const FORGED: &str = "\u{1b}[2J\u{1b}[1A\u{1b}]0;title\u{7}\u{9b}31m\u{202e}";

#[test]
fn what_a_report_shows_cannot_command_the_terminal() {
    let text = PAY_JS
        .replace(
            "accountMutex.acquire();",
            &format!("accountMutex.acquire(); // {FORGED}"),
        )
        .replace("'Insufficient funds'", &format!("'{FORGED}'"));
    let name = format!("{}.js", FORGED.replace('/', ""));
    let sandbox = Sandbox::new(&[(name.as_str(), text.as_str()), ("broken.js", "")]);
    sandbox.write(OsStr::from_bytes(b"\x1b[2J\xff.js"), PAY_JS);
    let hidden = |next: char| matches!(next, '\u{202e}' | '\u{80}'..='\u{9f}');
    // What programs read may end on a terminal as well.
    let runs: [&[&str]; 7] = [
        &["--dry-run", "--color", "never", "--stat"],
        &["--dry-run", "--format", "json"],
        &["--dry-run", "--format", "jsonl"],
        &["--dry-run", "--format", "sarif"],
        &["--dry-run", "--format", "github"],
        &["--yes", "-v"],
        &["--dry-run", "--select", "\u{1b}[2J"],
    ];
    for args in runs {
        let ran = sandbox.run(args);
        for out in [&ran.stdout, &ran.stderr] {
            let control = out.chars().find(|next| {
                (next.is_ascii_control() && *next != '\n' && *next != '\t') || hidden(*next)
            });
            assert_eq!(control, None, "{args:?}: {out:?}");
        }
    }
    // The text report stands in front of a patch, whose lines are the bytes of the file.
    let sandbox = Sandbox::new(&[(name.as_str(), text.as_str())]);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    let (report, patch) = ran.stdout.split_once("\n--- ").expect("a patch");
    assert!(
        !report.contains('\u{1b}') && report.contains("\\x1b[2J"),
        "{report:?}"
    );
    assert!(patch.contains(FORGED));
    let forced = sandbox.run(&["--dry-run", "--color", "always"]).exits(1);
    assert!(!forced.stdout.contains("\u{1b}[2J"), "{:?}", forced.stdout);
}
