//! --report: what a run came to, for programs that look after many.

use super::args::Args;
use super::totals::Totals;
use crate::apply;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Writes the report of a run. But for the time that it took, it is the same each time.
///
/// # Errors
/// When it cannot be written, as a sentence for people.
pub fn write(args: &Args, totals: &Totals, took: Duration) -> Result<(), String> {
    let Some(file) = &args.report else {
        return Ok(());
    };
    let mut text = serde_json::to_vec_pretty(&document(args, totals, took))
        .map_err(|error| error.to_string())?;
    text.push(b'\n');
    apply::put(file, &text).map_err(|error| format!("--report `{}`: {error}", file.display()))
}

fn document(args: &Args, totals: &Totals, took: Duration) -> Value {
    let mode = if args.dry_run {
        "dry-run"
    } else if args.add_ignores.is_some() {
        "add-ignores"
    } else if args.yes {
        "yes"
    } else {
        "review"
    };
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &totals.skipped {
        *skipped.entry(&one.reason).or_default() += 1;
    }
    let changed = totals.changed.iter();
    let changed: Vec<Value> = changed
        .map(|(path, fixed)| json!({ "path": path, "fixed": fixed }))
        .collect();
    json!({
        "version": 1,
        "mode": mode,
        "files": totals.files,
        "files_with_findings": totals.files_with_findings,
        "found": totals.found,
        "found_by_rule": totals.found_by_rule,
        "fixable": totals.fixable,
        "fixed": totals.fixed,
        "remaining": totals.remaining,
        "refused": totals.refused,
        "skipped": skipped,
        "changed": changed,
        "errors": totals.errors,
        "seconds": (took.as_secs_f64() * 1e3).round() / 1e3,
    })
}
