//! The interactive mode, on a terminal of its own: every key, and leaving at any time.

use expectrl::process::unix::{Signal, WaitStatus};
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Regex};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const HEAD: &str = "\
const { Mutex } = require('async-mutex');
const m = new Mutex();
";

/// A function that leaks, by name.
fn function(name: &str) -> String {
    format!(
        "async function {name}(from) {{
    await m.acquire();
    if (from.balance < 1) {{
        throw new Error('Insufficient funds');
    }}
    from.balance -= 1;
    m.release();
}}
"
    )
}

/// A file with one leak in each of these functions.
fn file(names: &[&str]) -> String {
    names
        .iter()
        .fold(HEAD.to_owned(), |text, name| text + &function(name))
}

struct Review {
    dir: tempfile::TempDir,
    /// Where the program keeps what it has to remember.
    state: tempfile::TempDir,
    session: Option<OsSession>,
    environment: Vec<(&'static str, String)>,
    /// Of the terminal, if it tells.
    columns: Option<u16>,
}

impl Review {
    /// A directory with these files.
    fn of(files: &[(&str, String)]) -> Review {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            fs::write(dir.path().join(name), text).expect("written");
        }
        Review {
            dir,
            state: tempfile::tempdir().expect("a temporary directory"),
            session: None,
            environment: Vec::new(),
            columns: None,
        }
    }

    fn start(self) -> Review {
        self.again(&[])
    }

    /// Runs the program (again) in the directory.
    fn again(mut self, args: &[&str]) -> Review {
        let program = assert_cmd::cargo::cargo_bin!("lockfix");
        let mut command = match self.columns {
            None => Command::new(program),
            Some(columns) => {
                let mut shell = Command::new("sh");
                // Not before the terminal has the size that it begins with.
                let script = format!("read -r _; stty cols {columns}; exec \"$0\" \"$@\"");
                shell.args(["-c", &script]).arg(program);
                shell
            }
        };
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("TERM", "xterm")
            .env("XDG_STATE_HOME", self.state.path())
            .env_remove("NO_COLOR")
            .env_remove("VISUAL")
            .envs(self.environment.drain(..));
        let mut session = OsSession::spawn(command).expect("starts");
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        if self.columns.is_some() {
            session.send_line("").expect("sent");
        }
        self.session = Some(session);
        self
    }

    /// An editor that is this shell script; `$1` is an option, `$2` the file.
    fn with_editor(mut self, script: &str) -> Review {
        let path = self.dir.path().join("editor.sh");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("mode set");
        let command = format!("'{}' --wait", path.display());
        self.environment.push(("EDITOR", command));
        self
    }

    fn session(&mut self) -> &mut OsSession {
        self.session.as_mut().expect("started")
    }

    #[track_caller]
    fn sees(&mut self, text: &str) {
        if let Err(error) = self.session().expect(text) {
            let sent = self.session().check(Regex("(?s).*"));
            let sent = sent.map(|sent| String::from_utf8_lossy(sent.as_bytes()).into_owned());
            panic!("waiting for {text:?}: {error}; there is {sent:?}");
        }
    }

    /// Waits for a question that stands at `position`, then presses a key. While the look ahead goes
    /// on, the question may say `3+` where it will be `5`.
    #[track_caller]
    fn answers(&mut self, position: &str, key: &str) {
        let numbers: Vec<&str> = position.split(" of ").collect();
        let [question, of_and_file, files] = numbers[..] else {
            panic!("{position:?} is no position");
        };
        let (questions, file) = of_and_file.split_once(", file ").expect("a file");
        let place = format!(
            r"· {question} of ({questions}|\d+\+), file {file} of ({files}|\d+\+)(  |\r\n)"
        );
        if let Err(error) = self.session().expect(Regex(&place)) {
            panic!("waiting for {place:?}: {error}");
        }
        self.sees("?]");
        self.session().send(key).expect("sent");
    }

    #[track_caller]
    fn ends_with(&mut self, status: i32) {
        let session = self.session();
        session.expect(Eof).expect("the end");
        let ended = session.get_process().wait().expect("ended");
        assert_eq!(code(ended), Some(status));
        assert!(self.leftovers().is_empty(), "{:?}", self.leftovers());
    }

