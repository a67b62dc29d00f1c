//! The files among the paths of a run: known before anything is walked.

use super::walk::{Walk, without_dot};
use super::{Entry, Identity, Query, What, identity, language_of};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The paths of a run, told apart.
#[derive(Default)]
pub(super) struct Named {
    /// What is to be said of files, in path order, and of what is neither file nor directory.
    pub(super) entries: Vec<Entry>,
    /// The files among them.
    pub(super) files: HashSet<Identity>,
    pub(super) directories: Vec<Walk>,
}

impl Named {
    /// Looks at each of the paths.
    pub(super) fn of(paths: &[PathBuf], query: &Query) -> Named {
        let mut named = Named::default();
        let mut links = Vec::new();
        for path in paths {
            named.add(path, query, &mut links);
        }
        // The plain name of a file is kept rather than a link's.
        let plain = std::mem::take(&mut named.entries);
        for mut entries in [plain, links] {
            entries.sort();
            for entry in entries {
                let file = match &entry.what {
                    What::File { real, .. } => fs::metadata(real).ok(),
                    _ => None,
                };
                if file.is_none_or(|file| named.files.insert(identity(&file))) {
                    named.entries.push(entry);
                }
            }
        }
        named.entries.sort();
        named.entries.dedup();
        named
    }

    fn add(&mut self, path: &Path, query: &Query, links: &mut Vec<Entry>) {
        let looked = fs::canonicalize(path).and_then(|real| Ok((fs::metadata(&real)?, real)));
        let what = match looked {
            Ok((metadata, real)) if metadata.is_dir() => {
                return self.directories.push(Walk::new(path, &real, query));
            }
            Ok((metadata, real)) if metadata.is_file() => {
                match language_of(&real).or_else(|| language_of(path)) {
                    None => What::Skipped("unknown-language"),
                    Some(language) if query.may_want(path, language) => What::File {
                        real,
                        language,
                        named: true,
                    },
                    Some(_) => return,
                }
            }
            Ok(_) => What::Skipped("not-a-regular-file"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                What::Failed("there is no such file or directory".to_owned())
            }
            Err(error) => What::Failed(error.to_string()),
        };
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let entries = if is_link { links } else { &mut self.entries };
        entries.push(Entry {
            path: without_dot(path),
            what,
        });
    }
}
