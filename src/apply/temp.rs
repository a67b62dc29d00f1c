//! Temporary files with recognisable names: registered while they exist, swept when stale.

use super::lock;
use rustix::process::{Pid, test_kill_process};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const PREFIX: &str = ".lockfix-";
const BACKUP: &str = ".backup-";

static NEXT: AtomicU64 = AtomicU64::new(0);
static LIVE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What a temporary file holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The new content, to be renamed over the old.
    New,
    /// The old content, while the new one is written in place.
    Backup,
}

/// A temporary file that is removed when dropped, or by [`remove_live`] on a signal.
#[derive(Debug)]
pub struct Temp {
    path: PathBuf,
}

impl Temp {
    /// Creates a file of a new name in `directory`, readable by its owner alone.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(directory: &Path, target: &Path, kind: Kind) -> io::Result<(Temp, File)> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut name = OsString::from(format!("{PREFIX}{}-{number}", std::process::id()));
            match kind {
                Kind::New => name.push(".tmp"),
                Kind::Backup => {
                    name.push(BACKUP);
                    name.push(short_name(target));
                }
            }
            let path = directory.join(name);
            // Registered first: a signal between the two removes a file that may not exist.
            lock(&LIVE).insert(path.clone());
            let temp = Temp { path };
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temp.path)
            {
                Ok(file) => return Ok((temp, file)),
                // A run of old that had our process id left it there.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => temp.keep(),
                Err(error) => {
                    temp.keep();
                    return Err(error);
                }
            }
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file alone from now on.
    pub fn keep(self) {
        lock(&LIVE).remove(&self.path);
        std::mem::forget(self);
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        // Nothing is left to do about a file that cannot be removed: the next run sweeps it.
        let _ = fs::remove_file(&self.path);
        lock(&LIVE).remove(&self.path);
    }
}

/// Whether a file of this name is one of ours, living or stale.
pub fn is_temporary(name: &OsStr) -> bool {
    let rest = name.as_bytes().strip_prefix(PREFIX.as_bytes());
    rest.is_some_and(|rest| Stale::parse(rest).is_some())
}

/// File names end at 255 bytes, and ours adds some.
fn short_name(target: &Path) -> &OsStr {
    let name = target.file_name().unwrap_or_default();
    OsStr::from_bytes(&name.as_bytes()[..name.len().min(200)])
}

/// Removes every temporary file of this process.
pub fn remove_live() {
    for path in lock(&LIVE).iter() {
        let _ = fs::remove_file(path);
    }
}

/// Removes what dead runs left in `directory`. Returns backups that differ from their file.
pub fn sweep(directory: &Path) -> Vec<PathBuf> {
    let mut leftovers = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else {
        return leftovers;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.as_bytes().strip_prefix(PREFIX.as_bytes()) else {
            continue;
        };
        let Some(stale) = Stale::parse(rest) else {
            continue;
        };
        if is_alive(stale.owner) {
            continue;
        }
        match stale.backup_of {
            Some(original) if !same_content(&entry.path(), &directory.join(original)) => {
                leftovers.push(entry.path());
            }
            // Nothing is left to do about a file that cannot be removed.
            _ => drop(fs::remove_file(entry.path())),
        }
    }
    leftovers
}

/// The name of a temporary file, read back.
struct Stale<'a> {
    owner: i32,
    backup_of: Option<&'a OsStr>,
}

impl Stale<'_> {
    fn parse(rest: &[u8]) -> Option<Stale<'_>> {
        let number_end = |bytes: &[u8]| bytes.iter().position(|byte| !byte.is_ascii_digit());
        let (owner, rest) = rest.split_at(number_end(rest)?);
        let rest = rest.strip_prefix(b"-")?;
        let (_, kind) = rest.split_at(number_end(rest)?);
        let backup_of = if kind == b".tmp" {
            None
        } else {
            Some(OsStr::from_bytes(kind.strip_prefix(BACKUP.as_bytes())?))
        };
        Some(Stale {
            owner: std::str::from_utf8(owner).ok()?.parse().ok()?,
            backup_of,
        })
    }
}

fn is_alive(process: i32) -> bool {
    Pid::from_raw(process).is_some_and(|pid| {
        // "Not permitted" also means that the process exists.
        test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
    })
}

fn same_content(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// Copies extended attributes (access lists, security labels), as far as that is allowed.
pub fn copy_attributes(from: &Path, to: &File) {
    let mut names = vec![0; 65_536];
    let Ok(len) = rustix::fs::listxattr(from, &mut names) else {
        return;
    };
    let mut value = vec![0; 65_536];
    for name in names[..len].split(|&byte| byte == 0).map(OsStr::from_bytes) {
        if name.is_empty() {
            continue;
        }
        if let Ok(len) = rustix::fs::getxattr(from, name, &mut value) {
            let flags = rustix::fs::XattrFlags::empty();
            let _ = rustix::fs::fsetxattr(to, name, &value[..len], flags);
        }
    }
}
