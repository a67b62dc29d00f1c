//! Catalogue entries as a configuration may hold them: valid ones make an engine that works.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfix::engine::{Engine, Options};
use lockfix::language::Language;

const TEXT: &[u8] = b"f(); x.acquire(); if (x) { g(); } x.release(); x.lock(); x.unlock();\n";

fuzz_target!(|text: &str| {
    let options = Options {
        locks: vec![text.to_owned()],
        ..Options::default()
    };
    if let Ok(engine) = Engine::new(options) {
        for language in Language::ALL {
            engine.analyse(language, TEXT);
        }
    }
});
