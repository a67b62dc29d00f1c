//! The rewritten programs of a fixture: with the best fixes, and with every other form that is offered.

use crate::fixture::{Expected, Fixture, short_name};
use crate::runtime::Case;
use lockfix::catalog::schema::Family as Resource;
use lockfix::engine::{Engine, Fixed, Options, Standard};
use lockfix::finding::{Applicability, Finding, Form, Rule};
use lockfix::language::Language;

/// A program with everything that the engine makes of it.
pub struct Family {
    pub original: Case,
    pub rewritten: Vec<Rewritten>,
    /// Whether the original has to be caught leaking.
    pub must_leak: bool,
}

impl Family {
    /// The original, then what was made of it.
    pub fn programs(&self) -> Vec<Case> {
        let rewritten = self.rewritten.iter().map(|one| one.case.clone());
        std::iter::once(self.original.clone())
            .chain(rewritten)
            .collect()
    }
}

/// One rewritten form of a program.
pub struct Rewritten {
    pub case: Case,
    /// Whether its fixes are all `safe`.
    pub safe: bool,
    /// For each run, whether it must leave nothing locked that was free before.
    pub all_freed: Vec<bool>,
}

/// A way to fix programs.
pub struct Fixer {
    /// For people.
    pub name: String,
    engine: Engine,
    /// The form that it prefers.
    form: Option<Form>,
    least: Applicability,
    /// What its programs are compiled for, when not as usual.
    pub standard: Option<&'static str>,
}

/// What C++ is printed for besides the default.
const STANDARDS: [(Standard, &str); 2] = [(Standard::Cpp11, "c++11"), (Standard::Cpp14, "c++14")];

impl Fixer {
    /// The best safe fix of each finding, each form where it is safe, and whatever is offered.
    pub fn all(language: Language) -> Vec<Fixer> {
        Fixer::looking_for(language, &[])
    }

    /// The same where more than locks is looked for.
    pub fn looking_for(language: Language, families: &[Resource]) -> Vec<Fixer> {
        let forms: &[Form] = match language {
            Language::Python => &[Form::TryFinally, Form::ExitStack, Form::Tracked],
            Language::C => &[
                Form::UnlockBeforeExit,
                Form::GotoUnlock,
                Form::Cleanup,
                Form::KernelGuard,
            ],
            Language::Cpp => &[Form::LockGuard, Form::UniqueLock],
            Language::Java => &[Form::TryFinally, Form::TryWithResources, Form::Tracked],
            Language::Go => &[Form::Closure, Form::Tracked],
            _ => &[
                Form::TryFinally,
                Form::RunExclusive,
                Form::PromiseFinally,
                Form::Using,
                Form::Tracked,
            ],
        };
        let usual = Options {
            families: families.to_vec(),
            ..Options::default()
        };
        let mut fixers = vec![
            Fixer::new("best", None, Applicability::Safe, &usual, &usual.rules),
            Fixer::new(
                "even unsafe",
                None,
                Applicability::Unsafe,
                &usual,
                &usual.rules,
            ),
            // Code that is correct by hand gets the neater form.
            Fixer::new("migration", None, Applicability::Safe, &usual, &Rule::ALL),
        ];
        fixers.extend(forms.iter().map(|&form| {
            // Guards are for code that is correct by hand in the first place.
            let rules = match form {
                Form::KernelGuard | Form::Cleanup => &Rule::ALL[..],
                _ => &usual.rules,
            };
            let name = Form::name(form);
            Fixer::new(name, Some(form), Applicability::Safe, &usual, rules)
        }));
        if language == Language::Cpp {
            fixers.extend(STANDARDS.map(|(standard, name)| Fixer {
                standard: Some(name),
                ..Fixer::with(
                    name,
                    Applicability::Safe,
                    Options {
                        standard,
                        ..usual.clone()
                    },
                )
            }));
        }
        fixers
    }

    fn new(
        name: &str,
        form: Option<Form>,
        least: Applicability,
        usual: &Options,
        rules: &[Rule],
    ) -> Fixer {
        let forms: Vec<Form> = form.into_iter().collect();
        let options = Options {
            rules: rules.to_vec(),
            forms: Language::ALL
                .map(|language| (language, forms.clone()))
                .into(),
            ..usual.clone()
        };
        Fixer {
            form,
            ..Fixer::with(name, least, options)
        }
    }

    fn with(name: &str, least: Applicability, options: Options) -> Fixer {
        Fixer {
            name: name.to_owned(),
            form: None,
            engine: Engine::new(options).expect("the catalogue is valid"),
            least,
            standard: None,
        }
    }

