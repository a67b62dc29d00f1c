//! Ways out of a statement: jumps, returns, and what runs on the way.

use super::frames::{Cleanup, Frame};
use super::{Builder, Built, Op, Pc, TooLarge};
use crate::finding::LeakKind;
use crate::flow::{Event, EventKind, Test};
use crate::source::Span;
use std::collections::HashMap;

impl Builder<'_> {
    /// Compiles `inside` so that every way out of it runs `what`.
    pub(super) fn with_cleanup(
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
                let caught = self.push(Op::Caught { body: None, next });
                self.push(Op::Branch {
                    test: Test::Swallowed(label.clone()),
                    looping: false,
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

    pub(super) fn cleanup(&mut self, what: &Cleanup, next: Pc) -> Built {
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

    /// The way to `target`, through everything that runs on the way out to frame `depth`.
    pub(super) fn through_cleanups(&mut self, depth: usize, target: Pc) -> Built {
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

    pub(super) fn jump(&mut self, label: Option<&str>, is_break: bool, span: Span) -> Built {
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

    pub(super) fn goto(&mut self, label: &str, span: Span) -> Built {
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

    pub(super) fn returned(&mut self, value: &[Event], meaning: &str, span: Span) -> Built {
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
            label: meaning.to_owned(),
            span,
            from,
            next,
        });
        self.events(value, leave)
    }
}
