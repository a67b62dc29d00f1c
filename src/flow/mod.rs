//! The flow tree: what a function body does to locks and to control, and nothing else.
//!
//! Lowering turns a syntax tree into this; everything after it knows no language. The tree keeps
//! the blocks and statements as they stand in the text, because a rewrite has to know which
//! statements a region wraps. [`graph`] compiles it into a flat graph for path facts, and
//! [`machine`] walks that graph.

mod answers;
mod few;
pub mod graph;
pub mod machine;
mod meanings;
mod remembered;

use crate::source::Span;
pub use remembered::remembered_names;
use std::collections::BTreeSet;

/// Index into [`Body::sites`].
pub type SiteId = usize;
/// Index into [`Body::keys`].
pub type KeyId = usize;

/// One function body (or the top level of a module) with its locks.
#[derive(Debug, Clone)]
pub struct Body {
    /// The name of the function as people call it, `<module>` for top-level code.
    pub name: String,
    /// The whole function, signature included.
    pub span: Span,
    pub is_async: bool,
    pub is_generator: bool,
    pub root: Block,
    /// Variables that conditions ask for, and that somebody else can change meanwhile.
    pub shared: BTreeSet<String>,
    pub keys: Vec<Key>,
    pub sites: Vec<Site>,
    /// Keys whose release (or ticket) is handed to somebody else: a closure, a field, a caller.
    pub handed_over: Vec<KeyId>,
    /// Handles that are passed to a call, which may keep them.
    pub lent: Vec<KeyId>,
    /// The function's words speak of locks that stay held.
    pub said_to_keep: bool,
    /// Why paths through this body cannot be trusted, if so: reported instead of analysed.
    pub opaque: Option<&'static str>,
}

/// A lock, as one function names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The lock expression with white space and comments taken out.
    pub text: String,
    /// The lock expression as it stands at the first acquire.
    pub shown: String,
    /// `write`, `read`, … of the catalogue entry; empty where there is but one.
    pub mode: String,
    /// Index of the catalogue entry.
    pub entry: usize,
    /// The identifiers that the expression mentions: the lock changes when one is assigned.
    pub names: Vec<String>,
    /// Variables that are not null where the lock is taken, or there would be no such lock.
    pub present: Vec<String>,
    /// The expression calls something.
    pub has_call: bool,
    /// The type of the object that the lock is a part of, where that is known.
    pub owner: Option<String>,
}

/// Where a lock is taken or freed.
#[derive(Debug, Clone)]
pub struct Site {
    pub key: KeyId,
    /// The whole expression: `await m.acquire()`, `release()`.
    pub span: Span,
    pub what: SiteKind,
}

/// What happens at a [`Site`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteKind {
    Acquire(Acquire),
    /// Frees the key, or, by ticket, whatever the variable stands for.
    Release {
        ticket: Option<String>,
        /// The release is an `await`ed expression.
        awaited: bool,
        /// It runs when a promise settles: the flow tree has it happen at once.
        settles: bool,
        /// Only the function that a `with`, `using` or callback helper calls: no text of its own.
        implied: bool,
    },
}

/// How a lock is taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acquire {
    /// It may come back without the lock.
    pub conditional: bool,
    /// The value that says "not taken" is null/None or zero rather than false.
    pub null_when_not: bool,
    /// The value says what went wrong: zero means taken.
    pub zero_when_taken: bool,
    /// What says whether it was taken is a number.
    pub is_number: bool,
    /// It is a number below zero when it was not taken.
    pub negative_when_not: bool,
    /// It does not throw.
    pub cannot_throw: bool,
    /// Where it is held already, one release frees it all the same.
    pub renews: bool,
    /// Whether it was taken goes into a larger expression, and is decided there.
    pub unseen: bool,
    /// It never throws.
    pub sure: bool,
    /// The variable that the ticket is bound to.
    pub ticket: Option<String>,
    /// The variable that the result (ticket or "was it taken") is bound to.
    pub bound: Option<String>,
    /// The binding names more than the ticket.
    pub binds_more: bool,
    /// How the binding is written: `const release = `, `[, release] = `, empty.
    pub binding: Option<Span>,
    /// The result is thrown away although it says whether the lock was taken.
    pub ignored: bool,
    /// A `with`, `using` or callback helper takes it: guaranteed by construction.
    pub implied: bool,
    /// The object that takes it knows whether it holds it, and frees it only then.
    pub owned: bool,
    /// The call takes other locks as well.
    pub together: bool,
    /// The lock is taken when the body begins (a callback that is handed the release).
    pub at_entry: bool,
}

