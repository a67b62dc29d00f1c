//! What expressions do, step by step.

use super::frames::{Cleanup, Frame};
use super::{Builder, Built, ExitKind, Op, Pc};
use crate::finding::LeakKind;
use crate::flow::{Block, Cond, Event, EventKind, SiteId};

impl Builder<'_> {
    pub(super) fn events(&mut self, events: &[Event], next: Pc) -> Built {
        events
            .iter()
            .rev()
            .try_fold(next, |next, event| self.event(event, next))
    }

    pub(super) fn event(&mut self, event: &Event, next: Pc) -> Built {
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
            EventKind::Adopt(site) => Op::Adopt { site: *site, next },
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

    pub(super) fn cond(&mut self, cond: &Cond, yes: Pc, no: Pc) -> Built {
        match cond {
            Cond::Test { events, test } => {
                let branch = self.push(Op::Branch {
                    test: test.clone(),
                    looping: self.looping,
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

    /// `ret`: where a return of the callback goes; `end`: where its end goes.
    pub(super) fn inline(
        &mut self,
        enter: SiteId,
        exit: SiteId,
        body: &Block,
        ret: Pc,
        end: Pc,
    ) -> Built {
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
}
