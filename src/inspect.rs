//! One file from the disk to a verdict. Whatever happens in it stays its own affair.

use crate::config::Settings;
use crate::discover::{Functions, SourceFile, reason_to_skip};
use crate::finding::{Applicability, Rule};
use crate::guard;
use crate::language::Language;
use crate::language::beside::Beside;
use crate::resolve::{Look, Resolution, resolve};
use crate::suppress;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What a file comes to.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing was found, nothing was left out.
    Clean,
    /// Not analysed, with a stable code or the engine's reason.
    Skipped(String),
    /// Could not be analysed: a sentence for people.
    Failed(String),
    /// There is something to tell.
    Report(Box<Report>),
}

/// A text with its findings and what their fixes make of it.
#[derive(Debug)]
pub struct Report {
    /// The file as read.
    pub text: Vec<u8>,
    pub resolution: Resolution,
}

thread_local! {
    /// The text of one file after the other.
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The memory that is kept for the next text.
const KEPT: usize = 4 << 20;

/// Reads and analyses a file.
pub fn inspect_file(file: &SourceFile, least: Applicability) -> Verdict {
    let max_size = file.settings.max_size();
    // A giant is not worth reading.
    if file.size > max_size {
        return Verdict::Skipped("too-large".to_owned());
    }
    TEXT.with_borrow_mut(|text| {
        text.shrink_to(KEPT);
        match read_into(text, &file.real, file.size, max_size) {
            Ok(true) => inspect(&file.path, text, file.language, &file.settings, least),
            Ok(false) => Verdict::Skipped("too-large".to_owned()),
            Err(error) => Verdict::Failed(format!("cannot read it: {error}")),
        }
    })
}

/// The bytes of the file, unless they are more than `max_size`.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path, max_size: u64) -> io::Result<Option<Vec<u8>>> {
    let size = fs::metadata(path)?.len();
    let mut text = Vec::new();
    let whole = size <= max_size && read_into(&mut text, path, size, max_size)?;
    Ok(whole.then_some(text))
}

