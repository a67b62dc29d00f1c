//! What a run wrote, so that it can be taken back: of every file the bytes that it had and the hash of
//! those that it got, noted and on the disk before the file is touched.
//!
//! A run has one file, below the user's state directory and in no repository. It is only ever
//! appended to, so that a kill leaves at worst a torn last entry, whose file was not touched yet.

mod place;
mod read;

pub use place::{review_file, state_directory, tree_of};
pub use read::{Back, Change, Run, runs};

use super::lock;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// The format of the files.
const VERSION: u32 = 1;

/// Runs of one tree that are kept.
const MOST_RUNS: usize = 20;

/// Bytes of one run, and of all earlier ones together, that are kept.
const MOST_BYTES: u64 = 256 << 20;

/// The first line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    lockfix: u32,
    /// Length of the root, which follows the line.
    root: usize,
}

/// The line in front of an entry, which is the path and then the bytes that the file had.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: usize,
    bytes: usize,
    /// The hashes of the file before and after.
    before: String,
    after: String,
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The journal of one run. Shared by all threads. Nothing is made before the first entry.
#[derive(Debug)]
pub struct Journal {
    state: PathBuf,
    root: PathBuf,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    /// The file, and how many bytes of it are whole.
    file: Option<(File, u64)>,
    /// Why there is no entry of some file.
    failure: Option<String>,
    /// After a failure that cannot be made good, nothing more is noted.
    closed: bool,
}

impl Journal {
    /// The journal of a run in the tree `root`, kept below the directory `state`.
    pub fn new(state: PathBuf, root: PathBuf) -> Journal {
        Journal {
            state,
            root,
            log: Mutex::default(),
        }
    }

    /// Notes that `target`, a path without links, is about to change. When that fails, the run goes on:
    /// [`Journal::failure`] tells.
    pub(super) fn note(&self, target: &Path, before: &[u8], after: &[u8]) {
        let mut log = lock(&self.log);
        if log.closed {
            return;
        }
        if let Err(error) = self.append(&mut log, target, before, after) {
            log.failure.get_or_insert(error.to_string());
            let Log { file, closed, .. } = &mut *log;
            // What is torn would hide the entries behind it.
            *closed = file
                .as_mut()
                .is_none_or(|(file, whole)| file.set_len(*whole).is_err());
        }
    }

    fn append(&self, log: &mut Log, target: &Path, before: &[u8], after: &[u8]) -> io::Result<()> {
        let (file, whole) = match &mut log.file {
            Some(open) => open,
            none => none.insert(self.create()?),
        };
        let path = target.as_os_str().as_bytes();
        let entry = Entry {
            path: path.len(),
            bytes: before.len(),
            before: hash(before),
            after: hash(after),
        };
        let mut text = serde_json::to_vec(&entry)?;
        for part in [b"\n", path, before, b"\n"] {
            text.extend_from_slice(part);
        }
        if *whole + text.len() as u64 > MOST_BYTES {
            return Err(io::Error::other("the run is too large"));
        }
        file.write_all(&text)?;
        file.sync_data()?;
        *whole += text.len() as u64;
        Ok(())
    }

    fn create(&self) -> io::Result<(File, u64)> {
        let directory = self.state.join(place::key(&self.root));
        private_directory(&directory)?;
        make_room(&self.state, &directory);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = now.unwrap_or_default().as_nanos();
        let name = format!("{nanos:020}-{}", std::process::id());
        // What code a user has is nobody else's business.
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(directory.join(name))?;
        let root = self.root.as_os_str().as_bytes();
        let mut text = serde_json::to_vec(&Head {
            lockfix: VERSION,
            root: root.len(),
        })?;
        for part in [b"\n", root, b"\n"] {
            text.extend_from_slice(part);
        }
        file.write_all(&text)?;
        file.sync_all()?;
        File::open(&directory)?.sync_all()?;
        Ok((file, text.len() as u64))
    }

    /// Why some file of the run cannot be taken back.
    pub fn failure(&self) -> Option<String> {
        lock(&self.log).failure.clone()
    }
}

/// Makes a directory that is nobody else's business.
pub(super) fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes the oldest runs, until one more of the tree in `directory` may be kept. What cannot be removed
/// stays; there is another run to try.
fn make_room(state: &Path, directory: &Path) {
    let own = read::files(directory);
    for (file, _) in own.iter().skip(MOST_RUNS - 1) {
        let _ = fs::remove_file(file);
    }
    let trees = fs::read_dir(state).into_iter().flatten().flatten();
    let mut all: Vec<(PathBuf, u64)> = trees.flat_map(|tree| read::files(&tree.path())).collect();
    // By the name, which begins with the time.
    all.sort_by(|one, other| other.0.file_name().cmp(&one.0.file_name()));
    let mut bytes = 0;
    for (file, size) in all {
        bytes += size;
        if bytes > MOST_BYTES {
            let _ = fs::remove_file(&file);
            // Only an empty directory goes.
            let _ = file.parent().map(fs::remove_dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state directory with runs of one tree, each of which wrote these files once.
    fn runs_of(files: &[(&str, &str, &str)], count: usize) -> (tempfile::TempDir, Vec<Run>) {
        let state = tempfile::tempdir().expect("a directory");
        for _ in 0..count {
            let journal = Journal::new(state.path().to_owned(), PathBuf::from("/tree"));
            for (path, before, after) in files {
                journal.note(Path::new(path), before.as_bytes(), after.as_bytes());
            }
            assert_eq!(journal.failure(), None);
        }
        let found = runs(state.path(), Path::new("/tree/below"));
        (state, found)
    }

    #[test]
    fn a_file_goes_back_to_what_it_was_before_the_run() {
        let (_state, runs) = runs_of(&[("/tree/a", "1\n", "2\n"), ("/tree/a", "2\n", "3\n")], 1);
        let [run] = &runs[..] else {
            panic!("one run: {runs:?}");
        };
        assert_eq!(run.root, Path::new("/tree"));
        let changes = run.changes().expect("readable");
        let [change] = &changes[..] else {
            panic!("one file: {changes:?}");
        };
        let back = |now: &[u8]| change.back(now).expect("readable");
        assert_eq!(back(b"3\n"), Back::To(b"1\n".to_vec()));
        assert_eq!(back(b"2\n"), Back::To(b"1\n".to_vec()));
        assert_eq!(back(b"1\n"), Back::Already);
        assert_eq!(back(b"4\n"), Back::MovedOn);
    }

    #[test]
    fn a_torn_entry_is_none() {
        let files = [("/tree/a", "1", "2"), ("/tree/b", "12345", "2")];
        let (_state, runs) = runs_of(&files, 1);
        let whole = fs::read(&runs[0].file).expect("read");
        let second = whole.len() - "12345\n".len();
        for cut in second - 30..whole.len() {
            fs::write(&runs[0].file, &whole[..cut]).expect("written");
            let changes = runs[0].changes().expect("readable");
            assert_eq!(changes.len(), 1, "cut at {cut}");
        }
    }

    #[test]
    fn no_more_runs_are_kept_than_are_useful() {
        let (_state, runs) = runs_of(&[("/tree/a", "1", "2")], MOST_RUNS + 3);
        assert_eq!(runs.len(), MOST_RUNS);
    }
}
