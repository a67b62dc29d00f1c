//! Journals of earlier runs.

use super::{Entry, Head, VERSION, hash, place};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longer lines than this are none of ours.
const LONGEST_LINE: u64 = 4096;

/// A run that wrote something.
#[derive(Debug)]
pub struct Run {
    /// Its journal.
    pub file: PathBuf,
    /// The tree that it belongs to.
    pub root: PathBuf,
    /// When it wrote for the first time.
    pub time: SystemTime,
}

/// What a run did to one file: one step each time that it wrote it.
#[derive(Debug)]
pub struct Change {
    /// The file, a path without links.
    pub path: PathBuf,
    journal: PathBuf,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    /// Where in the journal the bytes stand that the file had, and how many they are.
    offset: u64,
    length: usize,
    before: String,
    after: String,
}

/// What taking back a change comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Back {
    /// The file gets these bytes again.
    To(Vec<u8>),
    /// The file has the bytes from before the run.
    Already,
    /// The file has other bytes than the run gave it.
    MovedOn,
}

/// The runs of the tree `directory` and of those around it that can be taken back, the last one first.
pub fn runs(state: &Path, directory: &Path) -> Vec<Run> {
    let mut found: Vec<(OsString, Run)> = Vec::new();
    for root in directory.ancestors() {
        for (file, _) in files(&state.join(place::key(root))) {
            let name = file.file_name().unwrap_or_default().to_owned();
            // What cannot be read, or is of a version to come, cannot be taken back either.
            if let Some(run) = head(file).filter(|run| run.root == root) {
                found.push((name, run));
            }
        }
    }
    found.sort_by(|one, other| other.0.cmp(&one.0));
    found.into_iter().map(|(_, run)| run).collect()
}

/// The journals in a directory and their sizes, the last one first.
pub(super) fn files(directory: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, u64)> = entries
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())))
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0));
    found
}

/// The time that the name of a journal begins with.
fn time_of(file: &Path) -> Option<SystemTime> {
    let (nanos, _) = file.file_name()?.to_str()?.split_once('-')?;
    let nanos = Duration::from_nanos(nanos.parse().ok()?);
    UNIX_EPOCH.checked_add(nanos)
}

fn head(file: PathBuf) -> Option<Run> {
    let mut reader = BufReader::new(File::open(&file).ok()?);
    let head: Head = line(&mut reader).ok()??;
    let root = bytes(&mut reader, head.root).ok()??;
    (head.lockfix == VERSION).then_some(Run {
        time: time_of(&file)?,
        file,
        root: PathBuf::from(OsString::from_vec(root)),
    })
}

/// A line of JSON; `None` when it is torn.
fn line<T: serde::de::DeserializeOwned>(reader: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line).ok())
}

/// As many bytes and a line end; `None` when they are torn.
fn bytes(reader: &mut impl Read, length: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let wanted = length as u64 + 1;
    reader.take(wanted).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == wanted && bytes.pop() == Some(b'\n')).then_some(bytes))
}

impl Run {
    /// The files that the run wrote, by path.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn changes(&self) -> io::Result<Vec<Change>> {
        let mut reader = BufReader::new(File::open(&self.file)?);
        let mut found: BTreeMap<PathBuf, Vec<Step>> = BTreeMap::new();
        if let Some(head) = line::<Head>(&mut reader)? {
            bytes(&mut reader, head.root)?;
        }
        while let Some(entry) = line::<Entry>(&mut reader)? {
            let offset = reader.stream_position()? + entry.path as u64;
            let length = entry.path.saturating_add(entry.bytes);
            let Some(mut text) = bytes(&mut reader, length)? else {
                break;
            };
            text.truncate(entry.path);
            let path = PathBuf::from(OsString::from_vec(text));
            found.entry(path).or_default().push(Step {
                offset,
                length: entry.bytes,
                before: entry.before,
                after: entry.after,
            });
        }
        let changes = found.into_iter().map(|(path, steps)| Change {
            path,
            journal: self.file.clone(),
            steps,
        });
        Ok(changes.collect())
    }

    /// Forgets the run.
    ///
    /// # Errors
    /// When its journal cannot be removed.
    pub fn forget(&self) -> io::Result<()> {
        fs::remove_file(&self.file)
    }
}

impl Change {
    /// What a file with the bytes `now` has to become.
    ///
    /// # Errors
    /// When the journal cannot be read, or has other bytes than were noted.
    pub fn back(&self, now: &[u8]) -> io::Result<Back> {
        let mut wanted = hash(now);
        let mut goal = None;
        for step in self.steps.iter().rev() {
            if step.after == wanted {
                wanted.clone_from(&step.before);
                goal = Some(step);
            }
        }
        // A review may have come back to where it began.
        let goal = goal.filter(|step| step.before != hash(now));
        let Some(step) = goal else {
            let already = self.steps.iter().any(|step| step.before == wanted);
            return Ok(if already {
                Back::Already
            } else {
                Back::MovedOn
            });
        };
        let mut journal = File::open(&self.journal)?;
        journal.seek(SeekFrom::Start(step.offset))?;
        match bytes(&mut journal, step.length)? {
            Some(bytes) if hash(&bytes) == step.before => Ok(Back::To(bytes)),
            _ => Err(io::Error::other("its journal is damaged")),
        }
    }
}
