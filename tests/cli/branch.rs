//! --diff-base: a run reports on the functions that a branch touched.

use crate::support::{PAY_JS, Sandbox, git, pay_twice};

/// A repository with two leaks in a file, on a branch of its own.
fn branch() -> Sandbox {
    let sandbox = Sandbox::new(&[("src/pay.js", pay_twice()), ("old.js", PAY_JS.to_owned())]);
    git(&sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "--quiet", "--message", "all"]);
    git(&sandbox, &["checkout", "--quiet", "-b", "branch"]);
    sandbox
}

const ARGS: [&str; 3] = ["--dry-run", "--diff-base", "main"];

#[test]
fn only_touched_functions_are_reported() {
    let sandbox = branch();
    let ran = sandbox.run(&ARGS).exits(0);
    assert!(
        ran.stderr.contains("nothing found (0 files looked at)"),
        "{ran:?}"
    );
    // A line above both, and one in the second.
    let text = pay_twice();
    let (first, second) = text.split_at(text.find("async function transferBack").expect("there"));
    let second = second.replace("from.balance -= amount;", "from.balance -= amount + 0;");
    sandbox.write("src/pay.js", format!("// A line.\n{first}{second}"));
    let ran = sandbox.run(&ARGS).exits(1);
    assert!(
        ran.stderr
            .contains("1 finding in 1 file, 1 fixable (1 file"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("src/pay.js:15:5"), "{ran:?}");
    // The same of what is committed, from below, and after the other branch has moved on.
    git(
        &sandbox,
        &["commit", "--quiet", "--all", "--message", "second"],
    );
    git(&sandbox, &["checkout", "--quiet", "main"]);
    sandbox.write("old.js", format!("{PAY_JS}// more\n"));
    git(&sandbox, &["commit", "--quiet", "--all", "--message", "on"]);
    git(&sandbox, &["checkout", "--quiet", "branch"]);
    let mut below = sandbox.command(&ARGS);
    let output = below
        .current_dir(sandbox.path("src"))
        .output()
        .expect("runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("1 finding in 1 file"), "{told}");
    // New files are wholly of the branch.
    sandbox.write("new.js", PAY_JS);
    let ran = sandbox.run(&ARGS).exits(1);
    assert!(ran.stdout.contains("new.js:4:5"), "{ran:?}");
}

#[test]
fn only_touched_functions_are_fixed() {
    let sandbox = branch();
    let text = pay_twice().replacen("to.balance += amount;", "to.balance += amount * 1;", 1);
    sandbox.write("src/pay.js", &text);
    let ran = sandbox.run(&["--yes", "--diff-base", "main"]).exits(0);
    assert!(
        ran.stderr.contains("fixed 1 finding in 1 file, 0 remain"),
        "{ran:?}"
    );
    let fixed = sandbox.text("src/pay.js");
    let (touched, other) = fixed.split_once("transferBack").expect("there");
    assert!(
        touched.contains("finally") && !other.contains("finally"),
        "{fixed}"
    );
    assert_eq!(sandbox.text("old.js"), PAY_JS);
}

#[test]
fn what_git_cannot_tell_is_said() {
    let sandbox = branch();
    for (base, message) in [
        ("no-such", "git knows no revision `no-such`"),
        ("--output=x", "`--output=x` is no revision"),
    ] {
        let option = format!("--diff-base={base}");
        let ran = sandbox.run(&["--dry-run", &option]).exits(2);
        assert!(ran.stderr.contains(message), "{ran:?}");
    }
    let plain = Sandbox::new(&[("pay.js", PAY_JS)]);
    let ran = plain.run(&ARGS).exits(2);
    assert!(
        ran.stderr.contains("--diff-base needs a git working tree"),
        "{ran:?}"
    );
    let mut without = plain.command(&ARGS);
    let output = without.env("PATH", plain.root()).output().expect("runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("cannot run git"), "{told}");
    let ran = plain.run(&["-", "--diff-base", "main"]).exits(2);
    assert!(ran.stderr.contains("--diff-base is about files"), "{ran:?}");
}