/// Puts the bytes of the file, `size` if it is as it was, in place of `text`. `false`: they are more
/// than `max_size`.
fn read_into(text: &mut Vec<u8>, path: &Path, size: u64, max_size: u64) -> io::Result<bool> {
    text.clear();
    let file = File::open(path)?;
    // One more than there is, so that the end shows without another round.
    text.try_reserve(
        usize::try_from(size)
            .unwrap_or(usize::MAX)
            .saturating_add(1),
    )?;
    while text.len() as u64 <= max_size {
        if text.len() == text.capacity() {
            text.try_reserve(text.len())?;
        }
        let room = text.capacity() - text.len();
        match rustix::io::read(&file, rustix::buffer::spare_capacity(text)) {
            Ok(0) => return Ok(true),
            // Less than it was asked for, and as much as there is: the end.
            Ok(read) if read < room && text.len() as u64 == size => return Ok(size <= max_size),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Analyses the bytes of a file. `path` is only looked at.
pub fn inspect(
    path: &Path,
    text: &[u8],
    language: Language,
    settings: &Settings,
    least: Applicability,
) -> Verdict {
    if let Some(reason) = reason_to_skip(path, text) {
        return Verdict::Skipped(reason.to_owned());
    }
    let work = || {
        if !worth_a_parse(text, language, settings) {
            return Ok(None);
        }
        let beside = beside(path, text, language, settings);
        let functions = touched_functions(path, text, language, settings, &beside);
        resolve(text, least, |text, round| {
            beside.past.goes_on(round);
            let look = look(path, text, language, settings, &beside);
            within(&functions, look)
        })
        .map(Some)
    };
    let resolution = match guard::catch(work) {
        Ok(Ok(Some(resolution))) => resolution,
        Ok(Ok(None)) => return Verdict::Clean,
        Ok(Err(endless)) => return Verdict::Failed(endless.to_string()),
        Err(panic) => return Verdict::Failed(panic),
    };
    if let Some(reason) = resolution.before.skipped_file {
        return Verdict::Skipped(reason);
    }
    if resolution.before.findings.is_empty() && resolution.before.skipped.is_empty() {
        return Verdict::Clean;
    }
    Verdict::Report(Box::new(Report {
        text: text.to_vec(),
        resolution,
    }))
}

/// The same without the findings that the baseline lists.
fn without_known(path: &Path, text: &[u8], settings: &Settings, look: Look) -> Look {
    let Some(baseline) = settings.baseline() else {
        return look;
    };
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Look {
        findings: baseline.new_in(&real, text, look.findings),
        ..look
    }
}

/// The functions of the file, as it is on the disk, that the run is about.
pub fn touched_functions(
    path: &Path,
    text: &[u8],
    language: Language,
    settings: &Settings,
    beside: &Beside,
) -> Functions {
    let Some(touched) = settings.touched() else {
        return Functions::default();
    };
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let look = look(path, text, language, settings, beside);
    touched.functions(&real, text, &look.findings)
}

/// What of a look is in these functions.
pub fn within(functions: &Functions, mut look: Look) -> Look {
    look.findings.retain(|finding| functions.have(finding));
    look
}

fn worth_a_parse(text: &[u8], language: Language, settings: &Settings) -> bool {
    let unused_comments =
        settings.rules().contains(&Rule::UnusedSuppression) && suppress::may_suppress(text);
    unused_comments || settings.engine(language).may_hold_locks(language, text)
}

/// Headers of a file that are read.
const MOST_HEADERS: usize = 32;

/// What stands beside the file. What cannot be read tells nothing.
pub fn beside(path: &Path, text: &[u8], language: Language, settings: &Settings) -> Beside {
    let headers = headers(path, text, language, settings);
    let (path, max_size) = (path.to_owned(), settings.max_size());
    let engine = settings.engine(language);
    engine.beside(language, &headers, move || {
        rest_of_package(&path, language, max_size)
    })
}

/// Other files of a package that are read, and how many bytes of them.
const MOST_FILES: usize = 200;
const MOST_BYTES: usize = 8 << 20;

/// The texts of the other files of the package, in order of their names.
fn rest_of_package(path: &Path, language: Language, max_size: u64) -> Vec<Vec<u8>> {
    let (Some(directory), Some(own)) = (path.parent(), path.file_name().and_then(OsStr::to_str))
    else {
        return Vec::new();
    };
    let directory = if directory == Path::new("") {
        Path::new(".")
    } else {
        directory
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut others: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|other| other != own && language.grammar().shares_package(own, other))
        .collect();
    others.sort_unstable();
    let mut texts = Vec::new();
    let mut bytes = 0;
    for other in others.iter().take(MOST_FILES) {
        let file = directory.join(other);
        if !file.is_file() {
            continue;
        }
        if let Ok(Some(text)) = read(&file, max_size) {
            bytes += text.len();
            if bytes > MOST_BYTES {
                break;
            }
            texts.push(text);
        }
    }
    texts
}

/// The texts of the headers beside the file that it includes.
fn headers(path: &Path, text: &[u8], language: Language, settings: &Settings) -> Vec<Vec<u8>> {
    let Some(directory) = path.parent() else {
        return Vec::new();
    };
    language
        .grammar()
        .included(text)
        .into_iter()
        .take(MOST_HEADERS)
        .filter_map(|name| {
            let beside = directory.join(&name);
            let file = beside
                .is_file()
                .then_some(beside)
                .or_else(|| from_a_root(directory, &name))?;
            read(&file, settings.max_size()).ok().flatten()
        })
        .collect()
}

/// Directories around a file in which its headers may have their root.
const MOST_ROOTS: usize = 8;

/// `#include "db/cache.h"`, from the root of the project or from where it keeps its headers.
fn from_a_root(directory: &Path, name: &str) -> Option<PathBuf> {
    let real = directory.canonicalize().ok()?;
    let mut inside = true;
    real.ancestors()
        .take(MOST_ROOTS)
        .take_while(|around| std::mem::replace(&mut inside, !around.join(".git").exists()))
        .flat_map(|around| [around.join(name), around.join("include").join(name)])
        .find(|file| file.is_file())
}

/// What is found in `text`, without what its comments suppress and what the settings leave out at this
/// path.
pub fn look(
    path: &Path,
    text: &[u8],
    language: Language,
    settings: &Settings,
    beside: &Beside,
) -> Look {
    let engine = settings.engine(language);
    let mut analysis = engine.analyse_with(language, text, beside);
    let complete = analysis.skipped.is_empty() && analysis.skipped_file.is_none();
    let rules = settings.rules_in(path);
    analysis
        .findings
        .retain(|finding| rules.contains(&finding.rule));
    let suppressed = suppress::apply(language, text, analysis.findings, complete, &rules);
    let look = Look {
        findings: suppressed.findings,
        skipped: analysis.skipped,
        partial: analysis.partial,
        skipped_file: if suppressed.whole_file {
            Some("ignored-by-comment".to_owned())
        } else {
            analysis.skipped_file
        },
    };
    without_known(path, text, settings, look)
}
