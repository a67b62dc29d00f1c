//! The pipeline over one file in memory: parse → lower → analyse → plan → rewrite → verify. No IO.

use crate::analysis::{Found, Freed, Judged, judge};
use crate::catalog::schema::Library;
use crate::catalog::{Catalog, CatalogError, Role, languages_of};
use crate::edit;
use crate::finding::{Applicability, Finding, Fix, Form, Reason, Rule, SkippedFunction};
use crate::flow::Body;
use crate::language::Language;
use crate::language::names::Names;
use crate::lower::{File, Lowered, descendants, function_around, lower, span};
use crate::parse::{parse, too_deep};
use crate::plan::{Task, candidates};
use crate::prefilter::Prefilter;
use crate::refusal::reason;
use crate::source::{Source, Span};
use crate::verify::{Claim, verify};
use aho_corasick::AhoCorasick;
use std::cell::OnceCell;
use std::str::FromStr;
use std::sync::OnceLock;
use tree_sitter::Node;

/// What can throw inside a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exceptions {
    /// Nothing: the language has no exceptions, or the code is built without them.
    Nothing,
    /// Calls, `new`, await, yield, throw.
    Calls,
    /// Also every operator that can raise in the language.
    Operators,
}

/// The version of C++ that rewritten code has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standard {
    Cpp11,
    Cpp14,
    /// What compilers of today take when nothing is said.
    #[default]
    Cpp17,
    Cpp20,
}

impl FromStr for Standard {
    type Err = String;

    /// `c++17`, `gnu++17`, and the working names of before.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let year = s
            .strip_prefix("c++")
            .or_else(|| s.strip_prefix("gnu++"))
            .unwrap_or_default();
        match year {
            "11" | "0x" => Ok(Standard::Cpp11),
            "14" | "1y" => Ok(Standard::Cpp14),
            "17" | "1z" => Ok(Standard::Cpp17),
            "20" | "2a" | "23" | "2b" | "26" | "2c" => Ok(Standard::Cpp20),
            _ => Err(format!("there is no C++ standard `{s}`")),
        }
    }
}

/// How the engine is to judge and to rewrite.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules that report.
    pub rules: Vec<Rule>,
    /// Forms that the user prefers, best first; others follow in the language's order.
    pub forms: Vec<(Language, Vec<Form>)>,
    /// Offer no other form than the preferred ones (`--form`).
    pub only_forms: bool,
    /// Prove every form that fits, for a person to choose from; otherwise only the best.
    pub alternatives: bool,
    /// `None`: the default of each language.
    pub exceptions: Option<Exceptions>,
    /// The version of C++.
    pub standard: Standard,
    /// Further catalogue entries (`[[lock]]` of the user's configuration), as TOML.
    pub locks: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            rules: Rule::ALL
                .into_iter()
                .filter(|rule| rule.on_by_default())
                .collect(),
            forms: Vec::new(),
            only_forms: false,
            alternatives: true,
            exceptions: None,
            standard: Standard::default(),
            locks: Vec::new(),
        }
    }
}

/// What the analysis of one file found.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// By position.
    pub findings: Vec<Finding>,
    pub skipped: Vec<SkippedFunction>,
    /// Why the whole file was not analysed.
    pub skipped_file: Option<String>,
}

/// A text with fixes applied, and what that did.
#[derive(Debug, Clone)]
pub struct Fixed {
    pub text: Vec<u8>,
    /// Number of fixes applied.
    pub applied: usize,
    /// What is still found in `text`.
    pub remaining: Vec<Finding>,
}

/// The catalogue is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// A catalogue with the search for its words.
#[derive(Debug)]
struct Loaded {
    catalog: Catalog,
    prefilter: Prefilter,
    /// The search for the types of its locks.
    types: AhoCorasick,
}

/// Analyses and fixes texts. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    further: Vec<Library>,
    /// By language, loaded when the first file of the language is seen.
    loaded: [OnceLock<Loaded>; Language::ALL.len()],
}

