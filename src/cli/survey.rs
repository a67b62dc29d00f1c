//! The files of a run, each looked at, in path order.

use super::Run;
use super::ordered;
use crate::config::ConfigError;
use crate::discover::{Discovery, Met, SourceFile};
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What a run comes to, path by path.
pub enum Seen<R> {
    /// A file and what became of it; where that panicked, a sentence about it.
    File(SourceFile, Result<R, String>),
    Skipped(PathBuf, &'static str),
    Failed(PathBuf, String),
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("cannot go on: {0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Config(#[from] ConfigError),
}

/// Does `work` to every file of the run while the search for more goes on, and tells of all that is
/// met, in path order, until the teller breaks.
///
/// # Errors
/// When a configuration cannot be used or no thread can be started.
pub fn each<R: Send>(
    run: &Run,
    work: impl Fn(&SourceFile) -> R + Sync,
    mut tell: impl FnMut(Seen<R>) -> ControlFlow<()>,
) -> Result<(), Stop> {
    let mut unusable = None;
    let weight = |met: &Met| match met {
        Met::File(file) => file.size,
        _ => 0,
    };
    let work = |met: &Met| match met {
        Met::File(file) => Some(work(file)),
        _ => None,
    };
    ordered::for_each(run.met()?, run.args.jobs, weight, work, |met, result| {
        tell(match met {
            Met::File(file) => Seen::File(
                file,
                result.and_then(|result| result.ok_or_else(String::new)),
            ),
            Met::Skipped(path, reason) => Seen::Skipped(path, reason),
            Met::Failed(path, message) => Seen::Failed(path, message),
            Met::Unusable(error) => {
                unusable = Some(error);
                return ControlFlow::Break(());
            }
        })
    })?;
    unusable.map_or(Ok(()), |error| Err(error.into()))
}

impl Run {
    /// What the run is about, in path order.
    ///
    /// What is to be written without a question is found first, all of it: a configuration that
    /// cannot be used is to stop the run before it wrote anything.
    fn met(&self) -> Result<Box<dyn Iterator<Item = Met> + Send + '_>, Stop> {
        let touched = self.touched.as_deref();
        let mut before = 0;
        let found = Discovery::new(&self.paths, &self.query, &self.workspace).filter(move |met| {
            let Met::File(file) = met else {
                return true;
            };
            if touched.is_some_and(|touched| !touched.file(&file.real)) {
                return false;
            }
            before += 1;
            self.args.shard.is_none_or(|shard| shard.has(before - 1))
        });
        if !self.args.writes() {
            return Ok(Box::new(found));
        }
        let mut all = Vec::new();
        for met in found {
            if let Met::Unusable(error) = met {
                return Err(error.into());
            }
            all.push(met);
        }
        Ok(Box::new(all.into_iter()))
    }
}