    fn leftovers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).expect("readable");
        let paths = entries.map(|entry| entry.expect("readable").path());
        paths
            .filter(|path| path.to_string_lossy().contains("/.lockfix"))
            .collect()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).expect("read")
    }

    /// Which of the functions are fixed.
    fn fixed(&self, name: &str) -> Vec<String> {
        let text = self.read(name);
        text.split("async function ")
            .skip(1)
            .filter(|function| function.contains("finally"))
            .map(|function| function.split('(').next().expect("a name").to_owned())
            .collect()
    }
}

/// The exit status. `None`: ended by a signal.
fn code(ended: WaitStatus) -> Option<i32> {
    match ended {
        WaitStatus::Exited(_, code) => Some(code),
        _ => None,
    }
}

fn two_files() -> Review {
    Review::of(&[
        ("1.js", file(&["a", "b", "c"])),
        ("2.js", file(&["d", "e"])),
    ])
    .start()
}

#[test]
fn questions_begin_while_the_walk_goes_on() {
    let review = Review::of(&[("1.js", file(&["a"]))]);
    let below = review.dir.path().join("z");
    fs::create_dir(&below).expect("made");
    fs::write(below.join("2.js"), file(&["b"])).expect("written");
    // Who reads it waits until somebody writes to it.
    let ignore_file = below.join(".gitignore");
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &ignore_file, kind, mode, 0).expect("a FIFO");
    let mut review = review.start();
    review.sees("· 1 of 1+, file 1 of 1+");
    fs::write(&ignore_file, "").expect("written");
    review.session().send("n").expect("sent");
    review.answers("2 of 2, file 2 of 2", "n");
    review.ends_with(1);
}

#[test]
fn a_question_shows_place_excerpt_and_diff() {
    let mut review = Review::of(&[("1.js", file(&["a"]))]).start();
    review.sees("1.js:4:5");
    review.sees("leak-on-exit");
    review.sees("leaves with `m` held");
    review.sees("--- a/1.js");
    review.sees("finally");
    review.sees("Apply this fix?");
    review.sees("try-finally, safe · 1 of 1, file 1 of 1");
    review.sees("[y,n,a,d,A,r,l,o,e,k,q,?]");
    review.session().send("y").expect("sent");
    review.sees("fixed 1 finding in 1 file, 0 remain");
    review.ends_with(0);
    assert_eq!(review.fixed("1.js"), ["a"]);
}

#[test]
fn y_applies_and_n_skips() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "n");
    review.answers("2 of 5, file 1 of 2", "y");
    review.answers("3 of 5, file 1 of 2", "n");
    review.answers("4 of 5, file 2 of 2", "y");
    review.answers("5 of 5, file 2 of 2", "n");
    review.sees("fixed 2 findings in 2 files, 3 remain");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["b"]);
    assert_eq!(review.fixed("2.js"), ["d"]);
}

#[test]
fn what_is_accepted_is_written_at_once() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.sees("· 2 of 5, file 1 of 2");
    assert_eq!(review.fixed("1.js"), ["a"]);
    review.session().send("q").expect("sent");
    review.ends_with(1);
}

#[test]
fn a_applies_the_rest_of_the_file_and_asks_on_in_the_next() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "n");
    review.answers("2 of 5, file 1 of 2", "a");
    review.answers("4 of 5, file 2 of 2", "n");
    review.answers("5 of 5, file 2 of 2", "n");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["b", "c"]);
    assert!(review.fixed("2.js").is_empty());
}

#[test]
fn d_leaves_the_rest_of_the_file() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.answers("2 of 5, file 1 of 2", "d");
    review.answers("4 of 5, file 2 of 2", "y");
    review.answers("5 of 5, file 2 of 2", "y");
    review.sees("fixed 3 findings in 2 files, 2 remain");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["a"]);
    assert_eq!(review.fixed("2.js"), ["d", "e"]);
}

