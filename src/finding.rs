//! What an analysis says: findings, leaks, fixes and refusals, as plain data.

use crate::edit::Edit;
use crate::source::{Location, Span};
use crate::spoken::Spoken;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The rules. Their kebab-case names are the ids in every output and in suppressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An explicit exit leaves with the lock held while other paths release it.
    LeakOnExit,
    /// Every explicit exit releases, but something in the span can throw.
    LeakOnException,
    /// The acquire stands inside the `try` whose `finally` releases.
    AcquireInsideTry,
    /// Acquired and neither released, returned, stored nor handed on.
    NeverReleased,
    /// A path releases a lock twice.
    DoubleRelease,
    /// Correct, but released by hand: the migration rule, off by default.
    ManualRelease,
    /// A suppression comment that suppresses nothing.
    UnusedSuppression,
}

impl Rule {
    /// Every rule, in the order in which they are documented.
    pub const ALL: [Rule; 7] = [
        Rule::LeakOnExit,
        Rule::LeakOnException,
        Rule::AcquireInsideTry,
        Rule::NeverReleased,
        Rule::DoubleRelease,
        Rule::ManualRelease,
        Rule::UnusedSuppression,
    ];

    /// The id of the rule, as it stands in outputs and suppressions.
    pub fn name(self) -> &'static str {
        match self {
            Rule::LeakOnExit => "leak-on-exit",
            Rule::LeakOnException => "leak-on-exception",
            Rule::AcquireInsideTry => "acquire-inside-try",
            Rule::NeverReleased => "never-released",
            Rule::DoubleRelease => "double-release",
            Rule::ManualRelease => "manual-release",
            Rule::UnusedSuppression => "unused-suppression",
        }
    }

    /// Whether the rule is on when nothing is selected.
    pub fn on_by_default(self) -> bool {
        self != Rule::ManualRelease
    }

    /// How much a finding of this rule matters.
    pub fn severity(self) -> Severity {
        match self {
            Rule::LeakOnExit => Severity::Error,
            Rule::ManualRelease => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Rule::ALL
            .into_iter()
            .find(|rule| rule.name() == s)
            .ok_or_else(|| format!("there is no rule `{s}`"))
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing lasting leaks, or the code is correct and could be safer.
    Note,
    /// Something has to go wrong first.
    Warning,
    /// An ordinary path leaves the lock held.
    Error,
}

/// The guaranteed constructs that a rewrite can use.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    TryFinally,
    RunExclusive,
    PromiseFinally,
    Using,
    TryWithResources,
    With,
    ExitStack,
    UnlockBeforeExit,
    GotoUnlock,
    Cleanup,
    KernelGuard,
    LockGuard,
    UniqueLock,
    Defer,
    Closure,
    Tracked,
}

impl Form {
    /// Every form that a language of this version uses.
    pub const ALL: [Form; 16] = [
        Form::TryFinally,
        Form::RunExclusive,
        Form::PromiseFinally,
        Form::Using,
        Form::TryWithResources,
        Form::With,
        Form::ExitStack,
        Form::UnlockBeforeExit,
        Form::GotoUnlock,
        Form::Cleanup,
        Form::KernelGuard,
        Form::LockGuard,
        Form::UniqueLock,
        Form::Defer,
        Form::Closure,
        Form::Tracked,
    ];

    /// The id of the form, as it stands in outputs, `--form` and the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Form::TryFinally => "try-finally",
            Form::RunExclusive => "run-exclusive",
            Form::PromiseFinally => "promise-finally",
            Form::Using => "using",
            Form::TryWithResources => "try-with-resources",
            Form::With => "with",
            Form::ExitStack => "exit-stack",
            Form::UnlockBeforeExit => "unlock-before-exit",
            Form::GotoUnlock => "goto-unlock",
            Form::Cleanup => "cleanup",
            Form::KernelGuard => "kernel-guard",
            Form::LockGuard => "lock-guard",
            Form::UniqueLock => "unique-lock",
            Form::Defer => "defer",
            Form::Closure => "closure",
            Form::Tracked => "tracked",
        }
    }
}

