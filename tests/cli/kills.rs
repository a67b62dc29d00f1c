//! A run that is killed at any moment leaves each file whole, and the next one clears up after it.

use crate::faults::{fixed, temporaries};
use crate::support::{PAY_JS, Sandbox};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Every such file has a second name, so that it is written in place.
const LINKED: usize = 50;

/// How many files there are, and how often the run over them is killed. For more:
/// `LOCKFIX_KILLS=1000 cargo test --test cli kills`.
fn files_and_kills() -> (usize, usize) {
    match std::env::var("LOCKFIX_KILLS") {
        Ok(number) => (2_000, number.parse().expect("LOCKFIX_KILLS is a number")),
        Err(_) => (200, 4),
    }
}

/// Numbers without order, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

fn name(at: usize) -> PathBuf {
    PathBuf::from(format!("{}/{at}.js", at % 20))
}

/// Gives the files their old text again.
fn reset(sandbox: &Sandbox, files: usize) {
    for at in 0..files {
        sandbox.write(name(at), PAY_JS);
    }
}

/// Puts back what a kill in the middle of a write in place left beside its file.
fn restore(directory: &Path) -> usize {
    let mut restored = 0;
    for entry in fs::read_dir(directory).expect("readable").flatten() {
        let backup = entry.file_name().to_string_lossy().into_owned();
        if let Some((_, original)) = backup.split_once(".backup-") {
            assert_eq!(fs::read(entry.path()).expect("read"), PAY_JS.as_bytes());
            fs::write(directory.join(original), PAY_JS).expect("written");
            fs::remove_file(entry.path()).expect("removed");
            restored += 1;
        }
    }
    restored
}

#[test]
fn a_kill_at_any_moment_tears_nothing() {
    let (files, kills) = files_and_kills();
    let sandbox = Sandbox::new::<&str>(&[]);
    reset(&sandbox, files);
    let links = Sandbox::new::<&str>(&[]);
    for at in (0..files).step_by(LINKED) {
        let link = links.path(format!("{at}.js"));
        fs::hard_link(sandbox.path(name(at)), link).expect("linked");
    }
    let fixed = fixed();
    let begun = Instant::now();
    sandbox.run(&["--yes"]).exits(0);
    let whole = begun.elapsed();
    reset(&sandbox, files);
    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut cut_short, mut left, mut backups) = (0, 0, 0);
    for kill in 0..kills {
        let mut command = sandbox.command(&["--yes", "--quiet"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("starts");
        let micros = u64::try_from(whole.as_micros()).expect("short");
        std::thread::sleep(Duration::from_micros(random.below(micros)));
        child.kill().expect("killed");
        let status = child.wait().expect("ended");
        cut_short += usize::from(status.code().is_none());
        for directory in 0..20 {
            backups += restore(&sandbox.path(directory.to_string()));
        }
        let mut new = 0;
        for at in 0..files {
            let text = sandbox.text(name(at));
            assert!(
                text == PAY_JS || text == fixed,
                "kill {kill}: {at}.js is torn:\n{text}"
            );
            new += usize::from(text == fixed);
        }
        left += temporaries(sandbox.root()).len();
        if new > files / 2 {
            reset(&sandbox, files);
        }
    }
    eprintln!(
        "{cut_short} runs cut short, {left} temporary files and {backups} backups left by them"
    );
    assert!(
        cut_short > 0,
        "each run came to its end before it was killed"
    );
    reset(&sandbox, files);
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(temporaries(sandbox.root()), [""; 0]);
}
