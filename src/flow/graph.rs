//! The flow tree compiled into a flat graph.
//!
//! Built backwards, each statement knowing where control goes next. A `finally` (and whatever
//! else runs on the way out) is compiled once per place that control is on its way to, so that a
//! walk of the graph needs no stack.

use super::{
    Block, Body, Cond, Event, EventKind, Loop, Site, SiteId, Stmt, StmtKind, Test, Value, WithExit,
};
use crate::finding::LeakKind;
use crate::source::Span;
use std::collections::HashMap;

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
    /// An exception is caught here.
    Caught {
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

/// What surrounds the statement that is being compiled, outermost first.
enum Frame {
    Function {
        ret: Pc,
        throw: Pc,
    },
    /// A callback that runs in place: its returns end it.
    Inline {
        ret: Pc,
    },
    /// A function that is called where it is written.
    InPlace {
        ret: Pc,
        body: Span,
    },
    Target {
        label: Option<String>,
        body: Span,
        brk: Pc,
        /// `None` for a switch or a labelled block.
        cont: Option<Pc>,
    },
    Catch {
        throw: Pc,
        /// Handlers by the class that they name.
        named: Vec<(String, Pc)>,
    },
    /// The labels of a block that a goto may name, and the steps reserved for them.
    Labels(Vec<(String, Pc)>),
    /// Something runs on the way out.
    Cleanup {
        what: Cleanup,
        /// By destination.
        compiled: HashMap<Pc, Pc>,
        throw: Pc,
    },
}

#[derive(Clone)]
enum Cleanup {
    Block(Block),
    Release(SiteId),
    Events(Vec<Event>),
    Call(String, Span),
}

fn cleanup_of(exit: &WithExit, span: Span) -> Cleanup {
    match exit {
        WithExit::Release(site) => Cleanup::Release(*site),
        WithExit::Events(events) => Cleanup::Events(events.clone()),
        WithExit::Block { block, .. } => Cleanup::Block(block.clone()),
        WithExit::Call { label, .. } => Cleanup::Call(label.clone(), span),
    }
}

/// The labels of a statement: `a: b: work();` has two.
fn labels_of(stmt: &Stmt) -> Vec<&str> {
    let mut labels = Vec::new();
    let mut at = stmt;
    while let StmtKind::Labeled { label, body } = &at.kind {
        labels.push(label.as_str());
        at = body;
    }
    labels
}

struct Builder<'b> {
    ops: Vec<Op>,
    frames: Vec<Frame>,
    sites: &'b [Site],
    /// The whole function.
    whole: Span,
}

type Built = Result<Pc, TooLarge>;

