//! From what files and command line say to an engine that is ready to run.

use super::compiled::standard_of;
use super::{Config, ConfigError, of_directory};
use crate::baseline::Baseline;
use crate::catalog::schema::Family;
use crate::discover::Touched;
use crate::engine::{Engine, Exceptions, Options, Standard};
use crate::finding::{Form, Rule};
use crate::language::Language;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files over this size (in bytes) are skipped unless something else is said.
const MAX_SIZE: u64 = 1 << 20;

/// What the command line says; it goes over every configuration file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// In place of the configuration's `select` and `ignore`.
    pub select: Option<Vec<Rule>>,
    /// As well as the configuration's.
    pub ignore: Vec<Rule>,
    /// Offer this form only.
    pub form: Option<Form>,
    /// Nobody is there to choose between forms.
    pub best_only: bool,
    pub exceptions: Option<Exceptions>,
    pub standard: Option<Standard>,
    /// What headers are written in.
    pub headers: Option<Language>,
    /// As well as the configuration's.
    pub families: Vec<Family>,
    /// In bytes.
    pub max_size: Option<u64>,
    /// Findings to leave out.
    pub baseline: Option<Arc<Baseline>>,
    /// Report in the functions that these changes touch only.
    pub touched: Option<Arc<Touched>>,
}

/// How the files of a directory are to be treated.
#[derive(Debug)]
pub struct Settings {
    engine: Engine,
    /// Engines of languages whose exceptions level is their own.
    engines: Vec<(Language, Engine)>,
    exclude: Gitignore,
    /// Rules that do not report in the files of a pattern.
    ignore_in: Vec<(Gitignore, Vec<Rule>)>,
    exclude_root: PathBuf,
    max_size: u64,
    headers: Option<Language>,
    baseline: Option<Arc<Baseline>>,
    touched: Option<Arc<Touched>>,
}

impl Settings {
    /// The settings of one configuration. `file` is where it was read; it names errors and anchors
    /// the `exclude` patterns.
    ///
    /// # Errors
    /// When the engine refuses a `[[lock]]` table.
    pub fn new(
        config: &Config,
        file: Option<&Path>,
        overrides: &Overrides,
    ) -> Result<Settings, ConfigError> {
        let base = options(config, overrides);
        let engine_with = |exceptions: Option<Exceptions>| {
            let options = Options {
                exceptions,
                ..base.clone()
            };
            Engine::new(options).map_err(|error| {
                let line = guilty_lock(config).unwrap_or(1);
                ConfigError::Invalid {
                    file: file.unwrap_or(Path::new("built-in locks")).to_owned(),
                    line,
                    message: error.to_string(),
                }
            })
        };
        let mut engines = Vec::new();
        if overrides.exceptions.is_none() {
            for &(language, level) in &config.exceptions_of {
                engines.push((language, engine_with(Some(level))?));
            }
        }
        let exclude_root = file.and_then(Path::parent).unwrap_or(Path::new(""));
        Ok(Settings {
            headers: overrides.headers.or(config.headers),
            engine: engine_with(base.exceptions)?,
            engines,
            exclude: exclude(exclude_root, &config.exclude),
            // Who asks for a rule on the command line gets it.
            ignore_in: match overrides.select {
                Some(_) => Vec::new(),
                None => config
                    .ignore_in
                    .iter()
                    .map(|(pattern, rules)| {
                        let pattern = std::slice::from_ref(pattern);
                        (exclude(exclude_root, pattern), rules.clone())
                    })
                    .collect(),
            },
            exclude_root: exclude_root.to_owned(),
            max_size: overrides.max_size.or(config.max_size).unwrap_or(MAX_SIZE),
            baseline: overrides.baseline.clone(),
            touched: overrides.touched.clone(),
        })
    }

    /// The engine for files of this language.
    pub fn engine(&self, language: Language) -> &Engine {
        self.engines
            .iter()
            .find(|(of, _)| *of == language)
            .map_or(&self.engine, |(_, engine)| engine)
    }

