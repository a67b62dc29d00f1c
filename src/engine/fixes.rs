//! The forms that are tried for a finding, and what became of each.

use super::Engine;
use crate::analysis::{Found, Judged};
use crate::finding::{Applicability, Finding, Fix, Form, Reason, Rule};
use crate::language::Language;
use crate::lower::{File, descendants, span};
use crate::plan::{Task, candidates};
use crate::refusal::reason;
use crate::source::Span;
use crate::verify::{Claim, verify};
use memchr::memchr;
use std::cell::OnceCell;
use std::rc::Rc;

/// A finding that nobody has tried to fix yet.
pub(super) struct Open<'a> {
    pub(super) judged: &'a Judged<'a>,
    pub(super) found: Found,
    /// Everything that is found in the body.
    pub(super) findings: Rc<[Finding]>,
}

impl<'a> Open<'a> {
    /// What is found in a body.
    pub(super) fn of(judged: &'a Judged<'a>, found: Vec<Found>) -> impl Iterator<Item = Open<'a>> {
        let findings: Rc<[Finding]> = found.iter().map(|found| found.finding.clone()).collect();
        found.into_iter().map(move |found| Open {
            judged,
            found,
            findings: Rc::clone(&findings),
        })
    }
}

impl Engine {
    pub(super) fn with_fixes(
        &self,
        language: Language,
        open: Open<'_>,
        verbatim: &[Span],
    ) -> Finding {
        let (at, found) = (open.judged, open.found);
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
            findings: &open.findings,
            freed_elsewhere: at.freed_elsewhere,
            fixed: &finding.clone(),
            longer: false,
        };
        // Whether correct code could be neater is no part of the proof.
        let asks_for_neatness = self.options.rules.contains(&Rule::ManualRelease);
        let mut refusal: Option<Reason> = None;
        let mut strained = Vec::new();
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
                    Ok(proved) => {
                        let kind = if candidate.strained && !task.chosen {
                            &mut strained
                        } else {
                            &mut finding.fixes
                        };
                        kind.push(Fix {
                            form: candidate.form,
                            applicability: Applicability::Safe,
                            reason: None,
                            edits: candidate.edits,
                            settles: proved.settles && !asks_for_neatness,
                        });
                        break;
                    }
                    Err(reason) => refusal = Some(better(refusal, reason)),
                }
            }
        }
        if self.options.alternatives || finding.fixes.is_empty() {
            finding.fixes.append(&mut strained);
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
                settles: false,
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
}

/// The more telling of two refusals: that of a form which got further.
fn better(known: Option<Reason>, new: Reason) -> Reason {
    match known {
        Some(known) if known.code != "no-form" => known,
        _ => new,
    }
}

/// Strings that reach over several lines.
pub(super) fn verbatim(language: Language, file: &File<'_>) -> Vec<Span> {
    let printer = language.printer();
    descendants(file.root, |node| !printer.is_verbatim(node.kind()))
        .filter(|node| {
            printer.is_verbatim(node.kind())
                && memchr(b'\n', &file.source.bytes[node.byte_range()]).is_some()
        })
        .map(span)
        .chain(printer.fixed_lines(file))
        .collect()
}
