//! Configuration files: what they say is understood, or the complaint names a line of theirs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfix::config::{Config, ConfigError};
use std::path::Path;

fuzz_target!(|text: &str| {
    for name in ["lockfix.toml", "pyproject.toml"] {
        if let Err(ConfigError::Invalid { line, .. }) = Config::parse(text, Path::new(name)) {
            assert!((1..=text.matches('\n').count() + 1).contains(&line));
        }
    }
});