impl Engine {
    /// An engine with the built-in catalogue and the further locks of `options`.
    ///
    /// # Errors
    /// When one of the further locks is not valid.
    pub fn new(options: Options) -> Result<Engine, EngineError> {
        let mut further = Vec::new();
        for text in &options.locks {
            let mut library: toml::Table =
                toml::from_str(text).map_err(|error| EngineError(error.to_string()))?;
            library
                .entry("library")
                .or_insert_with(|| toml::Value::String("lockfix.toml".to_owned()));
            let library: Library = library
                .try_into()
                .map_err(|error| EngineError(format!("[[lock]]: {error}")))?;
            further.push(library);
        }
        let engine = Engine {
            options,
            further,
            loaded: Default::default(),
        };
        if !engine.further.is_empty() {
            for (language, slot) in Language::ALL.into_iter().zip(&engine.loaded) {
                let loaded = engine
                    .load(language)
                    .map_err(|error| EngineError(error.to_string()))?;
                let _ = slot.set(loaded);
            }
        }
        Ok(engine)
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn load(&self, language: Language) -> Result<Loaded, CatalogError> {
        let further: Vec<Library> = self
            .further
            .iter()
            .map(|library| Library {
                lock: library
                    .lock
                    .iter()
                    .filter(|lock| languages_of(lock).contains(&language))
                    .cloned()
                    .collect(),
                ..library.clone()
            })
            .collect();
        let catalog = Catalog::load(language.grammar(), &further)?;
        let too_many = |error: aho_corasick::BuildError| CatalogError {
            path: "transforms".to_owned(),
            message: error.to_string(),
        };
        let prefilter = Prefilter::new(catalog.needs()).map_err(too_many)?;
        let entries = catalog.entries.iter();
        let names: Vec<&String> = entries.flat_map(|entry| &entry.lock.types).collect();
        let types = AhoCorasick::new(&names).map_err(too_many)?;
        Ok(Loaded {
            types,
            catalog,
            prefilter,
        })
    }

    fn loaded(&self, language: Language) -> &Loaded {
        let index = Language::ALL
            .iter()
            .position(|known| *known == language)
            .unwrap_or_default();
        self.loaded[index].get_or_init(|| {
            self.load(language)
                // The embedded catalogue is valid: a test loads all of it.
                .unwrap_or_else(|error| panic!("the embedded catalogue is not valid: {error}"))
        })
    }

    /// The catalogue of a language.
    pub fn catalog(&self, language: Language) -> &Catalog {
        &self.loaded(language).catalog
    }

    /// Whether the text holds a word that acquires a lock: one pass over the bytes, no parse.
    pub fn may_hold_locks(&self, language: Language, text: &[u8]) -> bool {
        self.loaded(language).prefilter.passes(text)
    }

    /// What the headers that a text includes say of names, for [`Engine::analyse_with`].
    pub fn headers(&self, language: Language, headers: &[Vec<u8>]) -> Names {
        let mut names = Names::default();
        let grammar = language.grammar();
        let tells = |text: &&Vec<u8>| self.loaded(language).types.is_match(text.as_slice());
        for text in headers.iter().filter(tells) {
            if let Some(tree) = parse(grammar, text).filter(|tree| !too_deep(tree)) {
                names.add_headers(&grammar.names(tree.root_node(), text));
            }
        }
        names
    }

    /// Everything found in `text`, each finding with its verified fixes.
    pub fn analyse(&self, language: Language, text: &[u8]) -> Analysis {
        self.analyse_with(language, text, &Names::default())
    }

    /// The same, with what its headers say of names.
    pub fn analyse_with(&self, language: Language, text: &[u8], headers: &Names) -> Analysis {
        if !self.may_hold_locks(language, text) {
            return Analysis::default();
        }
        let grammar = language.grammar();
        let Some(tree) = parse(grammar, text) else {
            return Analysis {
                skipped_file: Some("takes too long to parse".to_owned()),
                ..Analysis::default()
            };
        };
        if too_deep(&tree) {
            return Analysis {
                skipped_file: Some("nested too deeply".to_owned()),
                ..Analysis::default()
            };
        }
        let source = Source::new(text, grammar.default_indent());
        let mut names = grammar.names(tree.root_node(), text);
        names.add_headers(headers);
        let file = File {
            source: &source,
            tree: &tree,
            root: tree.root_node(),
            names: &names,
            catalog: self.catalog(language),
            grammar,
            exceptions: self
                .options
                .exceptions
                .unwrap_or_else(|| grammar.default_exceptions()),
            standard: self.options.standard,
        };
        self.analyse_file(language, &file)
    }

    fn analyse_file(&self, language: Language, file: &File<'_>) -> Analysis {
        let Lowered { bodies, skipped } = lower(file);
        let mut analysis = Analysis {
            skipped,
            ..Analysis::default()
        };
        if bodies.is_empty() {
            return analysis;
        }
        let releases = releases(file);
        let released: Vec<String> = bodies
            .iter()
            .flat_map(|body| {
                body.sites
                    .iter()
                    .filter(|site| site.acquire().is_none())
                    .map(|site| body.keys[site.key].text.clone())
            })
            .chain(releases.iter().map(|(lock, _)| lock.clone()))
            .chain(held_by_constructs(file))
            .collect();
        let freed_elsewhere = freed_elsewhere(file, &bodies, &releases);
        let verbatim = verbatim(language, file);
        for body in &bodies {
            let judged = Judged {
                body,
                file,
                released_in_file: &released,
                freed_elsewhere: &freed_elsewhere,
            };
            match judge(&judged) {
                Ok(found) => {
                    let findings: Vec<Finding> =
                        found.iter().map(|found| found.finding.clone()).collect();
                    for found in found {
                        if self.options.rules.contains(&found.finding.rule) {
                            let fixed =
                                self.with_fixes(language, &judged, &verbatim, &findings, found);
                            analysis.findings.push(fixed);
                        }
                    }
                }
                Err(why) => analysis.skipped.push(SkippedFunction {
                    function: body.name.clone(),
                    line: file.source.location(body.span.start).line,
                    reason: why.0.to_owned(),
                }),
            }
        }
        analysis
            .findings
            .sort_by_key(|finding| (finding.acquire, finding.rule));
        analysis
    }

    fn with_fixes(
        &self,
        language: Language,
        at: &Judged<'_>,
        verbatim: &[Span],
        findings: &[Finding],
        found: Found,
    ) -> Finding {
        let (file, body) = (at.file, at.body);
        let mut finding = found.finding;
        let leaks = finding.leaks.clone();
        let task = Task {
            file,
            language,
            body,
            site: found.site,
            releases: &found.releases,
            rule: finding.rule,
            leaks: &leaks,
            chosen: false,
            verbatim,
            taken: &OnceCell::new(),
            forced: false,
        };
        let claim = Claim {
            file,
            language,
            catalog: file.catalog,
            exceptions: file.exceptions,
            body,
            site: found.site,
            findings,
            freed_elsewhere: at.freed_elsewhere,
            fixed: &finding.clone(),
            longer: false,
        };
        let mut refusal: Option<Reason> = None;
        for form in self.forms(language, &task) {
            if !self.options.alternatives && !finding.fixes.is_empty() {
                break;
            }
            let task = Task {
                chosen: self.is_chosen(language, form),
                ..task
            };
            let offered = candidates(task, form);
            let candidates = match offered {
                Ok(candidates) => candidates,
                Err(reason) => {
                    refusal = Some(better(refusal, reason));
                    continue;
                }
            };
            for candidate in candidates {
                match verify(&claim, &candidate.edits) {
                    Ok(()) => {
                        finding.fixes.push(Fix {
                            form: candidate.form,
                            applicability: Applicability::Safe,
                            reason: None,
                            edits: candidate.edits,
                        });
                        break;
                    }
                    Err(reason) => refusal = Some(better(refusal, reason)),
                }
            }
        }
        if finding.fixes.is_empty()
            && let Some(reason) = refusal
                .as_ref()
                .filter(|reason| reason.code == "release-would-move")
        {
            finding
                .fixes
                .extend(self.unsafe_fix(language, task, &claim, reason));
        }
        if finding.fixes.is_empty() {
            finding.refusal =
                Some(refusal.unwrap_or_else(|| reason("no-form", "no form of this lock fits")));
        }
        finding
    }

    /// A fix that guarantees the release and holds the lock longer than the original did.
    fn unsafe_fix(
        &self,
        language: Language,
        task: Task<'_>,
        claim: &Claim<'_>,
        reason: &Reason,
    ) -> Option<Fix> {
        let task = Task {
            forced: true,
            ..task
        };
        let claim = Claim {
            longer: true,
            ..*claim
        };
        self.forms(language, &task)
            .into_iter()
            .flat_map(|form| candidates(task, form).unwrap_or_default())
            .find(|candidate| verify(&claim, &candidate.edits).is_ok())
            .map(|candidate| Fix {
                form: candidate.form,
                applicability: Applicability::Unsafe,
                reason: Some(reason.clone()),
                edits: candidate.edits,
            })
    }

    /// Whether the user prefers this form.
    fn is_chosen(&self, language: Language, form: Form) -> bool {
        let mut preferred = self.options.forms.iter();
        preferred.any(|(known, forms)| known.name() == language.name() && forms.contains(&form))
    }

    /// The forms to try, best first.
    fn forms(&self, language: Language, task: &Task<'_>) -> Vec<Form> {
        let own: Vec<Form> = task
            .entry()
            .lock
            .forms
            .iter()
            .map(|entry| entry.form())
            .collect();
        let preferred: Vec<Form> = self
            .options
            .forms
            .iter()
            .filter(|(known, _)| known.name() == language.name())
            .flat_map(|(_, forms)| forms.iter().copied())
            .collect();
        let mut forms: Vec<Form> = preferred
            .iter()
            .copied()
            .filter(|form| own.contains(form))
            .collect();
        if !self.options.only_forms {
            forms.extend(own.iter().filter(|form| !preferred.contains(form)));
        }
        forms
    }

    /// Applies the best acceptable fix of every finding until none is left.
    pub fn fix_all(&self, language: Language, text: &[u8], least: Applicability) -> Fixed {
        let mut text = text.to_vec();
        let mut applied = 0;
        loop {
            let findings = self.analyse(language, &text).findings;
            let mut edits = Vec::new();
            // Fixes of different functions do not touch each other; those of one go one by one.
            let mut reached = 0;
            let mut function = None;
            for finding in &findings {
                let Some(fix) = finding.fixes.iter().find(|fix| fix.applicability >= least) else {
                    continue;
                };
                let (Some(first), Some(last)) = (fix.edits.first(), fix.edits.last()) else {
                    continue;
                };
                let other = function != Some(&finding.function);
                if other && first.start >= reached && finding.acquire.start >= reached {
                    function = Some(&finding.function);
                    reached = last.end.max(finding.acquire.end) + 1;
                    edits.extend(fix.edits.iter().cloned());
                    applied += 1;
                }
            }
            if edits.is_empty() {
                return Fixed {
                    text,
                    applied,
                    remaining: findings,
                };
            }
            text = edit::apply(&text, &edits);
        }
    }

    /// The text with one fix applied.
    pub fn apply_fix(&self, text: &[u8], fix: &Fix) -> Vec<u8> {
        edit::apply(text, &fix.edits)
    }
}

/// The more telling of two refusals: that of a form which got further.
fn better(known: Option<Reason>, new: Reason) -> Reason {
    match known {
        Some(known) if known.code != "no-form" => known,
        _ => new,
    }
}

/// Strings that reach over several lines.
fn verbatim(language: Language, file: &File<'_>) -> Vec<Span> {
    let printer = language.printer();
    descendants(file.root, |node| !printer.is_verbatim(node.kind()))
        .filter(|node| {
            printer.is_verbatim(node.kind()) && node.start_position().row < node.end_position().row
        })
        .map(span)
        .chain(printer.fixed_lines(file))
        .collect()
}

/// Every release of the file with the lock that it names.
fn releases<'t>(file: &File<'t>) -> Vec<(String, Node<'t>)> {
    descendants(file.root, |_| true)
        .filter(|node| file.grammar.may_match(node.kind()))
        .flat_map(|node| {
            let hits = file
                .catalog
                .find_all(node, file.surroundings(), |role| role == Role::Release);
            // A ticket names no lock.
            hits.into_iter()
                .filter(|hit| !hit.bindings.contains_key("TICKET"))
                .map(move |hit| {
                    let entry = &file.catalog.entries[hit.entry];
                    (entry.key_text(&hit.bindings, file.surroundings()), node)
                })
        })
        .collect()
}