    /// Whether the program, which may name the standard that it needs, is one for this fixer.
    pub fn is_for(&self, text: &[u8]) -> bool {
        let needed = needed_standard(text);
        self.standard
            .is_none_or(|own| needed.is_none_or(|needed| needed.as_str() <= own))
    }

    /// The program with its fixes.
    pub fn fix(&self, language: Language, text: &[u8]) -> Fixed {
        self.engine.fix_all(language, text, self.least)
    }

    /// What it finds in the program.
    pub fn findings(&self, language: Language, text: &[u8]) -> Vec<Finding> {
        self.engine.analyse(language, text).findings
    }

    /// Whether this one has something of its own to offer among these findings.
    fn differs_for(&self, findings: &[Finding]) -> bool {
        let mut fixes = findings.iter().flat_map(|finding| &finding.fixes);
        fixes.any(|fix| match self.form {
            Some(form) => fix.form == form,
            None => fix.applicability == self.least,
        })
    }

    /// Whether it applies safe fixes only.
    pub fn is_safe(&self) -> bool {
        self.least == Applicability::Safe
    }
}

/// The fixture as it is, and what each fixer makes of it.
pub fn family(fixers: &[Fixer], fixture: &Fixture) -> Family {
    let mut rewritten: Vec<Rewritten> = Vec::new();
    let original = case(fixture, "original", fixture.text.clone());
    let findings = fixers.first().map_or_else(Vec::new, |best| {
        best.findings(fixture.language, &fixture.text)
    });
    let own = |fixer: &&Fixer| {
        fixer.is_for(&fixture.text)
            && fixer.differs_for(&fixer.findings(fixture.language, &fixture.text))
    };
    for fixer in fixers.iter().filter(own) {
        let fixed = fixer.fix(fixture.language, &fixture.text);
        let known = rewritten.iter().any(|one| {
            one.case.text == fixed.text
                && (fixer.standard.is_none() || fixer.standard == one.case.standard)
        });
        if fixed.applied > 0 && !known {
            let freed = |run: &String| all_freed_in(fixture, &findings, &fixed, run);
            rewritten.push(Rewritten {
                all_freed: fixture.runs.iter().map(freed).collect(),
                case: Case {
                    standard: fixer.standard.or(original.standard),
                    ..case(fixture, &fixer.name, fixed.text)
                },
                safe: fixer.is_safe(),
            });
        }
    }
    Family {
        original,
        rewritten,
        must_leak: expects_a_safe_fix_of_a_leak(fixture),
    }
}

fn case(fixture: &Fixture, what: &str, text: Vec<u8>) -> Case {
    Case {
        title: format!("{} {} [{what}]", fixture.language, fixture.name),
        file_name: fixture.file_name.clone(),
        // What the usual ones do not reach.
        standard: (needed_standard(&text).as_deref() == Some("c++20")).then_some("c++20"),
        text,
        locks: fixture.locks.clone(),
        runs: fixture.runs.clone(),
    }
}

/// The oldest standard that a program compiles for, where it says so: `// standard: c++17`.
fn needed_standard(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let named = |line: &str| line.strip_prefix("// standard: ").map(str::to_owned);
    text.lines().find_map(named)
}

/// Whether one of the findings is a leak that is safely fixed.
fn expects_a_safe_fix_of_a_leak(fixture: &Fixture) -> bool {
    let leak = [Some(Rule::LeakOnExit), Some(Rule::LeakOnException)];
    let fixed = |one: &Expected| leak.contains(&one.rule) && one.is_safe();
    fixture.expected.iter().any(fixed)
}

/// Whether everything that this run calls is fixed: where a safe fix is expected, or was offered
/// although it was not, and nothing is left to report.
fn all_freed_in(fixture: &Fixture, findings: &[Finding], fixed: &Fixed, run: &str) -> bool {
    let is_called = |finding: &&Finding| mentions(run, short_name(&finding.function));
    let offered = |function: &str| {
        let mut of_it = findings
            .iter()
            .filter(|one| short_name(&one.function) == function);
        of_it.any(|finding| finding.applicability() == Applicability::Safe)
    };
    let mut called = fixture
        .expected
        .iter()
        .filter(|one| mentions(run, &one.function));
    // What is freed by hand is freed.
    let mut left = fixed.remaining.iter();
    let nothing_left =
        !left.any(|finding| finding.rule != Rule::ManualRelease && is_called(&finding));
    nothing_left && called.all(|one| one.is_safe() || offered(&one.function))
}

/// Whether the identifier `word` occurs in `text`.
fn mentions(text: &str, word: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
        let after = text.as_bytes().get(at + word.len()).copied();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}