impl Builder<'_> {
    fn push(&mut self, op: Op) -> Pc {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn block(&mut self, block: &Block, next: Pc) -> Built {
        self.stmts(&block.stmts, next)
    }

    /// Statements in a row. What follows a [`StmtKind::Scoped`] runs inside of it; labels there
    /// are not seen from in front of it.
    fn stmts(&mut self, stmts: &[Stmt], next: Pc) -> Built {
        let scoped = stmts
            .iter()
            .position(|stmt| matches!(stmt.kind, StmtKind::Scoped { .. }));
        let own = &stmts[..scoped.map_or(stmts.len(), |at| at + 1)];
        let labels: Vec<(String, Pc)> = own
            .iter()
            .flat_map(labels_of)
            .map(|label| (label.to_owned(), self.push(Op::Goto(next))))
            .collect();
        self.frames.push(Frame::Labels(labels));
        let entry = self.labelled(stmts, scoped, next);
        self.frames.pop();
        entry
    }

    fn labelled(&mut self, stmts: &[Stmt], scoped: Option<usize>, next: Pc) -> Built {
        let Some(at) = scoped else {
            return stmts
                .iter()
                .rev()
                .try_fold(next, |next, stmt| self.stmt(stmt, next));
        };
        let (before, rest) = (&stmts[..at], &stmts[at + 1..]);
        let StmtKind::Scoped { enter, exit } = &stmts[at].kind else {
            return Err(TooLarge);
        };
        let span = stmts[at].span;
        let what = cleanup_of(exit, span);
        let swallowed = match exit {
            WithExit::Block {
                swallows: Some(label),
                ..
            } => Some((label, next)),
            _ => None,
        };
        let rest = self.with_cleanup(what, next, swallowed, |builder, next| {
            builder.stmts(rest, next)
        })?;
        let entry = self.events(enter, rest)?;
        before
            .iter()
            .rev()
            .try_fold(entry, |next, stmt| self.stmt(stmt, next))
    }

    fn stmt(&mut self, stmt: &Stmt, next: Pc) -> Built {
        if self.ops.len() > MOST_OPS {
            return Err(TooLarge);
        }
        match &stmt.kind {
            StmtKind::Plain(events) => self.events(events, next),
            StmtKind::Block(block) => self.block(block, next),
            StmtKind::InPlace(body) => {
                self.frames.push(Frame::InPlace {
                    ret: next,
                    body: body.span,
                });
                let entry = self.block(body, next);
                self.frames.pop();
                entry
            }
            StmtKind::If {
                cond,
                then,
                otherwise,
            } => {
                let no = match otherwise {
                    Some(block) => self.block(block, next)?,
                    None => next,
                };
                let yes = self.block(then, next)?;
                self.cond(cond, yes, no)
            }
            StmtKind::Loop(l) => self.looped(l, None, next),
            StmtKind::Labeled { label, body } => {
                let entry = match &body.kind {
                    StmtKind::Loop(l) => self.looped(l, Some(label), next)?,
                    _ => {
                        self.frames.push(Frame::Target {
                            label: Some(label.clone()),
                            body: body.span,
                            brk: next,
                            cont: None,
                        });
                        let entry = self.stmt(body, next);
                        self.frames.pop();
                        entry?
                    }
                };
                if let Some((_, reserved)) = self.label(label) {
                    self.ops[reserved] = Op::Goto(entry);
                }
                Ok(entry)
            }
            StmtKind::Switch {
                subject,
                cases,
                exhaustive,
                breakable,
            } => {
                if *breakable {
                    self.frames.push(Frame::Target {
                        label: None,
                        body: Span::default(),
                        brk: next,
                        cont: None,
                    });
                }
                let bodies = self.cases(cases, next);
                if *breakable {
                    self.frames.pop();
                }
                self.switch(subject, cases, &bodies?, *exhaustive, next)
            }
            StmtKind::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => self.tried(body, handlers, otherwise.as_ref(), finally.as_ref(), next),
            StmtKind::With { enter, exit, body } => {
                let what = cleanup_of(exit, stmt.span);
                let swallowed = match exit {
                    WithExit::Call {
                        swallows: true,
                        label,
                    } => Some((label, next)),
                    _ => None,
                };
                let body = self.with_cleanup(what, next, swallowed, |builder, next| {
                    builder.block(body, next)
                })?;
                self.events(enter, body)
            }
            StmtKind::Return { value, operand } => self.returned(value, operand, stmt.span),
            StmtKind::Throw { value, class } => {
                let around = self
                    .frames
                    .iter()
                    .rev()
                    .find(|frame| !matches!(frame, Frame::Labels(_)));
                let target = match (around, class) {
                    (Some(Frame::Catch { named, .. }), Some(class)) => named
                        .iter()
                        .find(|(caught, _)| caught == class)
                        .map(|(_, handler)| *handler),
                    _ => None,
                };
                let target = target.unwrap_or_else(|| self.throw_target());
                let leave = self.push(Op::Leave {
                    kind: LeakKind::Throw,
                    label: String::new(),
                    span: stmt.span,
                    from: None,
                    next: target,
                });
                self.events(value, leave)
            }
            StmtKind::Break(label) => self.jump(label.as_deref(), true, stmt.span),
            StmtKind::Continue(label) => self.jump(label.as_deref(), false, stmt.span),
            StmtKind::Goto(label) => self.goto(label, stmt.span),
            // Its block has compiled it.
            StmtKind::Scoped { .. } => Err(TooLarge),
        }
    }

    /// The innermost label of this name that is in sight: the depth of its frame and its step.
    fn label(&self, name: &str) -> Option<(usize, Pc)> {
        self.own_frames().find_map(|(depth, frame)| match frame {
            Frame::Labels(labels) => labels
                .iter()
                .find(|(label, _)| label == name)
                .map(|(_, step)| (depth, *step)),
            _ => None,
        })
    }

    fn goto(&mut self, label: &str, span: Span) -> Built {
        let (depth, target) = self.label(label).ok_or(TooLarge)?;
        let next = self.through_cleanups(depth, target)?;
        Ok(self.push(Op::Leave {
            kind: LeakKind::Goto,
            label: label.to_owned(),
            span,
            from: Some(self.whole),
            next,
        }))
    }

    fn returned(&mut self, value: &[Event], operand: &str, span: Span) -> Built {
        let (depth, target, from) = self
            .frames
            .iter()
            .enumerate()
            .rev()
            .find_map(|(depth, frame)| match frame {
                Frame::Function { ret, .. } | Frame::Inline { ret } => Some((depth, *ret, None)),
                Frame::InPlace { ret, body } => Some((depth, *ret, Some(*body))),
                _ => None,
            })
            .ok_or(TooLarge)?;
        let next = self.through_cleanups(depth, target)?;
        // A returned callback that runs in place returns for the function.
        if let [event] = value
            && let EventKind::Inline { enter, exit, body } = &event.kind
        {
            let end = self.push(Op::Leave {
                kind: LeakKind::EndOfBody,
                label: String::new(),
                span,
                from: None,
                next,
            });
            return self.inline(*enter, *exit, body, next, end);
        }
        let leave = self.push(Op::Leave {
            kind: LeakKind::Return,
            label: operand.to_owned(),
            span,
            from,
            next,
        });
        self.events(value, leave)
    }

    /// `ret`: where a return of the callback goes; `end`: where its end goes.
    fn inline(&mut self, enter: SiteId, exit: SiteId, body: &Block, ret: Pc, end: Pc) -> Built {
        self.frames.push(Frame::Inline { ret });
        let entry = self.with_cleanup(Cleanup::Release(exit), end, None, |builder, next| {
            builder.block(body, next)
        });
        self.frames.pop();
        let entry = entry?;
        let on_throw = self.acquire_throws(enter);
        Ok(self.push(Op::Acquire {
            site: enter,
            next: entry,
            on_throw,
        }))
    }

    fn looped(&mut self, l: &Loop, label: Option<&String>, next: Pc) -> Built {
        let done = match &l.otherwise {
            Some(block) => self.block(block, next)?,
            None => next,
        };
        // The head is known only after the body: reserve it.
        let head = self.push(Op::Goto(next));
        let step = self.events(&l.step, head)?;
        self.frames.push(Frame::Target {
            label: label.cloned(),
            body: l.body.span,
            brk: next,
            cont: Some(step),
        });
        let body = self.block(&l.body, step);
        self.frames.pop();
        let body = body?;
        let test = match &l.cond {
            Some(cond) => self.cond(cond, body, done)?,
            None => body,
        };
        self.ops[head] = Op::Goto(test);
        self.events(&l.init, if l.test_last { body } else { head })
    }

    fn cases(&mut self, cases: &[super::Case], next: Pc) -> Result<Vec<Pc>, TooLarge> {
        let mut bodies = vec![next; cases.len()];
        let mut following = next;
        for (index, case) in cases.iter().enumerate().rev() {
            let after = if case.falls_through { following } else { next };
            bodies[index] = self.block(&case.body, after)?;
            following = bodies[index];
        }
        Ok(bodies)
    }

    fn switch(
        &mut self,
        subject: &[Event],
        cases: &[super::Case],
        bodies: &[Pc],
        exhaustive: bool,
        next: Pc,
    ) -> Built {
        // The case without a test is taken when no other one matches, wherever it stands.
        let mut entry = cases
            .iter()
            .position(|case| case.test.is_none())
            .map_or(next, |index| bodies[index]);
        let mut last = exhaustive && cases.iter().all(|case| case.test.is_some());
        for (case, &body) in cases.iter().zip(bodies).rev() {
            if let Some(test) = &case.test {
                let no = if std::mem::take(&mut last) {
                    body
                } else {
                    entry
                };
                entry = self.cond(test, body, no)?;
            }
        }
        self.events(subject, entry)
    }

    fn tried(
        &mut self,
        body: &Block,
        handlers: &[super::Handler],
        otherwise: Option<&Block>,
        finally: Option<&Block>,
        next: Pc,
    ) -> Built {
        let Some(finally) = finally else {
            return self.caught(body, handlers, otherwise, next);
        };
        self.with_cleanup(
            Cleanup::Block(finally.clone()),
            next,
            None,
            |builder, next| builder.caught(body, handlers, otherwise, next),
        )
    }

    fn caught(
        &mut self,
        body: &Block,
        handlers: &[super::Handler],
        otherwise: Option<&Block>,
        next: Pc,
    ) -> Built {
        let after = match otherwise {
            Some(block) => self.block(block, next)?,
            None => next,
        };
        if handlers.is_empty() {
            return self.block(body, after);
        }
        // What no handler matches goes on outwards.
        let mut entry = self.throw_target();
        let mut named = Vec::new();
        for handler in handlers.iter().rev() {
            let inside = self.block(&handler.body, next)?;
            let caught = self.push(Op::Caught { next: inside });
            entry = match &handler.only {
                None => caught,
                Some(only) => self.push(Op::Branch {
                    test: Test::Unknown {
                        label: format!("catches {only}"),
                        names: Vec::new(),
                        pure: false,
                    },
                    yes: caught,
                    no: entry,
                }),
            };
            named.extend(handler.classes().map(|class| (class, caught)));
        }
        self.frames.push(Frame::Catch {
            throw: entry,
            named,
        });
        let entry = self.block(body, after);
        self.frames.pop();
        entry
    }

    /// Compiles `inside` so that every way out of it runs `what`.
    fn with_cleanup(
        &mut self,
        what: Cleanup,
        next: Pc,
        swallowed: Option<(&String, Pc)>,
        inside: impl FnOnce(&mut Self, Pc) -> Built,
    ) -> Built {
        let outer_throw = self.throw_target();
        let normal = self.cleanup(&what, next)?;
        let rethrow = match swallowed {
            None => outer_throw,
            Some((label, next)) => {
                let caught = self.push(Op::Caught { next });
                self.push(Op::Branch {
                    test: Test::Swallowed(label.clone()),
                    yes: caught,
                    no: outer_throw,
                })
            }
        };
        let throw = self.cleanup(&what, rethrow)?;
        self.frames.push(Frame::Cleanup {
            what,
            compiled: HashMap::new(),
            throw,
        });
        let entry = inside(self, normal);
        self.frames.pop();
        entry
    }

    fn cleanup(&mut self, what: &Cleanup, next: Pc) -> Built {
        match what {
            Cleanup::Block(block) => self.block(block, next),
            Cleanup::Release(site) => Ok(self.push(Op::Release { site: *site, next })),
            Cleanup::Events(events) => self.events(events, next),
            Cleanup::Call(label, span) => {
                let on_throw = Some(self.throw_target());
                Ok(self.push(Op::Observe {
                    label: label.clone(),
                    span: *span,
                    next,
                    on_throw,
                }))
            }
        }
    }

    /// Where an exception goes from here.
    fn throw_target(&self) -> Pc {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| match frame {
                Frame::Function { throw, .. }
                | Frame::Catch { throw, .. }
                | Frame::Cleanup { throw, .. } => Some(*throw),
                Frame::Inline { .. }
                | Frame::InPlace { .. }
                | Frame::Target { .. }
                | Frame::Labels(_) => None,
            })
            .unwrap_or_default()
    }

    /// Where an exception out of the acquire goes, if it can throw.
    fn acquire_throws(&self, site: SiteId) -> Option<Pc> {
        let acquire = self.sites[site].acquire();
        (!acquire.is_some_and(|acquire| acquire.cannot_throw)).then(|| self.throw_target())
    }

    /// What surrounds the statement within its function, innermost first: no jump leaves a function,
    /// not even one that is called where it stands.
    fn own_frames(&self) -> impl Iterator<Item = (usize, &Frame)> {
        let is_function = |frame: &Frame| {
            matches!(
                frame,
                Frame::Function { .. } | Frame::Inline { .. } | Frame::InPlace { .. }
            )
        };
        self.frames
            .iter()
            .enumerate()
            .rev()
            .take_while(move |(_, frame)| !is_function(frame))
    }

    fn jump(&mut self, label: Option<&str>, is_break: bool, span: Span) -> Built {
        let found = self.own_frames().find_map(|(depth, frame)| {
            let Frame::Target {
                label: own,
                body,
                brk,
                cont,
            } = frame
            else {
                return None;
            };
            let named = label.is_none_or(|label| own.as_deref() == Some(label));
            // An unlabelled break does not see labelled blocks, a continue no switch.
            let fits = if is_break {
                label.is_some() || cont.is_some() || own.is_none()
            } else {
                cont.is_some()
            };
            let target = if is_break { Some(*brk) } else { *cont };
            (named && fits).then_some((depth, *body, target))
        });
        let Some((depth, body, Some(target))) = found else {
            return Err(TooLarge);
        };
        let next = self.through_cleanups(depth, target)?;
        Ok(self.push(Op::Leave {
            kind: if is_break {
                LeakKind::Break
            } else {
                LeakKind::Continue
            },
            label: String::new(),
            span,
            from: Some(body),
            next,
        }))
    }

    /// The way to `target`, through everything that runs on the way out to frame `depth`.
    fn through_cleanups(&mut self, depth: usize, target: Pc) -> Built {
        let mut target = target;
        for index in depth + 1..self.frames.len() {
            let Frame::Cleanup { what, compiled, .. } = &self.frames[index] else {
                continue;
            };
            if let Some(&known) = compiled.get(&target) {
                target = known;
                continue;
            }
            let what = what.clone();
            let inner = self.frames.split_off(index);
            let built = self.cleanup(&what, target);
            self.frames.extend(inner);
            let built = built?;
            if let Frame::Cleanup { compiled, .. } = &mut self.frames[index] {
                compiled.insert(target, built);
            }
            target = built;
        }
        Ok(target)
    }

    fn events(&mut self, events: &[Event], next: Pc) -> Built {
        events
            .iter()
            .rev()
            .try_fold(next, |next, event| self.event(event, next))
    }

    fn event(&mut self, event: &Event, next: Pc) -> Built {
        let on_throw = self.throw_target();
        let span = event.span;
        let op = match &event.kind {
            EventKind::Call { label } => Op::Observe {
                label: label.clone(),
                span,
                next,
                on_throw: Some(on_throw),
            },
            EventKind::Effect { label } => Op::Observe {
                label: label.clone(),
                span,
                next,
                on_throw: None,
            },
            EventKind::MayThrow { label } => Op::MayThrow {
                label: label.clone(),
                span,
                next,
                on_throw,
            },
            EventKind::Acquire(site) => Op::Acquire {
                site: *site,
                next,
                on_throw: self.acquire_throws(*site),
            },
            EventKind::Release(site) => Op::Release { site: *site, next },
            EventKind::Assign { var, value } => Op::Set {
                var: var.clone(),
                value: value.clone(),
                next,
            },
            EventKind::Means {
                var,
                text,
                names,
                lasting,
            } => Op::Means {
                var: var.clone(),
                text: text.clone(),
                names: names.clone(),
                lasting: *lasting,
                next,
            },
            EventKind::Choice { cond, yes, no } => {
                let yes = self.events(yes, next)?;
                let no = self.events(no, next)?;
                return self.cond(cond, yes, no);
            }
            EventKind::Inline { enter, exit, body } => {
                return self.inline(*enter, *exit, body, next, next);
            }
            EventKind::Throw { label } => Op::Leave {
                kind: LeakKind::Throw,
                label: label.clone(),
                span,
                from: None,
                next: on_throw,
            },
            EventKind::ProcessExit { label } => {
                let exit = self.push(Op::Exit(ExitKind::Process));
                Op::Observe {
                    label: label.clone(),
                    span,
                    next: exit,
                    on_throw: None,
                }
            }
        };
        Ok(self.push(op))
    }

    fn cond(&mut self, cond: &Cond, yes: Pc, no: Pc) -> Built {
        match cond {
            Cond::Test { events, test } => {
                let branch = self.push(Op::Branch {
                    test: test.clone(),
                    yes,
                    no,
                });
                self.events(events, branch)
            }
            Cond::Not(inner) => self.cond(inner, no, yes),
            Cond::And(a, b) => {
                let second = self.cond(b, yes, no)?;
                self.cond(a, second, no)
            }
            Cond::Or(a, b) => {
                let second = self.cond(b, yes, no)?;
                self.cond(a, yes, second)
            }
        }
    }
}