impl Site {
    /// The acquire half, if it is one.
    pub fn acquire(&self) -> Option<&Acquire> {
        match &self.what {
            SiteKind::Acquire(acquire) => Some(acquire),
            SiteKind::Release { .. } => None,
        }
    }

    /// Whether it is a release that stands in the text.
    pub fn is_written_release(&self) -> bool {
        matches!(self.what, SiteKind::Release { implied: false, .. })
    }
}

/// Statements in a row.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Braces or suite included.
    pub span: Span,
    /// How it is delimited in the text.
    pub style: BlockStyle,
    pub stmts: Vec<Stmt>,
}

/// How a block is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlockStyle {
    /// Between braces.
    #[default]
    Braced,
    /// By indentation, or the whole file.
    Plain,
    /// One statement without braces, as the body of `if (x) return;`.
    Single,
    /// On the line of its header, as `if x: return`.
    OnHeaderLine,
    /// Not in the text.
    None,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// With its terminator, without comments around it.
    pub span: Span,
    pub kind: StmtKind,
    /// Names that the statement declares for the rest of its block.
    pub decls: Vec<Decl>,
}

/// A declaration at statement level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decl {
    pub names: Vec<String>,
    pub kind: DeclKind,
}

/// What a declaration needs to be moved out of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclKind {
    /// Lives in the whole function wherever it stands.
    FunctionScoped,
    /// One declarator per name set; see the language's hoisting.
    Variable,
    /// Functions, classes, types: cannot move.
    Fixed,
    /// May not stand in a block, or would mean something else there: functions of a script that are
    /// known before it runs, imports.
    Outermost,
}

/// What a statement does.
#[derive(Debug, Clone)]
pub enum StmtKind {
    Plain(Vec<Event>),
    Block(Block),
    If {
        cond: Cond,
        then: Block,
        otherwise: Option<Block>,
    },
    Loop(Box<Loop>),
    Switch {
        subject: Vec<Event>,
        cases: Vec<Case>,
        /// Some case always matches.
        exhaustive: bool,
        /// A `break` ends it.
        breakable: bool,
    },
    Try {
        body: Block,
        handlers: Vec<Handler>,
        /// Runs after the body when nothing was thrown (Python `else`).
        otherwise: Option<Block>,
        finally: Option<Block>,
    },
    With {
        enter: Vec<Event>,
        exit: WithExit,
        body: Block,
    },
    Labeled {
        label: String,
        body: Box<Stmt>,
    },
    Return {
        value: Vec<Event>,
        /// The operand's text, normalised, `await` in front taken off.
        operand: String,
        /// The operand, with what tells its names from others of the same text.
        meaning: String,
    },
    Throw {
        value: Vec<Event>,
        /// The class of what is thrown, where the statement names it.
        class: Option<String>,
    },
    Break(Option<String>),
    Continue(Option<String>),
    /// A function that is called where it is written: its returns end it.
    InPlace(Block),
    /// To the [`StmtKind::Labeled`] of this name, in this block or one around it.
    Goto(String),
    /// Something that runs when control leaves the block, from this statement on: a guard object,
    /// a variable with a destructor.
    Scoped {
        enter: Vec<Event>,
        exit: WithExit,
    },
}

/// What runs when control leaves a `with`, a `using` or the block of a guard.
#[derive(Debug, Clone)]
pub enum WithExit {
    Release(SiteId),
    /// What can be told of it.
    Events(Vec<Event>),
    /// Statements. They may swallow an exception, if this is named.
    Block {
        block: Block,
        swallows: Option<String>,
    },
    /// Code that is not known; may it swallow an exception?
    Call {
        label: String,
        swallows: bool,
    },
}

/// Any loop.
#[derive(Debug, Clone)]
pub struct Loop {
    pub init: Vec<Event>,
    /// `None`: for ever.
    pub cond: Option<Cond>,
    pub body: Block,
    pub step: Vec<Event>,
    /// `do … while`.
    pub test_last: bool,
    /// Runs when the condition ends the loop (Python `else`).
    pub otherwise: Option<Block>,
}

impl Loop {
    /// Whether it goes on for as long as a lock can be taken: `while (lock.tryLock()) { … }`.
    pub fn goes_on_while_taken(&self) -> bool {
        matches!(
            self.cond,
            Some(Cond::Test {
                test: Test::Taken(_),
                ..
            })
        )
    }
}

