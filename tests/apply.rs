//! Writing, under every condition that has cost users of other tools their files.

use lockfix::apply::{WriteError, Writer};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new text\n";

fn replace(path: &Path) -> Result<(), WriteError> {
    Writer::default().replace(path, OLD, NEW)
}

fn temp_dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("readable")
        .map(|entry| {
            let entry = entry.expect("readable");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
}

#[test]
fn replaces_the_content_and_keeps_the_mode() {
    let dir = temp_dir();
    let file = dir.path().join("a.js");
    fs::write(&file, OLD).expect("written");
    set_mode(&file, 0o4751);
    replace(&file).expect("replaced");
    assert_eq!(fs::read(&file).expect("read"), NEW);
    assert_eq!(fs::metadata(&file).expect("there").mode() & 0o7777, 0o4751);
    assert_eq!(names(dir.path()), ["a.js"]);
}

#[test]
fn writes_through_a_symlink_that_leads_out_of_the_tree() {
    let (tree, elsewhere) = (temp_dir(), temp_dir());
    let target = elsewhere.path().join("real.js");
    fs::write(&target, OLD).expect("written");
    let middle = tree.path().join("middle.js");
    let link = tree.path().join("link.js");
    symlink(&target, &middle).expect("linked");
    symlink("middle.js", &link).expect("linked");
    replace(&link).expect("replaced");
    assert_eq!(fs::read(&target).expect("read"), NEW);
    assert_eq!(
        fs::read_link(&link).expect("a link"),
        Path::new("middle.js")
    );
    assert_eq!(fs::read_link(&middle).expect("a link"), target);
}

#[test]
fn a_loop_of_symlinks_is_an_error() {
    let dir = temp_dir();
    let (a, b) = (dir.path().join("a.js"), dir.path().join("b.js"));
    symlink(&b, &a).expect("linked");
    symlink(&a, &b).expect("linked");
    assert!(matches!(replace(&a), Err(WriteError::Io { .. })));
}

#[test]
fn hard_links_stay_one_file() {
    let dir = temp_dir();
    let (a, b) = (dir.path().join("a.js"), dir.path().join("b.js"));
    fs::write(&a, OLD).expect("written");
    fs::hard_link(&a, &b).expect("linked");
    replace(&a).expect("replaced");
    assert_eq!(fs::read(&b).expect("read"), NEW);
    assert_eq!(fs::metadata(&a).expect("there").nlink(), 2);
    assert_eq!(names(dir.path()), ["a.js", "b.js"]);
}

#[test]
fn a_hard_linked_file_can_become_shorter() {
    let dir = temp_dir();
    let (a, b) = (dir.path().join("a.js"), dir.path().join("b.js"));
    fs::write(&a, NEW).expect("written");
    fs::hard_link(&a, &b).expect("linked");
    Writer::default().replace(&a, NEW, OLD).expect("replaced");
    assert_eq!(fs::read(&b).expect("read"), OLD);
}

#[test]
fn a_read_only_file_stays_as_it_is_even_for_root() {
    let dir = temp_dir();
    let file = dir.path().join("a.js");
    fs::write(&file, OLD).expect("written");
    set_mode(&file, 0o444);
    assert!(matches!(replace(&file), Err(WriteError::ReadOnly)));
    assert_eq!(fs::read(&file).expect("read"), OLD);
    assert_eq!(names(dir.path()), ["a.js"]);
}

#[test]
fn a_read_only_directory_is_an_error_that_names_it() {
    let dir = temp_dir();
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).expect("created");
    let file = inner.join("a.js");
    fs::write(&file, OLD).expect("written");
    set_mode(&inner, 0o555);
    let result = replace(&file);
    set_mode(&inner, 0o755);
    assert!(matches!(result, Err(WriteError::ReadOnlyDirectory(_))));
    assert_eq!(fs::read(&file).expect("read"), OLD);
}

#[test]
fn a_file_that_changed_after_it_was_read_is_not_touched() {
    for links in [1, 2] {
        let dir = temp_dir();
        let file = dir.path().join("a.js");
        fs::write(&file, b"somebody else's work\n").expect("written");
        if links == 2 {
            fs::hard_link(&file, dir.path().join("b.js")).expect("linked");
        }
        assert!(matches!(replace(&file), Err(WriteError::Changed)));
        assert_eq!(fs::read(&file).expect("read"), b"somebody else's work\n");
        assert_eq!(names(dir.path()).len(), links);
    }
}

#[test]
fn a_fifo_is_never_opened() {
    let dir = temp_dir();
    let fifo = dir.path().join("a.js");
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a FIFO");
    assert!(matches!(replace(&fifo), Err(WriteError::NotRegular)));
}

#[test]
fn bytes_are_bytes() {
    let latin1_and_nul: &[u8] = b"caf\xe9\r\n\0 no newline";
    let big = vec![b'x'; 50 * 1024 * 1024];
    for (old, new) in [
        (&b""[..], NEW),
        (OLD, b""),
        (latin1_and_nul, b"\xff\xfe\0"),
        (&big, b"small"),
        (OLD, &big),
    ] {
        let dir = temp_dir();
        let file = dir.path().join("a.js");
        fs::write(&file, old).expect("written");
        Writer::default()
            .replace(&file, old, new)
            .expect("replaced");
        assert!(fs::read(&file).expect("read") == new);
    }
}

/// The id of a process that has ended.
fn dead_process() -> u32 {
    let mut child = std::process::Command::new("true").spawn().expect("spawned");
    child.wait().expect("ended");
    child.id()
}

#[test]
fn stale_temporary_files_are_swept_and_live_ones_left() {
    let dir = temp_dir();
    let file = dir.path().join("a.js");
    fs::write(&file, OLD).expect("written");
    let dead = dead_process();
    let live = format!(".lockfix-{}-99999.tmp", std::process::id());
    let stale = format!(".lockfix-{dead}-0.tmp");
    let foreign = ".lockfix-notes.tmp".to_owned();
    for name in [&live, &stale, &foreign] {
        fs::write(dir.path().join(name), "x").expect("written");
    }
    replace(&file).expect("replaced");
    assert_eq!(names(dir.path()), [live, foreign, "a.js".to_owned()]);
}

#[test]
fn a_backup_of_a_killed_run_is_kept_unless_its_file_is_whole() {
    let dir = temp_dir();
    for name in ["a.js", "b.js"] {
        fs::write(dir.path().join(name), OLD).expect("written");
    }
    let dead = dead_process();
    let useless = dir.path().join(format!(".lockfix-{dead}-0.backup-a.js"));
    let needed = dir.path().join(format!(".lockfix-{dead}-1.backup-b.js"));
    fs::write(&useless, OLD).expect("written");
    fs::write(&needed, "the last good copy").expect("written");
    let writer = Writer::default();
    writer
        .replace(&dir.path().join("a.js"), OLD, NEW)
        .expect("replaced");
    assert!(!useless.exists());
    assert!(needed.exists());
    let leftovers: Vec<_> = writer.leftovers();
    assert_eq!(leftovers, [fs::canonicalize(&needed).expect("there")]);
}
