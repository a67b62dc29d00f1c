//! The pipeline over one file in memory: parse → lower → analyse → plan → rewrite → verify. No IO.

mod elsewhere;
mod fixes;
mod memo;
mod options;
mod past;

use elsewhere::{add_callers, freed_elsewhere, held_by_constructs, releases};
use fixes::{Open, verbatim};
use memo::Memo;
pub use options::{Exceptions, Options, Standard};
use past::Context;
pub use past::Past;

use crate::analysis::{Judged, Known, Lent, judge};
use crate::catalog::schema::Library;
use crate::catalog::{Catalog, CatalogError, Receivers, languages_of};
use crate::edit;
use crate::finding::{Applicability, Finding, Fix, Rule, SkippedFunction};
use crate::language::Language;
use crate::language::beside::{Beside, Wide};
use crate::language::names::Names;
use crate::lower::{File, Lowered, lower};
use crate::parse::{DEEPEST, parse, parse_sound, too_deep};
use crate::prefilter::Prefilter;
use crate::refusal::reason;
use crate::skim::lexis::Lexis;
use crate::skim::{self, Hidden, Skimmed, Skimmer};
use crate::source::{Source, Span};
use aho_corasick::AhoCorasick;
use std::cell::LazyCell;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// What the analysis of one file found.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// By position.
    pub findings: Vec<Finding>,
    pub skipped: Vec<SkippedFunction>,
    /// Why the whole file was not analysed.
    pub skipped_file: Option<String>,
    /// Findings of functions that have a fix elsewhere come without theirs, as the round asked for.
    pub partial: bool,
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

/// What is wrong, and the key that it is wrong with, in one line.
fn in_a_line(error: &toml::de::Error) -> String {
    error.to_string().trim().replace('\n', " ")
}

/// A catalogue with the search for its words.
#[derive(Debug)]
struct Loaded {
    catalog: Catalog,
    prefilter: Prefilter,
    /// The search for the types of its locks.
    types: AhoCorasick,
    /// The search for bodies that hold none of its words, made for the first file that is read.
    skimmer: OnceLock<Option<Skimmer>>,
}

/// Leaving out less than this part of a file is not worth the skim.
const LEAST_SAVED: usize = 5;

/// How often a file is looked at with less and less left out before it is read as a whole.
const MOST_LOOKS: usize = 3;

/// Analyses and fixes texts. Shared by all threads.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    further: Vec<Library>,
    /// By language, loaded when the first file of the language is seen.
    loaded: [OnceLock<Loaded>; Language::ALL.len()],
    memo: Arc<Memo>,
}

/// Findings of one file that are fixed: each is proved with the text around it parsed anew.
const MOST_FINDINGS: usize = 1_000;

/// Whether a skim of the language is sure of what it leaves out.
fn is_sure(language: Language) -> bool {
    language.grammar().lexis().is_some_and(Lexis::is_sure)
}