/// A case of a switch.
#[derive(Debug, Clone)]
pub struct Case {
    pub test: Option<Cond>,
    pub body: Block,
    /// Control goes on into the next case.
    pub falls_through: bool,
}

/// An exception handler.
#[derive(Debug, Clone)]
pub struct Handler {
    /// What it catches, as written; `None`: everything.
    pub only: Option<String>,
    pub body: Block,
}

impl Handler {
    /// The classes that it names.
    pub fn classes(&self) -> impl Iterator<Item = String> + '_ {
        let only = self.only.as_deref().unwrap_or_default();
        let classes = only.split(" as ").next().unwrap_or(only);
        classes
            .trim_matches(['(', ')'])
            .split(',')
            .map(|class| class.trim().to_owned())
            .filter(|class| !class.is_empty())
    }
}

/// Something that an expression does, in order of evaluation.
#[derive(Debug, Clone)]
pub struct Event {
    pub span: Span,
    pub kind: EventKind,
}

/// What an [`Event`] is.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// Others can see it, and it may throw: a call, an await, a yield.
    Call {
        label: String,
    },
    /// Others can see it, and it does not throw: a write to a field.
    Effect {
        label: String,
    },
    /// An operator that may throw and does nothing else.
    MayThrow {
        label: String,
    },
    Acquire(SiteId),
    Release(SiteId),
    /// What is held of the lock of this acquire, by whatever took it, is given to the object that the
    /// acquire belongs to.
    Adopt(SiteId),
    Assign {
        var: String,
        value: Value,
    },
    /// The variable that was just assigned stands for an expression: returning it returns that.
    Means {
        var: String,
        text: String,
        /// What the expression reads.
        names: Vec<String>,
        /// Nothing that others do changes it.
        lasting: bool,
    },
    /// Parts of an expression that run on a condition: `a && f()`.
    Choice {
        cond: Box<Cond>,
        yes: Vec<Event>,
        no: Vec<Event>,
    },
    /// A callback that runs in place, between the acquire and the release of a helper.
    Inline {
        enter: SiteId,
        exit: SiteId,
        body: Block,
    },
    /// The process ends here; nothing guaranteed runs.
    ProcessExit {
        label: String,
    },
    /// An expression that throws: `$x ?? throw …`.
    Throw {
        label: String,
    },
}

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Unknown,
    Null,
    False,
    True,
    /// Whether the acquire at this site took the lock (or its ticket).
    Taken(SiteId),
    /// Whether it did not: a status that is zero when all went well.
    NotTaken(SiteId),
}

/// A condition, with what its evaluation does.
#[derive(Debug, Clone)]
pub enum Cond {
    Test { events: Vec<Event>, test: Test },
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
}

/// The question that a condition asks in the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    Const(bool),
    /// Is the variable true?
    Var(String),
    /// Is the variable null/None/undefined?
    IsNull(String),
    /// Did the acquire at this site take the lock?
    Taken(SiteId),
    /// Does leaving what the label names swallow the exception? Hardly anything does.
    Swallowed(String),
    /// Is the lock held? `mutex.isLocked()`
    Held(KeyId),
    /// Did an object that knows what it took take it? `guard.owns_lock()`
    Owned(KeyId),
    /// Not known; `pure` conditions give the same answer until one of `names` is assigned.
    Unknown {
        label: String,
        names: Vec<String>,
        pure: bool,
    },
}

impl Cond {
    /// A condition of which nothing is known.
    pub fn unknown(events: Vec<Event>, label: String) -> Cond {
        Cond::Test {
            events,
            test: Test::Unknown {
                label,
                names: Vec::new(),
                pure: false,
            },
        }
    }
}

impl StmtKind {
    /// A return of an operand whose text says which variables it means.
    pub fn returning(value: Vec<Event>, operand: String) -> StmtKind {
        StmtKind::Return {
            value,
            meaning: operand.clone(),
            operand,
        }
    }
}

impl Stmt {
    /// The blocks directly below the statement, in order of the text.
    pub fn blocks(&self) -> Vec<&Block> {
        match &self.kind {
            StmtKind::Block(block) | StmtKind::InPlace(block) => vec![block],
            StmtKind::If {
                then, otherwise, ..
            } => std::iter::once(then).chain(otherwise).collect(),
            StmtKind::Loop(l) => std::iter::once(&l.body).chain(&l.otherwise).collect(),
            StmtKind::Switch { cases, .. } => cases.iter().map(|case| &case.body).collect(),
            StmtKind::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => std::iter::once(body)
                .chain(handlers.iter().map(|handler| &handler.body))
                .chain(otherwise)
                .chain(finally)
                .collect(),
            StmtKind::With { body, .. } => vec![body],
            StmtKind::Scoped {
                exit: WithExit::Block { block, .. },
                ..
            } => vec![block],
            StmtKind::Labeled { body, .. } => body.blocks(),
            StmtKind::Plain(_)
            | StmtKind::Return { .. }
            | StmtKind::Throw { .. }
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Goto(_)
            | StmtKind::Scoped { .. } => Vec::new(),
        }
    }

