//! Editing a text in the user's editor.

use crate::apply::leave_interrupts_to_child;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Opens `text` in $VISUAL or $EDITOR, under a name that ends like `path`'s, and returns what was
/// saved.
///
/// # Errors
/// When the editor cannot be run or reports failure, as a sentence for people.
pub fn edit(path: &Path, text: &[u8]) -> Result<Vec<u8>, String> {
    let command = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.trim().is_empty())
        .unwrap_or_else(|| "vi".to_owned());
    let words = shell_words::split(&command)
        .map_err(|error| format!("cannot understand the editor command `{command}`: {error}"))?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| "the editor command is empty".to_owned())?;
    let suffix = match path.extension() {
        Some(extension) => format!(".{}", extension.to_string_lossy()),
        None => String::new(),
    };
    let failed = |error: std::io::Error| format!("cannot use a temporary file: {error}");
    // A directory of its own: editors put swap files beside the file, or replace it.
    let directory = tempfile::Builder::new()
        .prefix("lockfix-edit-")
        .tempdir()
        .map_err(failed)?;
    let file = directory.path().join(format!("edit{suffix}"));
    fs::File::create(&file)
        .and_then(|mut file| file.write_all(text))
        .map_err(failed)?;
    let status =
        leave_interrupts_to_child(|| Command::new(program).args(arguments).arg(&file).status())
            .map_err(|error| format!("cannot run the editor `{command}`: {error}"))?;
    if !status.success() {
        return Err(format!("the editor `{command}` failed ({status})"));
    }
    fs::read(&file).map_err(failed)
}
