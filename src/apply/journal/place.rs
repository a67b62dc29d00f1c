//! Where journals are kept, and which tree a run belongs to.

use super::hash;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the root of a working tree holds.
const ROOTS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// Where the journals of this user are; `None` when the environment names no place.
pub fn state_directory() -> Option<PathBuf> {
    Some(state()?.join("runs"))
}

/// Where the list is kept of what the last review of a tree left.
pub fn review_file(tree: &Path) -> Option<PathBuf> {
    Some(state()?.join("reviews").join(format!("{}.json", key(tree))))
}

fn state() -> Option<PathBuf> {
    let named = |variable| std::env::var_os(variable).map(PathBuf::from);
    // A relative path is no path, says the specification of these directories.
    let absolute = |path: &PathBuf| path.is_absolute();
    let state = named("XDG_STATE_HOME").filter(absolute).or_else(|| {
        let home = named("HOME").filter(absolute)?;
        Some(home.join(".local/state"))
    })?;
    Some(state.join("lockfix"))
}

/// The tree that a run over `paths` belongs to: the working tree around them all, or else `directory`, if
/// they are in it. `directory` is absolute and without links.
pub fn tree_of(paths: &[PathBuf], directory: &Path) -> PathBuf {
    let real = |path: &PathBuf| {
        let path = path.canonicalize().ok()?;
        match path.is_dir() {
            true => Some(path),
            false => path.parent().map(Path::to_owned),
        }
    };
    let around = paths.iter().filter_map(real).reduce(|one, other| {
        let shared = one.ancestors().find(|ancestor| other.starts_with(ancestor));
        shared.unwrap_or(Path::new("/")).to_owned()
    });
    let around = around.unwrap_or_else(|| directory.to_owned());
    let is_root = |ancestor: &&Path| ROOTS.iter().any(|name| ancestor.join(name).exists());
    match around.ancestors().find(is_root) {
        Some(root) => root.to_owned(),
        None if around.starts_with(directory) => directory.to_owned(),
        None => around,
    }
}

/// The name of the directory for the runs of a tree.
pub(super) fn key(root: &Path) -> String {
    let mut key = hash(root.as_os_str().as_bytes());
    key.truncate(24);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_run_belongs_to_the_working_tree_around_its_paths() {
        let folder = tempfile::tempdir().expect("a directory");
        let root = folder.path().canonicalize().expect("there");
        for name in ["one/.git", "one/src/deep", "two/src"] {
            fs::create_dir_all(root.join(name)).expect("created");
        }
        let tree = |paths: &[&str], directory: &str| {
            let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
            let tree = tree_of(&paths, &root.join(directory));
            tree.strip_prefix(&root).expect("below").to_owned()
        };
        assert_eq!(tree(&["one/src/deep"], ""), Path::new("one"));
        assert_eq!(tree(&["."], "one/src"), Path::new(""));
        assert_eq!(tree(&[], "one/src"), Path::new("one"));
        assert_eq!(tree(&["two/src"], "two"), Path::new("two"));
        assert_eq!(tree(&["two/src"], "one"), Path::new("two/src"));
        assert_eq!(tree(&["one/src", "two/src"], ""), Path::new(""));
    }
}
