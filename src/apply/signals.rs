//! Leaving nothing behind on a signal.

use super::{lock, temp};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

static IN_PLACE: Mutex<()> = Mutex::new(());
static CHILD_HAS_TERMINAL: AtomicBool = AtomicBool::new(false);

/// Keeps signals from ending the process while the guard lives: for writes that must not stop
/// half-way.
pub(super) fn hold() -> MutexGuard<'static, ()> {
    lock(&IN_PLACE)
}

/// Runs `work`, which waits for a child that has the terminal: Ctrl-C is the child's.
pub fn leave_interrupts_to_child<T>(work: impl FnOnce() -> T) -> T {
    CHILD_HAS_TERMINAL.store(true, Ordering::SeqCst);
    let result = work();
    CHILD_HAS_TERMINAL.store(false, Ordering::SeqCst);
    result
}

/// From now on SIGINT, SIGTERM and SIGHUP remove this process's temporary files, run `restore`
/// (which puts the terminal right) and then end the process as they would have.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn clean_up_on_signals(restore: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if signal == SIGINT && CHILD_HAS_TERMINAL.load(Ordering::SeqCst) {
                continue;
            }
            let _finished = hold();
            temp::remove_live();
            restore();
            // Ends the process; if it could not, the exit code says the same.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}
