//! Configuration files.

use crate::support::{PAY_JS, Sandbox, WORK_PY};

#[test]
fn the_nearest_configuration_counts() {
    let sandbox = Sandbox::new(&[
        ("lockfix.toml", "select = ['double-release']\n"),
        ("a/pay.js", PAY_JS),
        ("b/pyproject.toml", "[tool.lockfix]\nignore = []\n"),
        ("b/w.py", WORK_PY),
        ("c/pyproject.toml", "[tool.other]\nx = 1\n"),
        ("c/w.py", WORK_PY),
    ]);
    let ran = sandbox.run(&["--dry-run"]).exits(1);
    assert!(ran.stdout.contains("b/w.py:4:5"));
    assert!(!ran.stdout.contains("a/pay.js") && !ran.stdout.contains("c/w.py"));
}

#[test]
fn options_choose_the_configuration() {
    let sandbox = Sandbox::new(&[
        ("lockfix.toml", "ignore = ['all']\n"),
        ("other.toml", "exclude = ['*.py']\n"),
        ("pay.js", PAY_JS),
        ("w.py", WORK_PY),
    ]);
    sandbox.run(&["--dry-run"]).exits(0);
    let ran = sandbox.run(&["--dry-run", "--isolated"]).exits(1);
    assert!(ran.stdout.contains("w.py:4:5"));
    let ran = sandbox
        .run(&["--dry-run", "--config", "other.toml"])
        .exits(1);
    assert!(ran.stdout.contains("pay.js:4:5") && !ran.stdout.contains("w.py"));
    let ran = sandbox
        .run(&["--dry-run", "--config", "none.toml"])
        .exits(2);
    assert!(
        ran.stderr
            .contains("cannot read the configuration `none.toml`")
    );
}

#[test]
fn the_command_line_goes_over_the_file() {
    let sandbox = Sandbox::new(&[
        (
            "lockfix.toml",
            "ignore = ['leak-on-exit']\nexclude = ['w.py']\n",
        ),
        ("pay.js", PAY_JS),
        ("w.py", WORK_PY),
    ]);
    sandbox.run(&["--dry-run"]).exits(0);
    let ran = sandbox
        .run(&["--dry-run", "--select", "leak-on-exit", ".", "w.py"])
        .exits(1);
    assert!(ran.stdout.contains("pay.js:4:5") && ran.stdout.contains("w.py:4:5"));
}

#[test]
fn mistakes_name_file_line_and_key_and_nothing_is_written() {
    for (name, text, message) in [
        (
            "lockfix.toml",
            "\nslect = []\n",
            "lockfix.toml:2: there is no key `slect`, did you mean `select`?",
        ),
        (
            "lockfix.toml",
            "ignore = 'all'\n",
            "lockfix.toml:1: `ignore`: must be an array of strings, not string",
        ),
        (
            "lockfix.toml",
            "[forms]\njavascript = ['with', 'wiht']\n",
            "lockfix.toml:2: `forms.javascript`: there is no form `wiht`",
        ),
        (
            "lockfix.toml",
            "[exceptions]\ncobol = 'calls'\n",
            "lockfix.toml:2: `exceptions`: there is no language `cobol`",
        ),
        (
            "lockfix.toml",
            "a = \n",
            "lockfix.toml:1: this is not valid TOML",
        ),
        (
            "pyproject.toml",
            "[tool.lockfix]\nunsafe-fixes = true\n",
            "pyproject.toml:2: there is no key `unsafe-fixes`",
        ),
    ] {
        let sandbox = Sandbox::new(&[("pay.js", PAY_JS), (name, text)]);
        let ran = sandbox.run(&["--yes"]).exits(2);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert_eq!(sandbox.text("pay.js"), PAY_JS);
    }
}

#[test]
fn a_lock_of_ones_own_that_is_none_says_what_is_wrong_in_one_line() {
    let lock = |what: &str| format!("# Doors.\n\n[[lock]]\nname = \"Door\"\n{what}\n");
    let (acquire, release) = ("acquire = ['$LOCK.enter()']", "release = ['$LOCK.leave()']");
    for (what, said) in [
        (
            format!("{acquire}\n{release}\nforms = ['try-finaly']"),
            "there is no form `try-finaly`, did you mean `try-finally`?",
        ),
        (
            format!("{acquire}\n{release}\nforms = ['try-finally']\naquire = []"),
            "unknown field `aquire`",
        ),
        (
            format!("acquire = '$LOCK.enter()'\n{release}\nforms = ['try-finally']"),
            "in `lock.acquire`",
        ),
        (
            format!("acquire = ['$LOCK.enter(']\n{release}\nforms = ['try-finally']"),
            "lock `Door`: `$LOCK.enter(` is not an expression of the language",
        ),
    ] {
        let sandbox = Sandbox::new(&[("lockfix.toml", lock(&what).as_str()), ("a.js", "f();\n")]);
        let ran = sandbox.run(&["--dry-run"]).exits(2);
        let told: Vec<&str> = ran.stderr.lines().collect();
        let [line] = told[..] else {
            panic!("one line: {ran:?}");
        };
        assert!(line.contains("lockfix.toml:3: [[lock]]: "), "{line}");
        assert!(line.contains(said), "{line}");
    }
}
