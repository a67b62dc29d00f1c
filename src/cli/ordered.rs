//! Work in parallel, results in order.

use crate::guard;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Deep input must not overflow the stack of a worker. Untouched pages cost nothing.
pub const STACK_SIZE: usize = 64 << 20;

/// How far a worker may run ahead of the consumer, per worker: results wait in memory.
const AHEAD: usize = 16;

struct State<R> {
    next: usize,
    consumed: usize,
    ready: HashMap<usize, Result<R, String>>,
    stopped: bool,
}

/// Runs `work` on every item on `jobs` threads (0: one per processor) and hands the results to
/// `consume` in the order of the items, on this thread, until it breaks. Where `work` panics, the
/// result is a sentence about it.
///
/// # Errors
/// When no thread can be started.
pub fn for_each<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    mut consume: impl FnMut(&T, Result<R, String>) -> ControlFlow<()>,
) -> std::io::Result<()> {
    let jobs = match jobs {
        0 => thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let jobs = jobs.min(items.len());
    let state = Mutex::new(State {
        next: 0,
        consumed: 0,
        ready: HashMap::new(),
        stopped: false,
    });
    let changed = Condvar::new();
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let worker = || {
        loop {
            let mut guard = lock();
            while !guard.stopped
                && guard.next < items.len()
                && guard.next >= guard.consumed + AHEAD * jobs
            {
                guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
            let index = guard.next;
            if guard.stopped || index >= items.len() {
                return;
            }
            guard.next += 1;
            drop(guard);
            let result = guard::catch(|| work(&items[index]));
            lock().ready.insert(index, result);
            changed.notify_all();
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs {
            let started = thread::Builder::new()
                .stack_size(STACK_SIZE)
                .spawn_scoped(scope, worker);
            if let Err(error) = started {
                lock().stopped = true;
                changed.notify_all();
                return Err(error);
            }
        }
        for (index, item) in items.iter().enumerate() {
            let mut guard = lock();
            let result = loop {
                if let Some(result) = guard.ready.remove(&index) {
                    break result;
                }
                guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            };
            guard.consumed = index + 1;
            drop(guard);
            changed.notify_all();
            if consume(item, result).is_break() {
                lock().stopped = true;
                changed.notify_all();
                break;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let items: Vec<usize> = (0..500).collect();
        for jobs in [0, 1, 7] {
            let mut seen = Vec::new();
            let work = |item: &usize| {
                // Uneven work, so that threads overtake each other.
                (0..(item * 7919) % 1000).fold(*item, |sum, _| std::hint::black_box(sum))
            };
            for_each(&items, jobs, work, |_, result| {
                seen.push(result.expect("no panic"));
                ControlFlow::Continue(())
            })
            .expect("threads");
            assert_eq!(seen, items);
        }
    }

    #[test]
    fn a_panic_is_the_result_of_its_item_alone() {
        let work = |item: &i32| assert!(*item != 2, "two");
        let mut failed = Vec::new();
        for_each(&[1, 2, 3], 2, work, |item, result| {
            failed.extend(result.err().map(|message| (*item, message.contains("two"))));
            ControlFlow::Continue(())
        })
        .expect("threads");
        assert_eq!(failed, [(2, true)]);
    }

    #[test]
    fn a_consumer_that_breaks_ends_the_work() {
        let items: Vec<usize> = (0..10_000).collect();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let work = |_: &usize| done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        for_each(&items, 2, work, |_, _| ControlFlow::Break(())).expect("threads");
        assert!(done.into_inner() < 1_000);
        for_each(&[] as &[u8], 0, |_| (), |_, _| ControlFlow::Break(())).expect("no threads");
    }
}