#[test]
fn capital_a_applies_everything_from_here_on() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "n");
    review.answers("2 of 5, file 1 of 2", "A");
    review.sees("fixed 4 findings in 2 files, 1 remains");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["b", "c"]);
    assert_eq!(review.fixed("2.js"), ["d", "e"]);
}

#[test]
fn only_files_with_a_question_are_counted() {
    let reported =
        format!("{HEAD}async function z(work) {{\n    await m.acquire();\n    work();\n}}\n");
    let mut review = Review::of(&[
        ("1.js", reported.clone()),
        ("2.js", file(&["a"])),
        ("3.js", reported),
        ("4.js", file(&["b"])),
    ])
    .start();
    review.sees("never-released");
    review.answers("1 of 2, file 1 of 2", "n");
    review.answers("2 of 2, file 2 of 2", "k");
    review.answers("1 of 2, file 1 of 2", "y");
    review.answers("2 of 2, file 2 of 2", "y");
    review.sees("fixed 2 findings in 2 files, 2 remain");
    review.ends_with(1);
}

#[test]
fn o_goes_round_the_forms() {
    let mut review = Review::of(&[("1.js", file(&["a"]))]).start();
    review.sees("try-finally, safe · 1 of 1, file 1 of 1");
    review.session().send("o").expect("sent");
    review.sees("--- a/1.js");
    review.sees("Apply this fix?");
    review.sees("(form 2 of ");
    review.sees(", safe · 1 of 1, file 1 of 1");
    review.session().send("y").expect("sent");
    review.ends_with(0);
    let text = review.read("1.js");
    assert_ne!(text, file(&["a"]));
    // The next form, and not the first.
    assert!(
        !text.contains("const release = await m.acquire();\n    try {"),
        "{text}"
    );
}

#[test]
fn e_writes_what_the_editor_saved() {
    let script = "sed -i 's/Insufficient funds/edited by hand/' \"$2\"; test \"$1\" = --wait";
    let mut review = Review::of(&[("1.js", file(&["a", "b"]))])
        .with_editor(script)
        .start();
    review.answers("1 of 2, file 1 of 1", "e");
    review.answers("2 of 2, file 1 of 1", "y");
    review.ends_with(0);
    assert_eq!(review.fixed("1.js"), ["a", "b"]);
    assert_eq!(review.read("1.js").matches("edited by hand").count(), 2);
}

#[test]
fn an_editor_that_replaces_the_file_is_no_problem() {
    let script = "sed 's/Insufficient funds/replaced/' \"$2\" > \"$2.new\" && mv \"$2.new\" \"$2\"";
    let mut review = Review::of(&[("1.js", file(&["a"]))])
        .with_editor(script)
        .start();
    review.answers("1 of 1, file 1 of 1", "e");
    review.ends_with(0);
    assert!(review.read("1.js").contains("replaced"));
}

#[test]
fn an_edit_that_does_not_parse_is_asked_about() {
    let mut review = Review::of(&[("1.js", file(&["a"]))])
        .with_editor("echo 'function (' >> \"$2\"")
        .start();
    review.answers("1 of 1, file 1 of 1", "e");
    review.sees("syntax error");
    review.sees("Edit it again?");
    review.session().send("n").expect("sent");
    review.answers("1 of 1, file 1 of 1", "n");
    review.ends_with(1);
    assert_eq!(review.read("1.js"), file(&["a"]));
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let mut review = Review::of(&[("1.js", file(&["a"]))])
        .with_editor("exit 3")
        .start();
    review.answers("1 of 1, file 1 of 1", "e");
    review.sees("failed (exit status: 3)");
    review.answers("1 of 1, file 1 of 1", "q");
    review.ends_with(1);
    assert_eq!(review.read("1.js"), file(&["a"]));
}

#[test]
fn q_keeps_what_was_accepted() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.answers("2 of 5, file 1 of 2", "q");
    review.sees("fixed 1 finding in 1 file, 4 remain");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["a"]);
    assert_eq!(review.read("2.js"), file(&["d", "e"]));
}