    /// The rules that report.
    pub fn rules(&self) -> &[Rule] {
        &self.engine.options().rules
    }

    /// The rules that report in the file at this path.
    pub fn rules_in(&self, file: &Path) -> Vec<Rule> {
        let mut rules = self.rules().to_vec();
        if !self.ignore_in.is_empty() {
            let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
            for (patterns, ignored) in &self.ignore_in {
                if self.covers(patterns, &real) {
                    rules.retain(|rule| !ignored.contains(rule));
                }
            }
        }
        rules
    }

    /// Whether an `exclude` pattern covers the file at this absolute path.
    pub fn excludes(&self, file: &Path) -> bool {
        self.covers(&self.exclude, file)
    }

    fn covers(&self, patterns: &Gitignore, file: &Path) -> bool {
        !patterns.is_empty()
            && file.strip_prefix(&self.exclude_root).is_ok_and(|relative| {
                patterns
                    .matched_path_or_any_parents(relative, false)
                    .is_ignore()
            })
    }

    /// Findings to leave out.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_deref()
    }

    /// The changes in whose functions alone the run reports.
    pub fn touched(&self) -> Option<&Touched> {
        self.touched.as_deref()
    }

    /// What headers (`.h`) are written in, where that is not left to what they look like.
    pub fn headers(&self) -> Option<Language> {
        self.headers
    }

    /// Files with more bytes are skipped.
    pub fn max_size(&self) -> u64 {
        self.max_size
    }
}

fn options(config: &Config, overrides: &Overrides) -> Options {
    let defaults = Options::default();
    let mut rules = match (&overrides.select, &config.select) {
        (Some(select), _) | (None, Some(select)) => select.clone(),
        (None, None) => defaults.rules,
    };
    rules.sort();
    rules.dedup();
    // Who asks for a rule on the command line gets it.
    let config_ignore: &[Rule] = match overrides.select {
        Some(_) => &[],
        None => &config.ignore,
    };
    rules.retain(|rule| !overrides.ignore.contains(rule) && !config_ignore.contains(rule));
    Options {
        rules,
        forms: match overrides.form {
            Some(form) => Language::ALL
                .into_iter()
                .map(|language| (language, vec![form]))
                .collect(),
            None => config.forms.clone(),
        },
        only_forms: overrides.form.is_some(),
        alternatives: !overrides.best_only,
        exceptions: overrides.exceptions.or(config.exceptions),
        standard: overrides.standard.or(config.standard).unwrap_or_default(),
        families: [config.families.as_slice(), &overrides.families].concat(),
        locks: config.locks.iter().map(|lock| lock.toml.clone()).collect(),
    }
}

/// The line of the first `[[lock]]` table that the engine does not take on its own.
fn guilty_lock(config: &Config) -> Option<usize> {
    let refused = config.locks.iter().find(|lock| {
        let options = Options {
            locks: vec![lock.toml.clone()],
            ..Options::default()
        };
        Engine::new(options).is_err()
    });
    refused.map(|lock| lock.line)
}

