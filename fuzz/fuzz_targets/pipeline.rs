//! Arbitrary bytes through the whole pipeline; the first byte picks the language.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfix_fuzz::{check, language};

fuzz_target!(|bytes: &[u8]| {
    if let Some((first, text)) = bytes.split_first() {
        check(language(*first), text);
    }
});
