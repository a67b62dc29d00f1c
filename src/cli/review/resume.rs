//! What a review that was quit has left, for --resume.

use super::file::FileReview;
use crate::apply;
use crate::baseline::{self, Baseline};
use crate::cli::args::Args;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the list is kept, and the tree that it is about.
fn place(args: &Args, directory: &Path) -> Option<(PathBuf, PathBuf)> {
    let tree = apply::tree_of(&args.paths, directory);
    Some((apply::review_file(&tree)?, tree))
}

/// What the last review of the tree left, if it was quit.
///
/// # Errors
/// When its list cannot be used, as a sentence for people.
pub fn left_before(args: &Args, directory: &Path) -> Result<Option<Baseline>, String> {
    let Some((file, tree)) = place(args, directory) else {
        return Ok(None);
    };
    if !file.exists() {
        return Ok(None);
    }
    let left = Baseline::read_in(&file, vec![tree]);
    left.map(Some).map_err(|error| error.to_string())
}

/// Notes what the review leaves if it was quit; a review that came to its end leaves nothing to go
/// on with.
///
/// # Errors
/// When that cannot be written, as a sentence for people.
pub fn note(
    args: &Args,
    directory: &Path,
    reviews: &[FileReview<'_>],
    quit: bool,
) -> Result<(), String> {
    let Some((file, tree)) = place(args, directory) else {
        return Ok(());
    };
    let document = quit.then(|| {
        let mut left = if args.resume {
            listed(&file)
        } else {
            Vec::new()
        };
        left.extend(reviews.iter().flat_map(|review| review.left(&tree)));
        baseline::document(left).to_string()
    });
    apply::remember(&file, document.as_deref().map(str::as_bytes))
        .map_err(|error| format!("--resume will not know of this review: {error}"))
}

/// What is listed already.
fn listed(file: &Path) -> Vec<Value> {
    let text = fs::read(file).unwrap_or_default();
    let document: Option<Value> = serde_json::from_slice(&text).ok();
    let findings = document.and_then(|mut document| Some(document.get_mut("findings")?.take()));
    match findings {
        Some(Value::Array(findings)) => findings,
        _ => Vec::new(),
    }
}
