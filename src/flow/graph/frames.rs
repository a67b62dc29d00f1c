//! What surrounds a statement: where its exits go.

use super::{Builder, Pc};
use crate::flow::{Block, Event, SiteId, WithExit};
use crate::source::Span;
use std::collections::HashMap;

/// What surrounds the statement that is being compiled, outermost first.
pub(super) enum Frame {
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
pub(super) enum Cleanup {
    Block(Block),
    Release(SiteId),
    Events(Vec<Event>),
    Call(String, Span),
}

pub(super) fn cleanup_of(exit: &WithExit, span: Span) -> Cleanup {
    match exit {
        WithExit::Release(site) => Cleanup::Release(*site),
        WithExit::Events(events) => Cleanup::Events(events.clone()),
        WithExit::Block { block, .. } => Cleanup::Block(block.clone()),
        WithExit::Call { label, .. } => Cleanup::Call(label.clone(), span),
    }
}

impl Builder<'_> {
    /// Where an exception goes from here.
    pub(super) fn throw_target(&self) -> Pc {
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
    pub(super) fn acquire_throws(&self, site: SiteId) -> Option<Pc> {
        let acquire = self.sites[site].acquire();
        (!acquire.is_some_and(|acquire| acquire.cannot_throw)).then(|| self.throw_target())
    }

    /// What surrounds the statement within its function, innermost first: no jump leaves a function,
    /// not even one that is called where it stands.
    pub(super) fn own_frames(&self) -> impl Iterator<Item = (usize, &Frame)> {
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

    /// The innermost label of this name that is in sight: the depth of its frame and its step.
    pub(super) fn label(&self, name: &str) -> Option<(usize, Pc)> {
        self.own_frames().find_map(|(depth, frame)| match frame {
            Frame::Labels(labels) => labels
                .iter()
                .find(|(label, _)| label == name)
                .map(|(_, step)| (depth, *step)),
            _ => None,
        })
    }
}
