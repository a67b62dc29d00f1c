//! What is deferred directly behind the acquire runs when the function is left.

use crate::finding::Reason;
use crate::flow::{SiteId, StmtKind, WithExit};
use crate::plan::build::{Builder, would_move};
use crate::refusal::reason;

impl Builder<'_> {
    /// `acquire; defer release`
    pub(in crate::plan) fn defer(&mut self) -> Result<(), Reason> {
        self.taken_once()?;
        self.not_in_a_loop()?;
        let start = &self.region.start;
        if start.maybe {
            return Err(reason(
                "acquire-conditional",
                "the acquire stands under a condition",
            ));
        }
        if self.region.main.is_some() || self.region.end != start.block.stmts.len() {
            return Err(reason(
                "no-form",
                "the lock is not held to the end of the function",
            ));
        }
        let release = self.release_text()?;
        let indent = self.task.file.source.indent.clone();
        let lines = self
            .printer
            .deferred(&[release], &indent)
            .ok_or_else(|| reason("no-form", "this language defers nothing"))?;
        for site in self.region.kept.clone() {
            let index = self
                .deferred_alone(site)
                .ok_or_else(|| would_move(&self.task, site))?;
            self.remove(self.region.start.block, index);
        }
        self.drop_releases();
        self.wraps = false;
        self.behind_acquire(&lines)
    }

    /// The statement of the region's block that defers this release and nothing else.
    fn deferred_alone(&self, site: SiteId) -> Option<usize> {
        let start = &self.region.start;
        (start.first..self.region.end).find(|index| {
            let StmtKind::Scoped {
                exit: WithExit::Block { block, .. },
                ..
            } = &start.block.stmts[*index].kind
            else {
                return false;
            };
            let [stmt] = block.stmts.as_slice() else {
                return false;
            };
            stmt.sole_event().is_some() && stmt.holds_site(site)
        })
    }
}
