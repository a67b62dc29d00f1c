//! What is asked of a body once for each of its locks or acquires, and answered once for all of them: a
//! function may hold hundreds.

use crate::flow::{Block, Body, EventKind, KeyId, SiteId, Stmt};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// What was found out of a body. Begins empty.
#[derive(Debug, Default)]
pub struct Known<'b> {
    around: OnceCell<Around<'b>>,
    of_keys: RefCell<HashMap<(KeyId, Question), bool>>,
}

/// What can be asked of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// Whether somebody else frees it, or is given it.
    OfOthers,
    /// Whether it is taken again to wait for somebody.
    Signal,
    /// Whether a `finally` asks before it releases it.
    AskedFor,
}

impl<'b> Known<'b> {
    /// The statements around each site of the body.
    pub fn around(&self, body: &'b Body) -> &Around<'b> {
        self.around.get_or_init(|| Around::new(body))
    }

    /// The answer for the lock, which `find_out` is called for once.
    pub fn of_key(&self, key: KeyId, question: Question, find_out: impl FnOnce() -> bool) -> bool {
        let known = self.of_keys.borrow().get(&(key, question)).copied();
        known.unwrap_or_else(|| {
            let answer = find_out();
            self.of_keys.borrow_mut().insert((key, question), answer);
            answer
        })
    }
}

/// The statements that touch each site, from the outermost to the innermost.
#[derive(Debug)]
pub struct Around<'b>(Vec<Vec<&'b Stmt>>);

impl<'b> Around<'b> {
    fn new(body: &'b Body) -> Around<'b> {
        let mut around = Around(vec![Vec::new(); body.sites.len()]);
        around.add(&body.root);
        around
    }

    fn add(&mut self, block: &'b Block) {
        for stmt in &block.stmts {
            stmt.any_event(&mut |event| {
                if let EventKind::Acquire(site) | EventKind::Release(site) = event.kind
                    && let Some(known) = self.0.get_mut(site)
                    && !known.last().is_some_and(|last| std::ptr::eq(*last, stmt))
                {
                    known.push(stmt);
                }
                false
            });
            for inner in stmt.blocks() {
                self.add(inner);
            }
        }
    }

    /// Those of a site.
    pub fn of(&self, site: SiteId) -> &[&'b Stmt] {
        self.0.get(site).map_or(&[], Vec::as_slice)
    }
}