#[test]
fn ctrl_c_and_ctrl_d_quit_and_keep_what_was_accepted() {
    for key in ["\u{3}", "\u{4}"] {
        let mut review = two_files();
        review.answers("1 of 5, file 1 of 2", "y");
        review.answers("2 of 5, file 1 of 2", key);
        review.session().expect(Eof).expect("the end");
        let ended = review.session().get_process().wait().expect("ended");
        // Ctrl-C is a signal until the terminal hands over single keys.
        assert!(matches!(code(ended), Some(1) | None), "{ended:?}");
        assert!(review.leftovers().is_empty());
        assert_eq!(review.fixed("1.js"), ["a"]);
    }
}

#[test]
fn a_signal_ends_the_review_and_keeps_what_was_accepted() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.sees("· 2 of 5, file 1 of 2");
    let process = review.session().get_process().pid().as_raw();
    let process = rustix::process::Pid::from_raw(process).expect("a process");
    rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("sent");
    review.session().expect(Eof).expect("the end");
    let ended = review.session().get_process().wait().expect("ended");
    assert!(
        matches!(ended, WaitStatus::Signaled(_, Signal::SIGTERM, _)),
        "{ended:?}"
    );
    assert_eq!(review.fixed("1.js"), ["a"]);
    assert!(review.leftovers().is_empty());
}

#[test]
fn help_and_other_keys_ask_again() {
    let mut review = Review::of(&[("1.js", file(&["a"]))]).start();
    review.answers("1 of 1, file 1 of 1", "?");
    review.sees("quit; what was applied stays");
    review.answers("1 of 1, file 1 of 1", "x");
    review.sees("Press one of the keys in brackets");
    review.answers("1 of 1, file 1 of 1", "\r");
    review.answers("1 of 1, file 1 of 1", "n");
    review.ends_with(1);
    assert_eq!(review.read("1.js"), file(&["a"]));
}

#[test]
fn a_file_that_changes_under_the_question_is_looked_at_again() {
    let mut review = Review::of(&[("1.js", file(&["a", "b"]))]).start();
    review.sees("· 1 of 2, file 1 of 1");
    let changed = format!("// somebody else's line\n{}", file(&["a", "b"]));
    fs::write(review.dir.path().join("1.js"), &changed).expect("written");
    review.session().send("y").expect("sent");
    review.sees("It changed on disk meanwhile");
    review.sees("1.js:5:5");
    review.answers("1 of 2, file 1 of 1", "y");
    review.answers("2 of 2, file 1 of 1", "n");
    review.ends_with(1);
    assert!(review.read("1.js").starts_with("// somebody else's line\n"));
    assert_eq!(review.fixed("1.js"), ["a"]);
}

#[test]
fn nothing_found_asks_nothing() {
    let mut review = Review::of(&[("1.js", HEAD.to_owned())]).start();
    review.sees("nothing found (1 file looked at)");
    review.ends_with(0);
}

#[test]
fn a_read_only_file_is_an_error_and_the_next_is_asked_about() {
    let mut review = Review::of(&[("1.js", file(&["a"])), ("2.js", file(&["d"]))]);
    let path = review.dir.path().join("1.js");
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("mode set");
    review = review.start();
    review.answers("1 of 2, file 1 of 2", "y");
    review.sees("1.js: it is read-only");
    review.answers("2 of 2, file 2 of 2", "y");
    review.ends_with(2);
    assert_eq!(review.fixed("2.js"), ["d"]);
}

#[test]
fn k_goes_back_and_takes_the_answer_back() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "k");
    review.sees("This is the first question.");
    review.answers("1 of 5, file 1 of 2", "y");
    review.sees("· 2 of 5, file 1 of 2");
    assert_eq!(review.fixed("1.js"), ["a"]);
    review.session().send("k").expect("sent");
    review.sees("· 1 of 5, file 1 of 2");
    assert_eq!(review.read("1.js"), file(&["a", "b", "c"]));
    review.session().send("n").expect("sent");
    review.answers("2 of 5, file 1 of 2", "y");
    review.answers("3 of 5, file 1 of 2", "n");
    // Into the file before, past an answer that was no.
    review.answers("4 of 5, file 2 of 2", "k");
    review.answers("3 of 5, file 1 of 2", "y");
    review.answers("4 of 5, file 2 of 2", "d");
    review.sees("fixed 2 findings in 1 file, 3 remain");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["b", "c"]);
}

