//! Commands that answer questions.

use crate::support::Sandbox;

fn answer(args: &[&str]) -> String {
    Sandbox::new::<&str>(&[]).run(args).exits(0).stdout
}

#[test]
fn a_rule_is_explained_in_the_languages_asked_for() {
    let page = answer(&["explain", "leak-on-exit", "--lang", "go"]);
    assert!(page.starts_with("# leak-on-exit\n"), "{page}");
    assert!(page.contains("\tdefer h.mu.Unlock()\n"), "{page}");
    assert!(!page.contains("```python"), "{page}");
}

#[test]
fn a_mistyped_rule_gets_a_hint() {
    let ran = Sandbox::new::<&str>(&[]).run(&["explain", "leak-on-exti"]);
    let ran = ran.exits(2);
    assert!(
        ran.stderr.contains("did you mean `leak-on-exit`?"),
        "{ran:?}"
    );
}

#[test]
fn words_that_take_a_lock_are_listed_one_a_line() {
    let list = answer(&["locks", "--words", "--lang", "go"]);
    let words: Vec<&str> = list.lines().collect();
    assert!(
        words.contains(&"Lock") && words.contains(&"RLock"),
        "{list}"
    );
    assert!(words.is_sorted() && !words.contains(&"Unlock"), "{list}");
    assert!(answer(&["locks", "--words"]).lines().count() > words.len());
}

#[test]
fn locks_are_listed_by_language() {
    let list = answer(&["locks", "--lang", "python"]);
    assert!(list.contains("\npython, threading: Lock\n"), "{list}");
    assert!(list.contains("  release  $LOCK.release()\n"), "{list}");
    assert!(!list.contains("\ngo, "), "{list}");
}

#[test]
fn forms_are_listed() {
    let list = answer(&["forms"]);
    assert!(
        list.lines().any(|line| line.starts_with("try-finally ")),
        "{list}"
    );
}

#[test]
fn shells_and_man_get_what_they_read() {
    let script = answer(&["completions", "bash"]);
    assert!(
        script.contains("--dry-run") && script.contains("complete "),
        "{script}"
    );
    let page = answer(&["man"]);
    assert!(page.contains(".TH lockfix 1"), "{page}");
}

#[test]
fn a_directory_of_a_commands_name_is_reached_by_its_path() {
    let sandbox = Sandbox::new(&[("forms/a.js", "f();\n")]);
    let ran = sandbox.run(&["--dry-run", "./forms"]).exits(0);
    assert!(ran.stderr.contains("1 file looked at"), "{ran:?}");
}

#[test]
fn a_mistyped_command_gets_a_hint() {
    let sandbox = Sandbox::new(&[("undoo", "")]);
    for (typed, meant) in [("explian", "explain"), ("lock", "locks")] {
        let ran = sandbox.run(&[typed, "leak-on-exit"]).exits(2);
        let hint = format!("did you mean `lockfix {meant}`?");
        assert!(ran.stderr.contains(&hint), "{ran:?}");
    }
    // What is there, and what is like nothing, is taken for a path.
    sandbox.run(&["--dry-run", "undoo"]).exits(0);
    let ran = sandbox.run(&["--dry-run", "src/lib"]).exits(2);
    assert!(
        ran.stderr.contains("src/lib: there is no such file"),
        "{ran:?}"
    );
}

#[test]
fn without_a_rule_all_are_listed() {
    let list = answer(&["explain"]);
    let line = "manual-release      The lock is released by hand";
    assert!(list.lines().any(|one| one.starts_with(line)), "{list}");
    assert_eq!(list.lines().count(), 7, "{list}");
}
