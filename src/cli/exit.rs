//! Exit statuses.

use std::process::ExitCode;

/// How a run ends. The numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing was found, or everything found was fixed.
    Clean,
    /// 1: findings remain.
    Findings,
    /// 2: part of the work could not be done.
    Failure,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Failure => 2,
        })
    }
}