#[test]
fn going_back_into_a_file_that_was_left_asks_on_where_it_was_left() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.answers("2 of 5, file 1 of 2", "d");
    review.answers("4 of 5, file 2 of 2", "k");
    review.answers("2 of 5, file 1 of 2", "a");
    review.answers("4 of 5, file 2 of 2", "k");
    // The last of those that were applied without a question.
    review.answers("3 of 5, file 1 of 2", "q");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["a", "b"]);
}

#[test]
fn what_others_changed_is_not_taken_back() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "y");
    review.sees("· 2 of 5, file 1 of 2");
    let changed = review.read("1.js") + "// more\n";
    fs::write(review.dir.path().join("1.js"), &changed).expect("written");
    review.session().send("k").expect("sent");
    review.sees("What was applied stays: it changed on disk");
    review.answers("2 of 5, file 1 of 2", "q");
    review.ends_with(1);
    assert_eq!(review.read("1.js"), changed);
}

#[test]
fn rules_and_locks_can_be_left_for_good() {
    let throws =
        "async function x() {\n    await m.acquire();\n    await work();\n    m.release();\n}\n";
    let other = function("o").replace("m.", "n.");
    let text = format!(
        "{}const n = new Mutex();\n{throws}{}{other}",
        file(&["a"]),
        function("b")
    );
    let text = || text.clone();
    let mut review = Review::of(&[("1.js", text())]).start();
    review.answers("1 of 4, file 1 of 1", "r");
    review.sees("leak-on-exception");
    review.answers("2 of 4, file 1 of 1", "k");
    review.answers("1 of 4, file 1 of 1", "r");
    review.answers("2 of 4, file 1 of 1", "y");
    review.sees("fixed 1 finding in 1 file, 3 remain");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["x"]);
    let mut review = Review::of(&[("1.js", text())]).start();
    review.answers("1 of 4, file 1 of 1", "l");
    review.answers("4 of 4, file 1 of 1", "y");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["o"]);
}

#[test]
fn a_review_that_was_quit_goes_on_where_it_was() {
    let mut review = two_files();
    review.answers("1 of 5, file 1 of 2", "n");
    review.answers("2 of 5, file 1 of 2", "y");
    review.answers("3 of 5, file 1 of 2", "q");
    review.ends_with(1);
    let mut review = review.again(&["--resume"]);
    review.answers("1 of 3, file 1 of 2", "n");
    review.answers("2 of 3, file 2 of 2", "q");
    review.ends_with(1);
    // What was left before that is still known.
    let mut review = review.again(&["--resume"]);
    review.answers("1 of 2, file 1 of 1", "y");
    review.answers("2 of 2, file 1 of 1", "n");
    review.ends_with(1);
    assert_eq!(review.fixed("1.js"), ["b"]);
    assert_eq!(review.fixed("2.js"), ["d"]);
    // It came to its end: a new one asks about everything.
    let mut review = review.again(&["--resume"]);
    review.sees("there is no review to go on with");
    review.answers("1 of 3, file 1 of 2", "q");
    review.ends_with(1);
}

#[test]
fn excerpts_fit_the_terminal() {
    let long = function("a").replace(
        "throw new Error(",
        &format!("throw new Error('{}' + ", "x".repeat(200)),
    );
    let mut review = Review::of(&[("1.js", format!("{HEAD}{long}"))]);
    review.columns = Some(60);
    let mut review = review.start();
    review.sees("        throw new Error('xxx");
    review.sees("x…");
    review.sees("leaves with `m` held");
    review.answers("1 of 1, file 1 of 1", "q");
    review.ends_with(1);
}

