//! Work in parallel, results in order.

use crate::guard;
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

/// Deep input must not overflow the stack of a worker. Untouched pages cost nothing.
pub const STACK_SIZE: usize = 64 << 20;

/// How many batches a worker may run ahead of the consumer: results wait in memory.
const AHEAD: usize = 16;

/// A batch ends with this many items, or when their weights reach this sum: handing over one small
/// file at a time would cost more than looking at it. The first ones are smaller, since somebody
/// may wait for the first result.
const MOST_ITEMS: usize = 32;
const MOST_WEIGHT: u64 = 64 << 10;

/// Results of a batch with their items, by the number of the batch.
type Ready<T, R> = HashMap<usize, Vec<(T, Result<R, String>)>>;

/// Where the items come from. Who holds it takes the next batch.
struct Source<I> {
    items: I,
    batches: usize,
    exhausted: bool,
}

struct State<T, R> {
    consumed: usize,
    ready: Ready<T, R>,
    /// How many batches there are, once that is known.
    batches: Option<usize>,
    /// Why there are no more, if it is not that the items came to their end.
    failure: Option<io::Error>,
    stopped: bool,
}

/// What the threads share.
struct Line<I, T, R> {
    jobs: usize,
    source: Mutex<Source<I>>,
    state: Mutex<State<T, R>>,
    /// For the consumer.
    finished: Condvar,
    /// For the workers.
    room: Condvar,
}

/// Runs `work` on every item on `jobs` threads (0: one per processor) and hands the results to
/// `consume` in the order of the items, on this thread, until it breaks. Items are taken from the
/// iterator as the work goes on, little ahead of it. Where `work` panics, the result is a sentence
/// about it. `weight` says how much work an item is: about the bytes of a text.
///
/// # Errors
/// When no thread can be started, or taking an item panicked.
pub fn for_each<T: Send, R: Send>(
    items: impl Iterator<Item = T> + Send,
    jobs: usize,
    weight: impl Fn(&T) -> u64 + Sync,
    work: impl Fn(&T) -> R + Sync,
    mut consume: impl FnMut(T, Result<R, String>) -> ControlFlow<()>,
) -> io::Result<()> {
    let line = Line {
        jobs: match jobs {
            0 => thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        },
        source: Mutex::new(Source {
            items,
            batches: 0,
            exhausted: false,
        }),
        state: Mutex::new(State {
            consumed: 0,
            ready: HashMap::new(),
            batches: None,
            failure: None,
            stopped: false,
        }),
        finished: Condvar::new(),
        room: Condvar::new(),
    };
    thread::scope(|scope| {
        line.start(scope, 1, &weight, &work)?;
        'batches: while let Some(batch) = line.next_finished() {
            for (item, result) in batch {
                if consume(item, result).is_break() {
                    line.stop();
                    break 'batches;
                }
            }
        }
        line.lock().failure.take().map_or(Ok(()), Err)
    })
}

