//! Statements, each knowing where control goes next.

use super::frames::{Cleanup, Frame, cleanup_of};
use super::{Builder, Built, MOST_OPS, Op, Pc, TooLarge};
use crate::finding::LeakKind;
use crate::flow::{Block, Case, Event, Handler, Loop, Stmt, StmtKind, Test, WithExit};
use crate::source::Span;

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

impl Builder<'_> {
    pub(super) fn block(&mut self, block: &Block, next: Pc) -> Built {
        self.stmts(&block.stmts, next)
    }

    /// Statements in a row. What follows a [`StmtKind::Scoped`] runs inside of it; labels there
    /// are not seen from in front of it.
    pub(super) fn stmts(&mut self, stmts: &[Stmt], next: Pc) -> Built {
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

    pub(super) fn labelled(&mut self, stmts: &[Stmt], scoped: Option<usize>, next: Pc) -> Built {
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

    pub(super) fn stmt(&mut self, stmt: &Stmt, next: Pc) -> Built {
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
            StmtKind::Return { value, meaning, .. } => self.returned(value, meaning, stmt.span),
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

    pub(super) fn looped(&mut self, l: &Loop, label: Option<&String>, next: Pc) -> Built {
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
            Some(cond) => {
                self.looping = true;
                let test = self.cond(cond, body, done);
                self.looping = false;
                test?
            }
            None => body,
        };
        self.ops[head] = Op::Goto(test);
        self.events(&l.init, if l.test_last { body } else { head })
    }

    pub(super) fn cases(&mut self, cases: &[Case], next: Pc) -> Result<Vec<Pc>, TooLarge> {
        let mut bodies = vec![next; cases.len()];
        let mut following = next;
        for (index, case) in cases.iter().enumerate().rev() {
            let after = if case.falls_through { following } else { next };
            bodies[index] = self.block(&case.body, after)?;
            following = bodies[index];
        }
        Ok(bodies)
    }

    pub(super) fn switch(
        &mut self,
        subject: &[Event],
        cases: &[Case],
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

    pub(super) fn tried(
        &mut self,
        body: &Block,
        handlers: &[Handler],
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

    pub(super) fn caught(
        &mut self,
        body: &Block,
        handlers: &[Handler],
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
            let caught = self.push(Op::Caught {
                body: Some(body.span),
                next: inside,
            });
            entry = match &handler.only {
                None => caught,
                Some(only) => self.push(Op::Branch {
                    test: Test::Unknown {
                        label: format!("catches {only}"),
                        names: Vec::new(),
                        pure: false,
                    },
                    looping: false,
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
}
