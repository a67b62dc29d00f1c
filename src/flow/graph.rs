//! The flow tree compiled into a flat graph.
//!
//! Built backwards, each statement knowing where control goes next. A `finally` (and whatever
//! else runs on the way out) is compiled once per place that control is on its way to, so that a
//! walk of the graph needs no stack.

mod events;
mod exits;
mod frames;
mod statements;

use super::{Body, Site, SiteId, Test, Value};
use crate::finding::LeakKind;
use crate::source::Span;
use frames::Frame;

/// Index into [`Graph::ops`].
pub type Pc = usize;

/// A step.
#[derive(Debug, Clone)]
pub enum Op {
    /// Others can see it. `on_throw` is `None` when it cannot throw.
    Observe {
        label: String,
        span: Span,
        next: Pc,
        on_throw: Option<Pc>,
    },
    /// It may throw, and does nothing else.
    MayThrow {
        label: String,
        span: Span,
        next: Pc,
        on_throw: Pc,
    },
    Acquire {
        site: SiteId,
        next: Pc,
        /// `None` when it cannot throw.
        on_throw: Option<Pc>,
    },
    /// Who holds the lock of the acquire from here on is the object that the acquire belongs to.
    Adopt {
        site: SiteId,
        next: Pc,
    },
    Release {
        site: SiteId,
        next: Pc,
    },
    Set {
        var: String,
        value: Value,
        next: Pc,
    },
    /// The variable stands for an expression from here on.
    Means {
        var: String,
        text: String,
        names: Vec<String>,
        lasting: bool,
        next: Pc,
    },
    Branch {
        test: Test,
        /// It decides whether a loop goes on.
        looping: bool,
        yes: Pc,
        no: Pc,
    },
    /// Control sets out to leave: `return x`, `break`, …; what it leaves follows.
    Leave {
        kind: LeakKind,
        /// The operand of a return; empty otherwise.
        label: String,
        span: Span,
        /// What a jump within the function leaves: the body of a loop or of a function that is
        /// called in place.
        from: Option<Span>,
        next: Pc,
    },
    /// An exception is caught here that left the block at `body`.
    Caught {
        body: Option<Span>,
        next: Pc,
    },
    Goto(Pc),
    /// The function is left.
    Exit(ExitKind),
}

/// How the function is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitKind {
    Normal,
    Exception,
    /// The process ends.
    Process,
}

/// A compiled body.
#[derive(Debug)]
pub struct Graph {
    pub ops: Vec<Op>,
    pub entry: Pc,
}

/// The body is too large to be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Steps that a graph may have. Nested `finally` blocks multiply; nothing written by hand comes near.
const MOST_OPS: usize = 60_000;

impl Graph {
    /// Compiles `body`.
    ///
    /// # Errors
    /// [`TooLarge`] past [`MOST_OPS`] steps.
    pub fn new(body: &Body) -> Result<Graph, TooLarge> {
        let mut builder = Builder {
            ops: Vec::new(),
            frames: Vec::new(),
            sites: &body.sites,
            looping: false,
            whole: body.span,
        };
        let normal = builder.push(Op::Exit(ExitKind::Normal));
        let exception = builder.push(Op::Exit(ExitKind::Exception));
        builder.frames.push(Frame::Function {
            ret: normal,
            throw: exception,
        });
        let end = builder.push(Op::Leave {
            kind: LeakKind::EndOfBody,
            label: String::new(),
            span: Span::new(body.root.span.end.saturating_sub(1), body.root.span.end),
            from: None,
            next: normal,
        });
        let mut entry = builder.block(&body.root, end)?;
        for (id, site) in body.sites.iter().enumerate().rev() {
            if site.acquire().is_some_and(|acquire| acquire.at_entry) {
                entry = builder.push(Op::Acquire {
                    site: id,
                    next: entry,
                    on_throw: Some(exception),
                });
            }
        }
        Ok(Graph {
            ops: builder.ops,
            entry,
        })
    }
}

struct Builder<'b> {
    ops: Vec<Op>,
    frames: Vec<Frame>,
    sites: &'b [Site],
    /// What is compiled is the condition of a loop.
    looping: bool,
    /// The whole function.
    whole: Span,
}

type Built = Result<Pc, TooLarge>;

impl Builder<'_> {
    fn push(&mut self, op: Op) -> Pc {
        self.ops.push(op);
        self.ops.len() - 1
    }
}