impl<I: Iterator<Item = T> + Send, T: Send, R: Send> Line<I, T, R> {
    fn lock(&self) -> MutexGuard<'_, State<T, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the worker of this number, from 1.
    fn start<'scope, 'env: 'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, 'env>,
        number: usize,
        weight: &'scope (impl Fn(&T) -> u64 + Sync),
        work: &'scope (impl Fn(&T) -> R + Sync),
    ) -> io::Result<()> {
        thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, move || {
                let mut wants_help = number < self.jobs;
                while let Some((number_of_batch, items)) = self.take(weight) {
                    // There is work for one more. Who cannot be started is not missed.
                    if std::mem::take(&mut wants_help) {
                        let _ = self.start(scope, number + 1, weight, work);
                    }
                    let results = items.into_iter().map(|item| {
                        let result = guard::catch(|| work(&item));
                        (item, result)
                    });
                    self.finish(number_of_batch, results.collect());
                }
            })
            .map(|_| ())
    }

    /// The next batch; waits while the results of too many others wait.
    fn take(&self, weight: &impl Fn(&T) -> u64) -> Option<(usize, Vec<T>)> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        while !state.stopped && source.batches >= state.consumed + AHEAD * self.jobs {
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped || source.exhausted {
            return None;
        }
        drop(state);
        let mut batch = Vec::new();
        let most = MOST_ITEMS.min(source.batches + 1);
        let mut sum = 0;
        let taken = guard::catch(|| {
            while batch.len() < most && sum < MOST_WEIGHT {
                let Some(item) = source.items.next() else {
                    return true;
                };
                sum += weight(&item);
                batch.push(item);
            }
            false
        });
        let number = source.batches;
        source.batches += usize::from(!batch.is_empty());
        source.exhausted = !matches!(taken, Ok(false));
        if source.exhausted {
            let mut state = self.lock();
            state.batches = Some(source.batches);
            state.failure = taken.err().map(io::Error::other);
            self.finished.notify_one();
        }
        (!batch.is_empty()).then_some((number, batch))
    }

    fn finish(&self, number: usize, results: Vec<(T, Result<R, String>)>) {
        let mut state = self.lock();
        state.ready.insert(number, results);
        if number == state.consumed {
            self.finished.notify_one();
        }
    }

    /// The results of the next batch; `None` when all are consumed.
    fn next_finished(&self) -> Option<Vec<(T, Result<R, String>)>> {
        let mut state = self.lock();
        loop {
            let next = state.consumed;
            if let Some(results) = state.ready.remove(&next) {
                state.consumed += 1;
                self.room.notify_one();
                return Some(results);
            }
            if state.batches == Some(next) {
                return None;
            }
            state = self
                .finished
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    fn light<T>(_: &T) -> u64 {
        1
    }

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        for jobs in [0, 1, 7] {
            let mut seen = Vec::new();
            let work = |item: &usize| {
                // Uneven work, so that threads overtake each other.
                (0..(item * 7919) % 1000).fold(*item, |sum, _| std::hint::black_box(sum))
            };
            let weight = |item: &usize| (*item as u64 % 5) << 14;
            for_each(0..3_000, jobs, weight, work, |item, result| {
                assert_eq!(result.expect("no panic"), item);
                seen.push(item);
                ControlFlow::Continue(())
            })
            .expect("threads");
            assert!(seen.into_iter().eq(0..3_000));
        }
    }

    #[test]
    fn a_panic_is_the_result_of_its_item_alone() {
        let work = |item: &i32| assert!(*item != 2, "two");
        let mut failed = Vec::new();
        for_each([1, 2, 3].into_iter(), 2, light, work, |item, result| {
            failed.extend(result.err().map(|message| (item, message.contains("two"))));
            ControlFlow::Continue(())
        })
        .expect("threads");
        assert_eq!(failed, [(2, true)]);
    }

    #[test]
    fn a_consumer_that_breaks_ends_the_work() {
        let done = AtomicUsize::new(0);
        let work = |_: &usize| done.fetch_add(1, Ordering::Relaxed);
        let stop = |_, _| ControlFlow::Break(());
        for_each(0..1_000_000, 2, light, work, stop).expect("threads");
        assert!(done.into_inner() < 10_000);
        for_each(
            [0u8; 0].into_iter(),
            0,
            light,
            |_| (),
            |_, _| stop(0, Ok(0)),
        )
        .expect("no work");
    }

    #[test]
    fn a_result_is_handed_over_while_the_source_has_no_more_yet() {
        for jobs in [1, 3] {
            let (told, heard) = mpsc::channel();
            let items = (0..40).inspect(move |item| {
                if *item == 1 {
                    let waited = heard.recv_timeout(Duration::from_secs(60));
                    waited.expect("the first is consumed before the second is there");
                }
            });
            let mut seen = 0;
            for_each(
                items,
                jobs,
                light,
                |_| (),
                |_, _| {
                    told.send(()).expect("somebody waits");
                    seen += 1;
                    ControlFlow::Continue(())
                },
            )
            .expect("threads");
            assert_eq!(seen, 40);
        }
    }

    #[test]
    fn the_source_is_little_ahead_of_the_consumer() {
        let taken = AtomicUsize::new(0);
        let items = (0..1_000_000).inspect(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
        });
        let mut consumed = 0;
        for_each(
            items,
            2,
            light,
            |_| (),
            |_, _| {
                consumed += 1;
                let ahead = taken.load(Ordering::Relaxed) - consumed;
                assert!(ahead <= (2 * AHEAD + 1) * MOST_ITEMS, "{ahead}");
                if consumed == 5_000 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
        .expect("threads");
    }

    #[test]
    fn a_source_that_panics_fails_behind_what_it_gave() {
        let items = (0..100).inspect(|item| assert!(*item != 70, "no more"));
        let mut seen = 0;
        let result = for_each(
            items,
            2,
            light,
            |_| (),
            |_, _| {
                seen += 1;
                ControlFlow::Continue(())
            },
        );
        assert!(result.expect_err("failed").to_string().contains("no more"));
        assert_eq!(seen, 70);
    }
}
