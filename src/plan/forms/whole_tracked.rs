//! A flag that says whether the lock is held, for a block that takes and frees it wherever it does.

use crate::finding::{LeakKind, Reason};
use crate::plan::build::Builder;
use crate::refusal::reason;

impl Builder<'_> {
    /// `held = false; try { … acquire; held = true; … held = false; release … } finally { if (held) release }`
    pub(in crate::plan) fn whole_tracked(&mut self) -> Result<(), Reason> {
        // What leaves a round without the function would come back with the lock.
        let stays = |kind: LeakKind| !matches!(kind, LeakKind::Return | LeakKind::Exception);
        if self.defers() && self.task.leaks.iter().any(|leak| stays(leak.kind)) {
            return Err(reason(
                "no-form",
                "what is deferred runs only when the function is left",
            ));
        }
        self.names_are_known()?;
        self.switch_may_end()?;
        let flag = self.flag()?;
        for site in self.region.kept.clone() {
            self.flag_release(site, &flag)?;
        }
        for site in self.acquires() {
            self.flag_taken(site, &flag)?;
        }
        self.strained = true;
        let declared = self.printer.declare_flag(&flag, self.printer.truth(false));
        self.released_if(&flag, declared)
    }
}
