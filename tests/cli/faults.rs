//! --yes among paths that are no plain files, on a disk that is full, and beside others who write.
//! After each, every file has its old bytes or its new ones, and nothing else is there.

use crate::support::{PAY_JS, Ran, Sandbox};
use rustix::fs::{CWD, FileType, Mode};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `--yes` makes of [`PAY_JS`].
pub fn fixed() -> String {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    sandbox.run(&["--yes"]).exits(0);
    sandbox.text("pay.js")
}

/// The names of temporary files below `directory`.
pub fn temporaries(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().expect("known").is_dir() {
            found.extend(temporaries(&entry.path()));
        } else if name.starts_with(".lockfix-") {
            found.push(name);
        }
    }
    found
}

fn node(path: &Path, kind: FileType) -> bool {
    let null = rustix::fs::makedev(1, 3);
    rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(0o666), null).is_ok()
}

#[test]
fn fifos_sockets_and_devices_are_passed_over() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    assert!(node(&sandbox.path("fifo.js"), FileType::Fifo));
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("socket.js")).expect("bound");
    // Only root may make one; the others are there all the same.
    node(&sandbox.path("device.js"), FileType::CharacterDevice);
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(sandbox.text("pay.js"), fixed());
    let named = sandbox
        .run(&["--yes", "-v", "fifo.js", "socket.js"])
        .exits(0);
    for name in ["fifo.js", "socket.js"] {
        let told = format!("skipped {name}: not-a-regular-file");
        assert!(named.stderr.contains(&told), "{}", named.stderr);
    }
}

#[test]
fn links_in_a_tree_lead_nowhere_else_and_loops_end() {
    let elsewhere = Sandbox::new(&[("real.js", PAY_JS)]);
    let sandbox = Sandbox::new(&[("sub/pay.js", PAY_JS)]);
    symlink(elsewhere.path("real.js"), sandbox.path("out.js")).expect("linked");
    symlink(elsewhere.root(), sandbox.path("outside")).expect("linked");
    symlink("..", sandbox.path("sub/up")).expect("linked");
    symlink("loop.js", sandbox.path("loop.js")).expect("linked");
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(sandbox.text("sub/pay.js"), fixed());
    assert_eq!(elsewhere.text("real.js"), PAY_JS);
    let named = sandbox.run(&["--yes", "loop.js", "sub"]).exits(2);
    assert!(named.stderr.contains("loop.js"), "{}", named.stderr);
    assert!(sandbox.path("out.js").is_symlink());
}

#[test]
fn names_of_one_file_are_one_file() {
    let sandbox = Sandbox::new(&[("a.js", PAY_JS)]);
    fs::hard_link(sandbox.path("a.js"), sandbox.path("b.js")).expect("linked");
    sandbox.run(&["--yes"]).exits(0);
    for name in ["a.js", "b.js"] {
        assert_eq!(sandbox.text(name), fixed());
    }
    assert!(temporaries(sandbox.root()).is_empty());
}

#[test]
fn paths_need_not_be_text() {
    let name = OsStr::from_bytes(b"caf\xe9 \xff\n.js");
    let sandbox = Sandbox::new::<&str>(&[]);
    sandbox.write(name, PAY_JS);
    let shown = sandbox.run(&["--dry-run"]).exits(1);
    assert!(
        shown
            .stdout
            .contains("caf\u{fffd} \u{fffd}\\n.js:4:5  leak-on-exit")
    );
    sandbox
        .run(&["--dry-run", "--format", "json"])
        .exits(1)
        .json();
    sandbox.run(&["--yes"]).exits(0);
    assert_eq!(sandbox.read(name), fixed().into_bytes());
}

#[test]
fn a_giant_is_passed_over_and_a_large_file_is_not() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let giant = fs::File::create(sandbox.path("giant.js")).expect("created");
    giant.set_len(200 << 20).expect("grown");
    let ran = sandbox.run(&["--yes", "-v"]).exits(0);
    assert!(
        ran.stderr.contains("skipped giant.js: too-large"),
        "{}",
        ran.stderr
    );
    sandbox.write("lockfix.toml", "max-size = \"300M\"\n");
    let ran = sandbox.run(&["--yes", "-v"]).exits(0);
    assert!(
        ran.stderr.contains("skipped giant.js: nul-bytes"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        fs::metadata(sandbox.path("giant.js")).expect("there").len(),
        200 << 20
    );
}

#[test]
fn two_runs_over_one_tree_agree() {
    let names: Vec<String> = (0..60).map(|at| format!("{}/{at}.js", at % 7)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), PAY_JS)).collect();
    let sandbox = Sandbox::new(&files);
    let start = || {
        let mut command = sandbox.command(&["--yes"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    };
    let runs = [start(), start()];
    for run in runs {
        let ran: Ran = run.wait_with_output().expect("ends").into();
        // Who comes second finds the file fixed already, or changed since it was read.
        if ran.status != 0 {
            assert_eq!(ran.status, 2, "{}", ran.stderr);
            assert!(ran.stderr.contains("changed on disk after it was analysed"));
        }
    }
    for name in &names {
        assert_eq!(sandbox.text(name), fixed(), "{name}");
    }
    assert_eq!(temporaries(sandbox.root()), [""; 0]);
}

/// A file system of 256 KiB on a directory, as long as this lives.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    /// `None` where this may not be done.
    fn mount(at: &Path) -> Option<SmallDisk<'_>> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=256k", "none"])
            .arg(at);
        let mounted = mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(SmallDisk(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_disk_that_runs_full_leaves_every_file_whole() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let Some(disk) = SmallDisk::mount(sandbox.root()) else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let big = format!("{PAY_JS}{}", "// filler\n".repeat(9_000));
    let big_fixed = big.replace(PAY_JS, &fixed());
    for (name, text) in [("a.js", PAY_JS), ("big.js", &big), ("z.js", PAY_JS)] {
        sandbox.write(name, text);
    }
    fs::hard_link(sandbox.path("big.js"), sandbox.path("same.js")).expect("linked");
    // Less is left than the large file needs a second time.
    sandbox.write("filler.txt", vec![b'x'; 110 << 10]);
    let ran = sandbox.run(&["--yes"]).exits(2);
    assert!(
        ran.stderr.contains("big.js") && ran.stderr.contains("No space left"),
        "{}",
        ran.stderr
    );
    assert!(sandbox.text("big.js") == big);
    assert_eq!(sandbox.text("a.js"), fixed());
    assert_eq!(sandbox.text("z.js"), fixed());
    assert_eq!(temporaries(sandbox.root()), [""; 0]);
    fs::remove_file(sandbox.path("filler.txt")).expect("removed");
    sandbox.run(&["--yes"]).exits(0);
    assert!(sandbox.text("same.js") == big_fixed);
    drop(disk);
}
