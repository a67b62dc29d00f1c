//! The completion scripts, in the shells that they are for.

use crate::support::{Sandbox, skipped};
use expectrl::session::OsSession;
use expectrl::{Expect, Regex};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a line becomes when it is completed: commands, options, values of options and arguments, paths.
const COMPLETED: [(&str, &str); 8] = [
    ("lockfix expl", "explain"),
    ("lockfix --dr", "--dry-run"),
    ("lockfix --format juni", "junit"),
    ("lockfix --select leak-on-exi", "leak-on-exit"),
    ("lockfix --lang pyth", "python"),
    ("lockfix explain acq", "acquire-inside-try"),
    ("lockfix undo --dr", "--dry-run"),
    ("lockfix telling.js --exit", "--exit-zero"),
];

fn has(shell: &str) -> bool {
    let there = Command::new(shell).arg("--version").output().is_ok();
    if !there {
        skipped(&format!("no {shell} found (run scripts/setup)"));
    }
    there
}

fn sandbox(shell: &str, file: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("telling.js", "f();\n")]);
    let script = sandbox.run(&["completions", shell]).exits(0).stdout;
    sandbox.write(file, script);
    sandbox
}

#[test]
fn bash_completes() {
    let sandbox = sandbox("bash", "script");
    for (line, wanted) in COMPLETED {
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.len() - 1;
        let script = format!(
            "source ./script; COMP_WORDS=({line}); COMP_CWORD={at}; \
             _lockfix lockfix \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at} - 1]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let mut command = Command::new("bash");
        let output = command
            .args(["-c", &script])
            .current_dir(sandbox.root())
            .output();
        let offered = String::from_utf8(output.expect("bash").stdout).expect("text");
        assert_eq!(offered.trim(), wanted, "{line}");
    }
}

#[test]
fn fish_completes() {
    if !has("fish") {
        return;
    }
    let sandbox = sandbox("fish", "script");
    for (line, wanted) in COMPLETED
        .into_iter()
        .chain([("lockfix tell", "telling.js")])
    {
        let mut command = Command::new("fish");
        command
            .args(["--no-config", "--command"])
            .arg(format!("source script; complete --do-complete '{line}'"));
        let output = command.current_dir(sandbox.root()).output();
        let offered = String::from_utf8(output.expect("fish").stdout).expect("text");
        // What it is stands behind a tab.
        let names: Vec<&str> = offered
            .lines()
            .filter_map(|offer| offer.split('\t').next())
            .collect();
        assert_eq!(names, [wanted], "{line}");
    }
}

#[test]
fn zsh_completes() {
    if !has("zsh") {
        return;
    }
    let sandbox = sandbox("zsh", "_lockfix");
    for (line, wanted) in COMPLETED
        .into_iter()
        .chain([("lockfix tell", "telling.js")])
    {
        let completed = completed_by_zsh(sandbox.root(), line);
        let begun = line.rsplit_once(' ').expect("words").0;
        assert_eq!(completed, format!("{begun} {wanted}"), "{line}");
    }
}

/// The line after the key that completes it, as zsh itself has it.
fn completed_by_zsh(folder: &Path, line: &str) -> String {
    let mut command = Command::new("zsh");
    command
        .args(["-f", "-i"])
        .current_dir(folder)
        .env("TERM", "dumb");
    let mut session = OsSession::spawn(command).expect("starts");
    session.set_expect_timeout(Some(Duration::from_secs(60)));
    // Ctrl-X prints what stands in the line.
    let setup = "fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; \
                 show() { print -r -- \"<$BUFFER>\"; }; zle -N show; bindkey '^X' show; print rea''dy";
    session.send_line(setup).expect("sent");
    session.expect("ready").expect("the shell is set up");
    session.send(format!("{line}\t\u{18}")).expect("sent");
    let found = session.expect(Regex("<lockfix[^>]*>")).expect("the line");
    let text = String::from_utf8_lossy(found.get(0).expect("matched")).into_owned();
    text.trim_matches(['<', '>']).trim_end().to_owned()
}
