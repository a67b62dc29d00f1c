//! An open document: the text as it is in the editor, and what is found in it.

use super::position::{Encoding, Lines};
use crate::config::{ConfigError, Settings, Workspace};
use crate::discover::{language_of, reason_to_skip};
use crate::edit::Edit;
use crate::finding::{Applicability, Finding};
use crate::guard;
use crate::inspect::{beside, look};
use crate::language::Language;
use crate::resolve::{Resolution, Share, resolve};
use lsp_types::{TextDocumentContentChangeEvent, Uri};
use percent_encoding::percent_decode_str;
use std::cell::OnceCell;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A document that the editor has open.
#[derive(Debug)]
pub struct Document {
    pub uri: Uri,
    pub version: i32,
    /// `None`: a language that is not ours.
    language: Option<Language>,
    path: PathBuf,
    text: String,
    lines: Lines,
    encoding: Encoding,
    found: OnceCell<Found>,
    /// What all fixes together do to it.
    fixes: OnceCell<Vec<Edit>>,
}

/// What is found in one version of the text.
#[derive(Debug, Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    /// What keeps the document from being looked at, for people.
    pub trouble: Option<String>,
}

impl Document {
    /// A document that was opened. `language_id` is the editor's name of its language.
    pub fn new(
        uri: Uri,
        version: i32,
        language_id: &str,
        text: String,
        encoding: Encoding,
    ) -> Document {
        let path = path_of(&uri);
        // As in a run over files; a text that has none yet is what the editor says.
        let by_path = path.as_deref().and_then(language_of);
        let language = by_path.or_else(|| of_editor(language_id));
        Document {
            lines: Lines::of(&text, encoding),
            path: path.unwrap_or_else(|| PathBuf::from("untitled")),
            uri,
            version,
            language,
            text,
            encoding,
            found: OnceCell::new(),
            fixes: OnceCell::new(),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines of the text.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The language, if it is one of ours.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Changes the text as the editor did, step by step.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        self.version = version;
        for change in changes {
            match change.range {
                None => self.text = change.text,
                Some(range) => {
                    let start = self.lines.offset(&self.text, range.start);
                    let end = self.lines.offset(&self.text, range.end).max(start);
                    self.text.replace_range(start..end, &change.text);
                }
            }
            self.lines = Lines::of(&self.text, self.encoding);
        }
        self.forget();
    }

    /// Forgets what was found.
    pub fn forget(&mut self) {
        self.found = OnceCell::new();
        self.fixes = OnceCell::new();
    }

    /// What is found in the text as it is.
    pub fn found(&self, workspace: &Workspace) -> &Found {
        self.found.get_or_init(|| {
            self.look(workspace).unwrap_or_else(|trouble| Found {
                trouble: Some(trouble),
                ..Found::default()
            })
        })
    }

    /// The settings of the document, unless it is none of our business.
    fn settings(&self, workspace: &Workspace) -> Result<Option<Arc<Settings>>, ConfigError> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let settings = workspace.settings(directory)?;
        let skipped = settings.excludes(&self.path)
            || self.text.len() as u64 > settings.max_size()
            || reason_to_skip(&self.path, self.text.as_bytes()).is_some();
        Ok((!skipped).then_some(settings))
    }

    fn look(&self, workspace: &Workspace) -> Result<Found, String> {
        let settings = self
            .settings(workspace)
            .map_err(|error| error.to_string())?;
        let (Some(settings), Some(language)) = (settings, self.language) else {
            return Ok(Found::default());
        };
        let text = self.text.as_bytes();
        let looked = guard::catch(|| {
            let beside = beside(&self.path, text, language, &settings);
            look(&self.path, text, language, &settings, &beside)
        })?;
        Ok(Found {
            findings: looked.findings,
            trouble: None,
        })
    }

    /// The edits of every fix that is `least` or better, all together.
    pub fn fixes(&self, workspace: &Workspace, least: Applicability) -> &[Edit] {
        self.fixes.get_or_init(|| {
            let resolution = self.resolve(workspace, least);
            let shares = resolution.map_or(Vec::new(), |resolution| resolution.shares);
            let edits = shares.into_iter().flat_map(|share| match share {
                Share::Edits(edits) => edits,
                Share::Unfixed | Share::PartOf(_) => Vec::new(),
            });
            let mut edits: Vec<Edit> = edits.collect();
            edits.sort();
            edits
        })
    }

    fn resolve(&self, workspace: &Workspace, least: Applicability) -> Option<Resolution> {
        let settings = self.settings(workspace).ok()??;
        let (language, text) = (self.language?, self.text.as_bytes());
        let resolution = guard::catch(|| {
            let beside = beside(&self.path, text, language, &settings);
            let path = &self.path;
            resolve(text, least, |text, round| {
                beside.past.goes_on(round);
                look(path, text, language, &settings, &beside)
            })
        });
        resolution.ok()?.ok()
    }
}

/// The names that editors have for languages.
fn of_editor(id: &str) -> Option<Language> {
    match id {
        "javascriptreact" => Some(Language::JavaScript),
        "typescriptreact" => Some(Language::Tsx),
        id => Language::ALL
            .into_iter()
            .find(|language| language.name() == id),
    }
}

/// The path that a `file:` URI stands for.
fn path_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.as_str().strip_prefix("file://")?;
    // A host may stand in front of the path.
    let path = &path[path.find('/')?..];
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded() {
        let path = |uri: &str| path_of(&uri.parse().expect("a URI"));
        let decoded = path("file:///a%20b/%C3%A9.py");
        assert_eq!(decoded.as_deref(), Some(Path::new("/a b/é.py")));
        let decoded = path("file://localhost/x.py");
        assert_eq!(decoded.as_deref(), Some(Path::new("/x.py")));
        assert_eq!(path("untitled:Untitled-1"), None);
    }

    #[test]
    fn editors_have_names_for_languages() {
        for (id, language) in [
            ("typescript", Language::TypeScript),
            ("typescriptreact", Language::Tsx),
            ("cpp", Language::Cpp),
            ("c", Language::C),
            ("php", Language::Php),
        ] {
            assert_eq!(of_editor(id), Some(language));
        }
        assert_eq!(of_editor("rust"), None);
    }
}
