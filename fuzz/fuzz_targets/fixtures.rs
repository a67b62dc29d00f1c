//! Fixtures with lines and words moved, doubled, lost and borrowed, through the whole pipeline.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfix_fuzz::{check, mutate};

fuzz_target!(|bytes: &[u8]| {
    if let Some((language, text)) = mutate::mutated(bytes) {
        check(language, &text);
    }
});