/// The patterns were checked as they were read.
fn exclude(root: &Path, patterns: &[String]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let _ = builder.add_line(None, pattern);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// The configuration of the nearest directory above that has one.
fn nearest(directory: &Path) -> Result<Option<(PathBuf, Config)>, ConfigError> {
    for ancestor in directory.ancestors() {
        if let Some(found) = of_directory(ancestor)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where configuration comes from.
#[derive(Debug)]
enum Origin {
    /// The nearest parent directory of each file that has one.
    Nearest,
    /// The same for all.
    Fixed(Arc<Settings>),
}

/// Settings by directory, each read once. Shared by all threads.
#[derive(Debug)]
pub struct Workspace {
    overrides: Overrides,
    origin: Origin,
    known: Mutex<HashMap<PathBuf, Arc<Settings>>>,
    defaults: Arc<Settings>,
}

impl Workspace {
    /// Settings from the nearest configuration file of each directory.
    ///
    /// # Errors
    /// When the built-in catalogue is not valid.
    pub fn nearest(overrides: Overrides) -> Result<Workspace, ConfigError> {
        let defaults = Arc::new(Settings::new(&Config::default(), None, &overrides)?);
        Ok(Workspace {
            overrides,
            origin: Origin::Nearest,
            known: Mutex::default(),
            defaults,
        })
    }

    /// Settings from `file` alone, or from no file at all.
    ///
    /// # Errors
    /// When the file cannot be read or says something it should not.
    pub fn fixed(overrides: Overrides, file: Option<&Path>) -> Result<Workspace, ConfigError> {
        let mut workspace = Workspace::nearest(overrides)?;
        let mut settings = workspace.defaults.clone();
        if let Some(file) = file {
            let config = Config::load(file)?.unwrap_or_default();
            // Absolute, as the paths are that `exclude` is asked about.
            let anchor = file.canonicalize().unwrap_or_else(|_| file.to_owned());
            let made = Settings::new(&config, Some(&anchor), &workspace.overrides)?;
            settings = Arc::new(made);
        }
        workspace.origin = Origin::Fixed(settings);
        Ok(workspace)
    }

    /// The settings for the files of `directory`, an absolute path.
    ///
    /// # Errors
    /// When the configuration file in force cannot be used.
    pub fn settings(&self, directory: &Path) -> Result<Arc<Settings>, ConfigError> {
        if let Origin::Fixed(settings) = &self.origin {
            return Ok(settings.clone());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = Vec::new();
        let mut settings = self.defaults.clone();
        for ancestor in directory.ancestors() {
            if let Some(found) = known.get(ancestor) {
                settings = found.clone();
                break;
            }
            asked.push(ancestor.to_owned());
            let standard = standard_of(ancestor);
            let own = match standard {
                None => of_directory(ancestor)?,
                // The configuration in force there may stand further up.
                Some(_) => nearest(ancestor)?,
            };
            if standard.is_none() && own.is_none() {
                continue;
            }
            let (file, config) = own.unzip();
            let mut config = config.unwrap_or_default();
            config.standard = config.standard.or(standard);
            let made = Settings::new(&config, file.as_deref(), &self.overrides)?;
            settings = Arc::new(made);
            break;
        }
        for directory in asked {
            known.insert(directory, settings.clone());
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_file_counts_and_excludes_from_its_own_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("there");
        fs::create_dir_all(root.join("a/b")).expect("created");
        fs::write(
            root.join("lockfix.toml"),
            "exclude = ['/a/gen*', 'dist/']\n",
        )
        .expect("written");
        fs::write(
            root.join("a/b/pyproject.toml"),
            "[tool.lockfix]\nmax-size = 7\n",
        )
        .expect("written");
        let workspace = Workspace::nearest(Overrides::default()).expect("valid");
        let outer = workspace.settings(&root.join("a")).expect("valid");
        assert!(outer.excludes(&root.join("a/gen.js")));
        assert!(outer.excludes(&root.join("a/dist/x/y.js")));
        assert!(!outer.excludes(&root.join("gen.js")));
        let inner = workspace.settings(&root.join("a/b")).expect("valid");
        assert_eq!(inner.max_size(), 7);
        assert!(!inner.excludes(&root.join("a/b/dist/x.js")));
    }

    #[test]
    fn the_command_line_goes_over_the_file() {
        let config = Config {
            select: Some(vec![Rule::DoubleRelease]),
            ignore: vec![Rule::LeakOnExit],
            ..Config::default()
        };
        let rules = |overrides: &Overrides| options(&config, overrides).rules;
        assert_eq!(rules(&Overrides::default()), [Rule::DoubleRelease]);
        let overrides = Overrides {
            select: Some(vec![Rule::LeakOnExit, Rule::NeverReleased]),
            ignore: vec![Rule::NeverReleased],
            ..Overrides::default()
        };
        assert_eq!(rules(&overrides), [Rule::LeakOnExit]);
    }
}