fn too_many(mut finding: Finding) -> Finding {
    let message = format!("the file has more than {MOST_FINDINGS} findings: too many to be proved");
    finding.refusal = Some(reason("too-many-findings", message));
    finding
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
                .map_err(|error| EngineError(format!("[[lock]]: {}", in_a_line(&error))))?;
            further.push(library);
        }
        let engine = Engine {
            options,
            further,
            loaded: Default::default(),
            memo: Arc::default(),
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
        let catalog = Catalog::load(language, &self.options.families, &further)?;
        let too_many = |error: aho_corasick::BuildError| CatalogError {
            path: "transforms".to_owned(),
            message: error.to_string(),
        };
        let prefilter = Prefilter::new(&catalog.needs()).map_err(too_many)?;
        let entries = catalog.entries.iter();
        let names: Vec<&String> = entries.flat_map(|entry| &entry.lock.types).collect();
        let types = AhoCorasick::new(&names).map_err(too_many)?;
        Ok(Loaded {
            types,
            skimmer: OnceLock::new(),
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

    /// What stands beside a text, for [`Engine::analyse_with`]: the headers that it includes, and `rest`, which
    /// gives the other files of its package when a fix asks for them.
    pub fn beside(
        &self,
        language: Language,
        headers: &[Vec<u8>],
        rest: impl FnOnce() -> Vec<Vec<u8>> + 'static,
    ) -> Beside {
        let mut names = Names::default();
        let tells = |text: &&Vec<u8>| self.loaded(language).types.is_match(text.as_slice());
        for text in headers.iter().filter(tells) {
            if let Some(told) = self.memo.names(language, text) {
                names.add_headers(&told);
            }
        }
        let reader = memo::Reading {
            memo: Arc::clone(&self.memo),
            language,
        };
        Beside::new(names, reader, rest)
    }

    /// Everything found in `text`, each finding with its verified fixes.
    pub fn analyse(&self, language: Language, text: &[u8]) -> Analysis {
        self.analyse_with(language, text, &Beside::default())
    }

    /// The same, with what stands beside the text.
    pub fn analyse_with(&self, language: Language, text: &[u8], beside: &Beside) -> Analysis {
        if !self.may_hold_locks(language, text) {
            return Analysis::default();
        }
        let mut bodies = match beside.past.bodies(text) {
            Some(bodies) => bodies,
            None if beside.past.reads_all.get() => Vec::new(),
            None => match self.skim(language, text) {
                Some(skimmed) if !skimmed.locks_elsewhere && is_sure(language) => {
                    return Analysis::default();
                }
                skimmed => skimmed.map(|skimmed| skimmed.bodies).unwrap_or_default(),
            },
        };
        let private = |bodies| match language.grammar().lexis() {
            Some(lexis) => skim::without_mentioned(lexis, text, bodies),
            None => bodies,
        };
        bodies = private(bodies);
        if self.holds_locks_only_in(language, text, &bodies) {
            return Analysis::default();
        }
        let bytes: usize = bodies.iter().map(|body| body.end - body.start).sum();
        if bytes < text.len() / LEAST_SAVED {
            bodies.clear();
        }
        for _ in 0..MOST_LOOKS {
            if bodies.is_empty() {
                break;
            }
            let hidden = Hidden::new(text, bodies);
            let Some(analysis) = self.analyse_but(language, text, beside, &hidden) else {
                break;
            };
            match hidden.without_missed() {
                None => return analysis,
                Some(fewer) => bodies = private(fewer),
            }
        }
        beside.past.reads_all.set(true);
        self.analyse_whole(language, text, beside)
    }

    /// The same, with nothing left out of the parse: what [`Engine::analyse_with`] gives has to be this.
    pub fn analyse_whole(&self, language: Language, text: &[u8], beside: &Beside) -> Analysis {
        let whole = Hidden::new(text, Vec::new());
        let analysis = self.analyse_but(language, text, beside, &whole);
        analysis.unwrap_or_default()
    }

    /// Whether nothing that acquires a lock is left outside of the bodies, and it is certain what they are.
    fn holds_locks_only_in(&self, language: Language, text: &[u8], bodies: &[Span]) -> bool {
        !bodies.is_empty()
            && is_sure(language)
            && !self.may_hold_locks(language, &skim::without(text, bodies))
    }

    /// Whether something is to be found of a span that no call and no jump leaves.
    fn finds_in_straight_spans(&self, language: Language) -> bool {
        let exceptions = self.options.exceptions;
        let exceptions = exceptions.unwrap_or_else(|| language.grammar().default_exceptions());
        exceptions == Exceptions::Operators || self.options.rules.contains(&Rule::ManualRelease)
    }

    /// Bodies of functions of whose locks nothing is to be found.
    pub fn needless_bodies(&self, language: Language, text: &[u8]) -> Vec<Span> {
        let skimmed = self.skim(language, text);
        skimmed.map(|skimmed| skimmed.bodies).unwrap_or_default()
    }

    /// What need not be parsed; `None` for a language that is always read as a whole.
    fn skim(&self, language: Language, text: &[u8]) -> Option<Skimmed> {
        let lexis = language.grammar().lexis()?;
        let loaded = self.loaded(language);
        let skimmer = loaded.skimmer.get_or_init(|| {
            // Without one, files are read as a whole.
            let catalog = &loaded.catalog;
            let skimmer = Skimmer::new(lexis, catalog.marks()?, catalog.pairs()).ok()?;
            Some(if self.finds_in_straight_spans(language) {
                skimmer
            } else {
                skimmer.trusting(catalog.facts.pure_calls.clone())
            })
        });
        let skimmer = skimmer.as_ref()?;
        Some(skimmer.skim(lexis, text, &loaded.prefilter.met(text)))
    }

    /// Everything found in `text`, what is hidden left out; `None` when that cannot be left out.
    fn analyse_but(
        &self,
        language: Language,
        text: &[u8],
        beside: &Beside,
        hidden: &Hidden<'_>,
    ) -> Option<Analysis> {
        let grammar = language.grammar();
        let masked = (!hidden.bodies().is_empty()).then(|| skim::without(text, hidden.bodies()));
        let read = masked.as_deref().unwrap_or(text);
        let again = beside.past.parse(grammar, read);
        let tree = if masked.is_some() {
            again
                .or_else(|| parse_sound(grammar, read))
                .filter(|tree| skim::confirms(tree, grammar, hidden.bodies()))?
        } else if let Some(tree) = again.or_else(|| parse(grammar, read)) {
            tree
        } else {
            return Some(Analysis {
                skipped_file: Some("takes too long to parse".to_owned()),
                ..Analysis::default()
            });
        };
        if too_deep(tree.root_node(), DEEPEST) {
            return Some(Analysis {
                skipped_file: Some("nested too deeply".to_owned()),
                ..Analysis::default()
            });
        }
        let source = Source::new(text, grammar.default_indent());
        let mut names = grammar.names(tree.root_node(), text);
        names.add_headers(&beside.headers);
        let file = File {
            source: &source,
            read,
            hidden,
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
            beside,
            wide: &Wide::default(),
            receivers: &Receivers::default(),
        };
        let analysis = self.analyse_file(language, &file);
        if !analysis.findings.is_empty() {
            beside.past.keep_parsed(read, &tree, hidden.bodies());
        }
        Some(analysis)
    }

    fn analyse_file(&self, language: Language, file: &File<'_>) -> Analysis {
        let Lowered {
            bodies,
            skipped,
            unread,
        } = lower(file);
        let mut analysis = Analysis {
            skipped,
            ..Analysis::default()
        };
        if bodies.is_empty() {
            return analysis;
        }
        let releases = releases(file);
        // Hardly ever asked.
        let released = || -> HashSet<String> {
            bodies
                .iter()
                .flat_map(|body| {
                    body.sites
                        .iter()
                        .filter(|site| site.acquire().is_none())
                        .map(|site| body.keys[site.key].text.clone())
                })
                .chain(releases.iter().map(|release| release.lock.clone()))
                .chain(held_by_constructs(file))
                .collect()
        };
        let mut freed_elsewhere = freed_elsewhere(file, &bodies, &unread, &releases);
        add_callers(file, &bodies, &mut freed_elsewhere);
        let lent = Lent::default();
        let verbatim = LazyCell::new(|| verbatim(language, file));
        let judged: Vec<Judged<'_>> = bodies
            .iter()
            .map(|body| Judged {
                body,
                file,
                released_in_file: &released,
                lent: &lent,
                freed_elsewhere: &freed_elsewhere,
                bodies: &bodies,
                known: Known::default(),
            })
            .collect();
        let verdicts: Vec<_> = judged.iter().map(judge).collect();
        let mut open = Vec::new();
        for (judged, verdict) in judged.iter().zip(verdicts) {
            match verdict {
                Ok(judgement) => open.extend(Open::of(judged, judgement.found)),
                Err(why) => analysis.skipped.push(SkippedFunction {
                    function: judged.body.name.clone(),
                    line: file.source.location(judged.body.span.start).line,
                    reason: why.0.to_owned(),
                }),
            }
        }
        let many = open.len() > MOST_FINDINGS;
        open.retain(|open| self.options.rules.contains(&open.found.finding.rule));
        open.sort_by_key(|open| (open.found.finding.acquire, open.found.finding.rule));
        let context = LazyCell::new(|| Context::new(file, &freed_elsewhere));
        let enough = file.beside.past.enough();
        let mut served = HashSet::new();
        for open in open {
            // All of this is to be done again.
            if file.hidden.is_missed() {
                break;
            }
            let finding = if many {
                too_many(open.found.finding)
            } else if served.contains(&open.found.finding.function) {
                analysis.partial = true;
                open.found.finding
            } else {
                self.closed(language, open, &context, &verbatim)
            };
            if enough.is_some_and(|least| finding.acceptable(least).is_some()) {
                served.insert(finding.function.clone());
            }
            analysis.findings.push(finding);
        }
        analysis
    }

    /// The finding with its fixes, from an earlier round where they are known.
    fn closed(
        &self,
        language: Language,
        open: Open<'_>,
        context: &Context,
        verbatim: &[Span],
    ) -> Finding {
        let file = open.judged.file;
        let past = &file.beside.past;
        let place = context.place(file, &open.findings, &open.found.finding);
        let known = place
            .as_ref()
            .and_then(|place| past.known(file, place, &open.found.finding));
        known.unwrap_or_else(|| {
            let asked = file.hidden.asked();
            let fixed = self.with_fixes(language, open, verbatim);
            // What other functions were asked for is not known of the next text.
            if let Some(place) = place.filter(|_| file.hidden.asked() == asked) {
                past.keep(file, place, &fixed);
            }
            fixed
        })
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
                let Some(fix) = finding.acceptable(least) else {
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
