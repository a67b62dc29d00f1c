//! The names of files in patches.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Names files for patches that are applied in one directory.
#[derive(Debug, Clone)]
pub struct Labels {
    base: PathBuf,
}

impl Labels {
    /// Names relative to `base`, an absolute path without links.
    pub fn new(base: PathBuf) -> Labels {
        Labels { base }
    }

    /// The name of the file at `real`, an absolute path without links: `git apply` refuses to
    /// follow any. Outside of the base it is the path from the root.
    pub fn of<'a>(&self, real: &'a Path) -> &'a Path {
        let named = self.named(real);
        named.strip_prefix("/").unwrap_or(named)
    }

    /// The same for reports: outside of the base, the absolute path.
    pub fn named<'a>(&self, real: &'a Path) -> &'a Path {
        real.strip_prefix(&self.base).unwrap_or(real)
    }
}

/// The header of one side of a patch: `--- a/path`.
pub(super) fn header(marker: &str, side: &str, path: &Path) -> Vec<u8> {
    let name: Vec<u8> = path
        .components()
        .filter(|component| !matches!(component, Component::RootDir | Component::CurDir))
        .map(|component| component.as_os_str().as_bytes())
        .collect::<Vec<_>>()
        .join(&b'/');
    let mut line = format!("{marker} ").into_bytes();
    let plain = |&byte: &u8| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    if name.iter().all(plain) {
        line.extend_from_slice(side.as_bytes());
        line.extend_from_slice(&name);
        if name.contains(&b' ') {
            // Or the name would end at the blank.
            line.push(b'\t');
        }
    } else {
        line.push(b'"');
        line.extend_from_slice(side.as_bytes());
        for byte in name {
            match byte {
                b'"' | b'\\' => line.extend([b'\\', byte]),
                0x20..0x7f => line.push(byte),
                _ => line.extend(format!("\\{byte:03o}").bytes()),
            }
        }
        line.push(b'"');
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_git_does() {
        let show =
            |path: &str| String::from_utf8(header("---", "a/", Path::new(path))).expect("ASCII");
        assert_eq!(show("src/a.js"), "--- a/src/a.js\n");
        assert_eq!(show("my file.js"), "--- a/my file.js\t\n");
        assert_eq!(show("é\"\n.js"), "--- \"a/\\303\\251\\\"\\012.js\"\n");
    }
}