/// The locks that constructs of the file take and free: `with lock:`, `lock.run(callback)`.
fn held_by_constructs(file: &File<'_>) -> Vec<String> {
    descendants(file.root, |_| true)
        .filter_map(|node| {
            let (held, role) = match file.grammar.held_context(node) {
                Some(held) => (held, Role::Context),
                None if file.grammar.may_match(node.kind()) => (node, Role::Guarded),
                None => return None,
            };
            let hit = file
                .catalog
                .find(held, file.surroundings(), |found| found == role)?;
            let entry = &file.catalog.entries[hit.entry];
            Some(entry.key_text(&hit.bindings, file.surroundings()))
        })
        .collect()
}

/// What functions free that they have not taken.
fn freed_elsewhere(
    file: &File<'_>,
    bodies: &[Body],
    releases: &[(String, Node<'_>)],
) -> Vec<Freed> {
    releases
        .iter()
        .filter_map(|(lock, node)| {
            let function = function_around(file, *node);
            let at = span(function);
            let takes = |body: &Body| {
                body.span == at
                    && body
                        .sites
                        .iter()
                        .any(|site| site.acquire().is_some() && body.keys[site.key].text == *lock)
            };
            let around = std::iter::successors(function.parent(), Node::parent)
                .filter(|node| !node.kind().contains("class"))
                .find(|node| file.grammar.is_function(node.kind()));
            (!bodies.iter().any(takes)).then(|| Freed {
                lock: lock.clone(),
                function: at,
                name: file.grammar.function_name(function, file.source.bytes),
                scope: around.map(span),
            })
        })
        .collect()
}
