//! Programs that nearly are ones: fixtures changed by a few steps, which the fuzzer's bytes name.

use lockfix::language::Language;
use std::path::Path;
use std::sync::LazyLock;

/// A fixture with its language.
struct Fixture {
    language: Language,
    text: Vec<u8>,
}

static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut fixtures = Vec::new();
    for language in Language::ALL {
        let Ok(entries) = std::fs::read_dir(root.join(language.name())) else {
            continue;
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let texts = paths.iter().filter_map(|path| std::fs::read(path).ok());
        fixtures.extend(texts.map(|text| Fixture { language, text }));
    }
    assert!(
        !fixtures.is_empty(),
        "there are no fixtures in {}",
        root.display()
    );
    fixtures
});

/// How many fixtures there are.
pub fn fixtures() -> usize {
    FIXTURES.len()
}

/// The fixture that the first two bytes name, after the steps that the others describe, five bytes
/// each.
pub fn mutated(bytes: &[u8]) -> Option<(Language, Vec<u8>)> {
    let (number, steps) = bytes.split_at_checked(2)?;
    let fixture = &FIXTURES[pick(number, FIXTURES.len())];
    let mut text = fixture.text.clone();
    for step in steps.chunks_exact(5).take(12) {
        let donor = &FIXTURES[pick(&step[3..5], FIXTURES.len())].text;
        text = apply(&text, step, donor);
    }
    Some((fixture.language, text))
}

/// One of `len` things (at least one), named by two bytes.
fn pick(bytes: &[u8], len: usize) -> usize {
    (usize::from(bytes[0]) * 256 + usize::from(bytes[1])) % len.max(1)
}

fn apply(text: &[u8], step: &[u8], donor: &[u8]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = match step[0] % 8 {
        0..=3 => text.split_inclusive(|byte| *byte == b'\n').collect(),
        _ => tokens(text),
    };
    let (a, b) = (
        pick(&step[1..3], pieces.len()),
        pick(&step[3..5], pieces.len()),
    );
    let mut changed = pieces.clone();
    let foreign: Vec<&[u8]> = donor.split_inclusive(|byte| *byte == b'\n').collect();
    match step[0] % 8 {
        _ if pieces.is_empty() => {}
        0 => drop(changed.remove(a)),
        1 => changed.insert(a, pieces[b]),
        2 | 4 => changed.swap(a, b),
        3 if !foreign.is_empty() => changed.insert(a, foreign[pick(&step[2..4], foreign.len())]),
        5 => changed[a] = pieces[b],
        6 => drop(changed.drain(a.min(b)..(a.max(b) + 1).min(a.min(b) + 6))),
        _ => changed.insert(a, pieces[b]),
    }
    changed.concat()
}

/// Words, and everything else byte by byte.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    text.chunk_by(|a, b| word(*a) && word(*b)).collect()
}
