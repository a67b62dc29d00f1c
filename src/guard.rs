//! Panics as errors: one bad file must not stop the others.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Where the panic that is being caught on this thread happened; `None` outside [`catch`].
    static GUARDED: Cell<Option<String>> = const { Cell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs `work`. A panic is returned as a sentence and not printed.
///
/// # Errors
/// When `work` panicked. What it was changing must not be used any more.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.take().is_none() {
                usual(info);
                return;
            }
            let place = info.location().map(ToString::to_string);
            GUARDED.set(Some(place.unwrap_or_default()));
        }));
    });
    let outer = GUARDED.replace(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let place = GUARDED.replace(outer).unwrap_or_default();
    result.map_err(|payload| {
        format!(
            "internal error at {place}: {}; please report it with this file",
            text_of(&*payload)
        )
    })
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence() {
        assert_eq!(catch(|| 3), Ok(3));
        let error = catch(|| panic!("no {}", "luck")).expect_err("panicked");
        assert!(error.contains("no luck") && error.contains("guard.rs"));
        assert_eq!(catch(|| 4), Ok(4));
    }
}
