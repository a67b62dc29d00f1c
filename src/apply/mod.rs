//! Safe writing: a kill, a full disk or a change behind our back leaves a file either old or new.

mod journal;
mod own;
mod signals;
mod temp;

pub use journal::{Back, Change, Journal, Run, review_file, runs, state_directory, tree_of};
pub use own::{create, put, remember};
pub use signals::{clean_up_on_signals, leave_interrupts_to_child};
pub use temp::is_temporary;

use rustix::fs::{Gid, Uid};
use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use temp::{Kind, Temp};

/// Why a file was not written. Unless the variant says otherwise, the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("it changed on disk after it was analysed; run lockfix again")]
    Changed,
    #[error("it is read-only; make it writable to have it fixed")]
    ReadOnly,
    #[error("its directory `{}` is read-only, so no new file can be put in its place", .0.display())]
    ReadOnlyDirectory(PathBuf),
    #[error("it is not a regular file")]
    NotRegular,
    #[error("cannot {doing}: {source}")]
    Io {
        doing: &'static str,
        source: io::Error,
    },
    /// The file is torn; the backup holds the old bytes.
    #[error("writing it failed ({source}); its old content is in `{}`", backup.display())]
    Torn { backup: PathBuf, source: io::Error },
}

/// Turns an IO error into a [`WriteError`] that says what was being done.
fn while_doing(doing: &'static str) -> impl Fn(io::Error) -> WriteError {
    move |source| WriteError::Io { doing, source }
}

/// Writes files for one run. Shared by all threads.
#[derive(Debug, Default)]
pub struct Writer {
    swept: Mutex<HashSet<PathBuf>>,
    leftovers: Mutex<Vec<PathBuf>>,
    journal: Option<Journal>,
}

impl Writer {
    /// A writer that notes what it does in a journal.
    pub fn noting_in(journal: Option<Journal>) -> Writer {
        Writer {
            journal,
            ..Writer::default()
        }
    }

    /// The journal of the run.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Replaces the content of `path` by `new`, if it still is `analysed`.
    ///
    /// Symbolic links are written through; mode, owner and extended attributes stay; a file with
    /// several hard links keeps them. Returns after everything is on the disk.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn replace(&self, path: &Path, analysed: &[u8], new: &[u8]) -> Result<(), WriteError> {
        // Every later step works on the target, so that a link stays a link.
        let target = fs::canonicalize(path).map_err(while_doing("resolve its path"))?;
        let metadata = fs::symlink_metadata(&target).map_err(while_doing("look at it"))?;
        check_writable(&target, &metadata)?;
        let directory = target.parent().unwrap_or(Path::new("/"));
        self.sweep(directory);
        if let Some(journal) = &self.journal {
            // What was never written needs no taking back.
            check_unchanged(&target, analysed)?;
            journal.note(&target, analysed, new);
        }
        if metadata.nlink() > 1 {
            write_in_place(&target, directory, &metadata, analysed, new)
        } else {
            write_and_rename(&target, directory, &metadata, analysed, new)
        }
    }

    /// Backups of killed runs, found in directories that this run wrote to: each holds the old
    /// content of a file that may be torn.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        lock(&self.leftovers).clone()
    }

    fn sweep(&self, directory: &Path) {
        if lock(&self.swept).insert(directory.to_owned()) {
            let found = temp::sweep(directory);
            lock(&self.leftovers).extend(found);
        }
    }
}

/// A panic of another thread does not make the guarded data invalid here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The mode bits are looked at too, because nothing is read-only for root.
fn check_writable(target: &Path, metadata: &Metadata) -> Result<(), WriteError> {
    if !metadata.is_file() {
        return Err(WriteError::NotRegular);
    }
    if metadata.permissions().mode() & 0o222 == 0 {
        return Err(WriteError::ReadOnly);
    }
    match OpenOptions::new().write(true).open(target) {
        Ok(_) => {}
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            return Err(WriteError::ReadOnly);
        }
        Err(error) => return Err(while_doing("open it for writing")(error)),
    }
    let directory = target.parent().unwrap_or(Path::new("/"));
    let mode = fs::metadata(directory)
        .map_err(while_doing("look at its directory"))?
        .permissions()
        .mode();
    if mode & 0o222 == 0 {
        return Err(WriteError::ReadOnlyDirectory(directory.to_owned()));
    }
    Ok(())
}

fn check_unchanged(target: &Path, analysed: &[u8]) -> Result<(), WriteError> {
    let now = fs::read(target).map_err(while_doing("read it again"))?;
    if now == analysed {
        Ok(())
    } else {
        Err(WriteError::Changed)
    }
}

fn write_and_rename(
    target: &Path,
    directory: &Path,
    metadata: &Metadata,
    analysed: &[u8],
    new: &[u8],
) -> Result<(), WriteError> {
    let temp = create_temp(target, directory, metadata, Kind::New, new)?;
    check_unchanged(target, analysed)?;
    fs::rename(temp.path(), target).map_err(while_doing("put the new file in place"))?;
    temp.keep();
    sync_directory(directory)
}

/// A rename would cut the file off its other names, so its bytes are replaced where they are,
/// with a backup beside it until that is done.
fn write_in_place(
    target: &Path,
    directory: &Path,
    metadata: &Metadata,
    analysed: &[u8],
    new: &[u8],
) -> Result<(), WriteError> {
    let backup = create_temp(target, directory, metadata, Kind::Backup, analysed)?;
    sync_directory(directory)?;
    let _not_killed = signals::hold();
    let mut file = OpenOptions::new()
        .write(true)
        .open(target)
        .map_err(while_doing("open it for writing"))?;
    check_unchanged(target, analysed)?;
    let Err(source) = overwrite(&mut file, new) else {
        return Ok(());
    };
    match overwrite(&mut file, analysed) {
        Ok(()) => Err(while_doing("write it")(source)),
        Err(_) => {
            let path = backup.path().to_owned();
            backup.keep();
            Err(WriteError::Torn {
                backup: path,
                source,
            })
        }
    }
}

fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// A file beside `target` with `bytes`, and with the owner and mode of `target`, on the disk.
fn create_temp(
    target: &Path,
    directory: &Path,
    metadata: &Metadata,
    kind: Kind,
    bytes: &[u8],
) -> Result<Temp, WriteError> {
    let (temp, mut file) = Temp::create(directory, target, kind).map_err(|source| {
        if source.kind() == io::ErrorKind::PermissionDenied {
            WriteError::ReadOnlyDirectory(directory.to_owned())
        } else {
            while_doing("create a temporary file beside it")(source)
        }
    })?;
    file.write_all(bytes)
        .map_err(while_doing("write a temporary file beside it"))?;
    temp::copy_attributes(target, &file);
    // Only root may give files away; for others the file is theirs already or stays so.
    let _ = rustix::fs::fchown(
        &file,
        Some(Uid::from_raw(metadata.uid())),
        Some(Gid::from_raw(metadata.gid())),
    );
    // After the owner: a change of owner clears the set-user-id bit.
    file.set_permissions(metadata.permissions())
        .map_err(while_doing("give the new file its mode"))?;
    file.sync_all()
        .map_err(while_doing("flush the new file to disk"))?;
    Ok(temp)
}

fn sync_directory(directory: &Path) -> Result<(), WriteError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(while_doing("flush its directory to disk"))
}
