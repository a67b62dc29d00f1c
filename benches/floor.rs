//! What tree-sitter alone costs: parses the files that stdin names, one a line, with one parser a
//! language and one thread, and does nothing with the trees.
//!
//!     rg -l PATTERN | cargo run --release --example floor
//!
//! Files that lockfix would not look at (generated, minified, over a megabyte) are left out.

use lockfix::discover::{language_of, reason_to_skip};
use lockfix::language::Language;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use tree_sitter::Parser;

const LARGEST: usize = 1 << 20;

fn main() -> io::Result<()> {
    let mut parsers: HashMap<Language, Parser> = HashMap::new();
    let (mut files, mut bytes) = (0u64, 0u64);
    for line in io::stdin().lines() {
        let line = line?;
        let path = Path::new(&line);
        let Some(language) = language_of(path) else {
            continue;
        };
        let text = fs::read(path)?;
        if text.len() > LARGEST || reason_to_skip(path, &text).is_some() {
            continue;
        }
        let parser = parsers.entry(language).or_default();
        let grammar = language.grammar().grammar();
        parser.set_language(&grammar).map_err(io::Error::other)?;
        std::hint::black_box(parser.parse(&text, None));
        files += 1;
        bytes += text.len() as u64;
    }
    println!("{files} files, {bytes} bytes");
    Ok(())
}