impl Form {
    /// What the form puts round a span, in one line of Markdown.
    pub fn meaning(self) -> &'static str {
        match self {
            Form::TryFinally => {
                "`try { … } finally { release(); }`; an acquire without a ticket gets one where the library gives one"
            }
            Form::RunExclusive => "the library's helper that is handed a callback",
            Form::PromiseFinally => "`.finally(release)` at the end of a promise chain",
            Form::Using => "a `using` declaration, where the library's locks can be disposed of",
            Form::With => "`with lock:`, `async with lock:`",
            Form::TryWithResources => {
                "Java: `try (FileLock lock = channel.lock()) {`, where what the acquire gives can be closed"
            }
            Form::ExitStack => {
                "`with contextlib.ExitStack()`; a release that has to keep its point becomes a `close()` of the stack"
            }
            Form::UnlockBeforeExit => {
                "C: the missing release in front of the exit, the returned value computed first"
            }
            Form::GotoUnlock => "C: a jump to the label at which the function releases",
            Form::Cleanup => {
                "C: a variable with the attribute `cleanup`, or what the library has for that (`g_autoptr(GMutexLocker)`); where the file does so already, or it is asked for"
            }
            Form::KernelGuard => "C: `guard(mutex)(&m)` and `scoped_guard` of the Linux kernel",
            Form::LockGuard => {
                "C++: `std::lock_guard` and its kin, in a block of its own where the span ends early"
            }
            Form::UniqueLock => "C++: `std::unique_lock`, where a branch has to release early",
            Form::Defer => {
                "Go: `defer mu.Unlock()` behind the acquire, where the span reaches the end of the function"
            }
            Form::Closure => {
                "Go: the span in a function of its own that defers the release and is called in place"
            }
            Form::Tracked => {
                "a flag says whether the lock is still held; the `finally` releases only then. It fits where the neater ones do not, and comes last"
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Form::ALL
            .into_iter()
            .find(|form| form.name() == s)
            .ok_or_else(|| format!("there is no form `{s}`"))
    }
}

/// Whether a fix may be applied without a second look (the law of preservation, see
/// `docs/architecture.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// There is no fix; the reason says why.
    None,
    /// The fix guarantees the release but changes something a reader may rely on.
    Unsafe,
    /// The fix obeys the law of preservation.
    Safe,
}

/// Why there is no fix, or why it is not safe: a stable code and one plain sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reason {
    /// Kebab-case, stable, one of [`crate::refusal::CODES`].
    pub code: &'static str,
    /// One sentence for people, without a final stop.
    pub message: String,
}

/// How control leaves a span with the lock held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakKind {
    Return,
    Throw,
    Break,
    Continue,
    Goto,
    EndOfBody,
    /// An exception out of a call or operator.
    Exception,
}

/// One exit that leaves the lock held.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leak {
    /// The statement or expression that leaves.
    pub span: Span,
    pub location: Location,
    pub kind: LeakKind,
}

/// A rewrite that guarantees the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub form: Form,
    pub applicability: Applicability,
    /// Set unless `applicability` is `safe`.
    pub reason: Option<Reason>,
    /// Sorted, disjoint, in byte offsets of the text that was analysed.
    pub edits: Vec<Edit>,
    /// The proof has shown that nothing is found in the function afterwards, of whatever lock, and that what it
    /// tells the rest of the file stays the same.
    pub settles: bool,
}

/// One finding. It stands at its acquire and ends at the last release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub severity: Severity,
    /// The function (or `<module>`) whose body holds the acquire.
    pub function: String,
    /// The function in the text that was analysed.
    pub body: Span,
    /// The lock as the code names it.
    pub lock: String,
    /// How people speak of what is held.
    pub spoken: Spoken,
    /// One sentence for people, without a final stop.
    pub message: String,
    /// The acquire in the text that was analysed.
    pub acquire: Span,
    pub location: Location,
    /// The end of the last release (of the acquire when nothing releases).
    pub end: Location,
    pub releases: Vec<(Span, Location)>,
    pub leaks: Vec<Leak>,
    /// Verified fixes, best first. Empty when there is none: then `refusal` says why.
    pub fixes: Vec<Fix>,
    pub refusal: Option<Reason>,
}

impl Finding {
    /// The applicability of the best fix.
    pub fn applicability(&self) -> Applicability {
        self.fixes
            .first()
            .map_or(Applicability::None, |fix| fix.applicability)
    }

    /// The best fix that may be applied: one that is `least` or better.
    pub fn acceptable(&self, least: Applicability) -> Option<&Fix> {
        self.fixes.iter().find(|fix| fix.applicability >= least)
    }
}

/// A function that was not analysed, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedFunction {
    pub function: String,
    /// 1-based.
    pub line: usize,
    pub reason: String,
}
