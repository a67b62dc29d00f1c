//! `--files-from`.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The paths listed in the file (`-`: stdin): separated by NUL bytes if it holds any, else one a
/// line.
///
/// # Errors
/// When the list cannot be read, as a sentence for people.
pub fn read_list(list: &Path) -> Result<Vec<PathBuf>, String> {
    let mut bytes = Vec::new();
    let result = if list.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(list).map(|content| bytes = content)
    };
    result.map_err(|error| {
        format!(
            "cannot read the list of files `{}`: {error}",
            list.display()
        )
    })?;
    Ok(split(&bytes))
}

fn split(bytes: &[u8]) -> Vec<PathBuf> {
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    bytes
        .split(|&byte| byte == separator)
        .map(|path| match path {
            [path @ .., b'\r'] if separator == b'\n' => path,
            path => path,
        })
        .filter(|path| !path.is_empty())
        .map(|path| PathBuf::from(OsString::from_vec(path.to_vec())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_or_nul_bytes() {
        assert_eq!(
            split(b"a b.js\r\n\nc.js"),
            [Path::new("a b.js"), Path::new("c.js")]
        );
        assert_eq!(
            split(b"a\nb.js\0c.js\0"),
            [Path::new("a\nb.js"), Path::new("c.js")]
        );
        assert!(split(b"").is_empty());
    }
}