    /// The events of the statement itself, in order, those of its blocks left out.
    pub fn own_events(&self) -> Vec<&Event> {
        let mut out = Vec::new();
        self.any_own_event(&mut |event| {
            out.push(event);
            false
        });
        out
    }

    /// Every event of the statement and of what stands in it.
    pub fn all_events(&self) -> Vec<&Event> {
        let mut out = Vec::new();
        self.any_event(&mut |event| {
            out.push(event);
            false
        });
        out
    }

    /// Whether the site is touched in the statement or below.
    pub fn holds_site(&self, site: SiteId) -> bool {
        self.any_event(&mut |event| match event.kind {
            EventKind::Acquire(id) | EventKind::Release(id) => id == site,
            _ => false,
        })
    }

    /// Whether the test holds of an event of the statement or of what stands in it; the first ends the search.
    pub fn any_event<'a>(&'a self, test: &mut dyn FnMut(&'a Event) -> bool) -> bool {
        self.any_own_event(test)
            || self
                .blocks()
                .into_iter()
                .flat_map(|block| &block.stmts)
                .any(|stmt| stmt.any_event(test))
    }

    /// The same of the events of the statement itself.
    fn any_own_event<'a>(&'a self, test: &mut dyn FnMut(&'a Event) -> bool) -> bool {
        match &self.kind {
            StmtKind::Plain(events)
            | StmtKind::Return { value: events, .. }
            | StmtKind::Throw { value: events, .. } => any_of(events, test),
            StmtKind::If { cond, .. } => any_of_cond(cond, test),
            StmtKind::Loop(l) => {
                any_of(&l.init, test)
                    || l.cond.as_ref().is_some_and(|cond| any_of_cond(cond, test))
                    || any_of(&l.step, test)
            }
            StmtKind::Switch { subject, cases, .. } => {
                let mut tests = cases.iter().filter_map(|case| case.test.as_ref());
                any_of(subject, test) || tests.any(|cond| any_of_cond(cond, test))
            }
            StmtKind::With { enter, .. } | StmtKind::Scoped { enter, .. } => any_of(enter, test),
            StmtKind::Labeled { body, .. } => body.any_own_event(test),
            StmtKind::Block(_)
            | StmtKind::InPlace(_)
            | StmtKind::Try { .. }
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Goto(_) => false,
        }
    }

    /// Whether control does not come out behind the statement.
    pub fn leaves(&self) -> bool {
        match &self.kind {
            StmtKind::Return { .. }
            | StmtKind::Goto(_)
            | StmtKind::Throw { .. }
            | StmtKind::Break(_)
            | StmtKind::Continue(_) => true,
            StmtKind::Plain(events) => events
                .iter()
                .any(|event| matches!(event.kind, EventKind::ProcessExit { .. })),
            _ => false,
        }
    }

    /// The one event of a statement that does nothing else.
    pub fn sole_event(&self) -> Option<&Event> {
        match &self.kind {
            StmtKind::Plain(events) => match events.as_slice() {
                [event] => Some(event),
                _ => None,
            },
            _ => None,
        }
    }
}

fn any_of<'a>(events: &'a [Event], test: &mut dyn FnMut(&'a Event) -> bool) -> bool {
    events.iter().any(|event| {
        test(event)
            || match &event.kind {
                EventKind::Choice { cond, yes, no } => {
                    any_of_cond(cond, test) || any_of(yes, test) || any_of(no, test)
                }
                EventKind::Inline { body, .. } => {
                    body.stmts.iter().any(|stmt| stmt.any_event(test))
                }
                _ => false,
            }
    })
}

fn any_of_cond<'a>(cond: &'a Cond, test: &mut dyn FnMut(&'a Event) -> bool) -> bool {
    match cond {
        Cond::Test { events, .. } => any_of(events, test),
        Cond::Not(inner) => any_of_cond(inner, test),
        Cond::And(a, b) | Cond::Or(a, b) => any_of_cond(a, test) || any_of_cond(b, test),
    }
}