#[test]
fn nothing_breaks_within_a_word_where_the_terminal_is_narrow() {
    let mut review = Review::of(&[("1.js", file(&["a"]))]);
    review.environment.push(("NO_COLOR", "1".to_owned()));
    review.columns = Some(44);
    let mut review = review.start();
    review.sees("1.js:4:5  leak-on-exit  `m` stays locked\r\n    when line 6 throws\r\n");
    review.sees("━\r\n     │         leaves with `m` held\r\n");
    review.sees("file 1 of 1\r\n[y,n,a,d,A,r,l,o,e,k,q,?] ");
    review.session().send("q").expect("sent");
    review.ends_with(1);
    let mut review = Review::of(&[("1.js", file(&["a"]))]);
    review.columns = Some(120);
    let mut review = review.start();
    review.answers("1 of 1, file 1 of 1", "n");
    review.ends_with(1);
}

#[test]
fn code_has_colours_and_what_only_moved_stands_back() {
    const MAGENTA: &str = "\u{1b}[35m";
    const GREEN: &str = "\u{1b}[32m";
    const DIMMED: &str = "\u{1b}[2m";
    const PLAIN: &str = "\u{1b}[0m";
    let mut review = Review::of(&[("1.js", file(&["a"]))]).start();
    review.sees(&format!(
        " {MAGENTA}async{PLAIN} {MAGENTA}function{PLAIN} a"
    ));
    // Removed here, and added again further in.
    review.sees(&format!("{DIMMED} Error("));
    review.sees(&format!("{GREEN}+{PLAIN}            {MAGENTA}throw{PLAIN}"));
    // New.
    review.sees(&format!("{GREEN}+{PLAIN}{GREEN}    }} {PLAIN}"));
    review.answers("1 of 1, file 1 of 1", "n");
    review.ends_with(1);
}

#[test]
fn without_colour_nothing_but_text_is_sent() {
    let mut review = Review::of(&[("1.js", file(&["a"]))]);
    review.environment.push(("NO_COLOR", "1".to_owned()));
    let mut review = review.start();
    review.session().send("?n").expect("sent");
    let sent = review.session().expect(Eof).expect("the end");
    let sent = String::from_utf8_lossy(sent.as_bytes()).into_owned();
    assert!(!sent.contains('\u{1b}'), "{sent:?}");
    // What the finding is about stands out all the same.
    assert!(sent.contains("━━━ leaves with `m` held"), "{sent}");
    assert!(sent.contains("─── released only here"), "{sent}");
}

#[test]
fn the_end_says_what_remains_and_what_can_be_done_about_it() {
    let lost = "let n = new Mutex();
async function lost() {
    await n.acquire();
    n = await other();
    n.release();
}
";
    let mut review = Review::of(&[("1.js", file(&["a", "b", "c"]) + lost)]).start();
    review.answers("1 of 3, file 1 of 1", "y");
    review.answers("2 of 3, file 1 of 1", "k");
    review.sees("Taken back; 1.js is as it was before.");
    review.answers("1 of 3, file 1 of 1", "y");
    review.answers("2 of 3, file 1 of 1", "n");
    review.answers("3 of 3, file 1 of 1", "q");
    review.sees("fixed 1 finding in 1 file, 3 remain (1 file looked at)\r\n");
    review.sees("of those that remain, 1 was left, 1 has no fix, 1 was not asked about\r\n");
    review
        .sees("`lockfix --resume` asks about the rest; `lockfix undo` takes back what was written");
    review.ends_with(1);
    let mut review = Review::of(&[("1.js", file(&["a"]))]).start();
    review.answers("1 of 1, file 1 of 1", "y");
    review.sees("0 remain (1 file looked at)\r\n`lockfix undo` takes back what was written\r\n");
    review.ends_with(0);
}

#[test]
fn another_form_is_offered_only_where_there_is_one() {
    let go = "package a

import \"sync\"

var mu sync.Mutex

func one(quick bool) {
\tmu.Lock()
\tif quick {
\t\treturn
\t}
\tmu.Unlock()
}
";
    let mut review = Review::of(&[("1.go", go.to_owned())]).again(&["--form", "defer"]);
    review.sees("[y,n,a,d,A,r,l,e,k,q,?]");
    review.session().send("o").expect("sent");
    review.sees("There is no other form.");
    review.answers("1 of 1, file 1 of 1", "y");
    review.ends_with(0);
}
