//! The review of one file.

use super::Position;
use super::prompt::{self, Answer};
use crate::apply::{WriteError, Writer};
use crate::cli::stderr::Stderr;
use crate::cli::totals::Totals;
use crate::cli::{Run, editor};
use crate::discover::SourceFile;
use crate::finding::{Finding, Fix, Rule};
use crate::inspect::{beside, look, read, without_known};
use crate::report::{self, Labels, diff};
use crate::resolve::acceptable;
use crate::source::Source;
use crate::{edit, guard, syntax};
use console::Term;
use std::collections::HashMap;
use std::io;

/// How the review goes on after a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Ask,
    AcceptAll,
    Quit,
}

/// What findings are the same before and after an edit, up to their order: lines move.
type Identity = (Rule, String, String);

fn identity(finding: &Finding) -> Identity {
    (finding.rule, finding.function.clone(), finding.lock.clone())
}

/// A file under review: its text as it is on the disk, and what was decided so far.
pub struct FileReview<'a> {
    run: &'a Run,
    file: &'a SourceFile,
    writer: &'a Writer,
    term: &'a Term,
    accept_all: bool,
    text: Vec<u8>,
    findings: Vec<Finding>,
    /// How many findings of each identity were decided and are still there. They are asked about
    /// in order, so they are the first of their identity.
    left: HashMap<Identity, usize>,
    accepted: usize,
    read: bool,
}

impl<'a> FileReview<'a> {
    /// A review that has not read the file yet. `accept_all`: no questions.
    pub fn new(
        run: &'a Run,
        file: &'a SourceFile,
        writer: &'a Writer,
        term: &'a Term,
        accept_all: bool,
    ) -> FileReview<'a> {
        FileReview {
            run,
            file,
            writer,
            term,
            accept_all,
            text: Vec::new(),
            findings: Vec::new(),
            left: HashMap::new(),
            accepted: 0,
            read: false,
        }
    }

    /// Fixes written.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Findings still there; `None` when the file could not be read.
    pub fn remaining(&self) -> Option<usize> {
        self.read.then_some(self.findings.len())
    }

    /// Asks about each finding in turn.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn run(
        &mut self,
        mut position: Position,
        totals: &mut Totals,
        stderr: &Stderr,
    ) -> io::Result<Next> {
        let mut next = Next::Ask;
        if let Err(message) = self.read_again() {
            totals.fail(&self.file.path, message, stderr);
            return Ok(next);
        }
        while let Some(finding) = self.undecided() {
            self.show(&finding)?;
            let fixes = self.fixes(&finding);
            if fixes.is_empty() {
                self.leave(&finding);
                continue;
            }
            let (new, answer) = match self.decide(&fixes, position)? {
                Decision::Write(new, answer) => (new, answer),
                Decision::Leave => {
                    self.leave(&finding);
                    position.question += 1;
                    continue;
                }
                Decision::LeaveFile => return Ok(next),
                Decision::Quit => return Ok(Next::Quit),
            };
            self.accept_all |= answer != Answer::Apply;
            if answer == Answer::ApplyEverything {
                next = Next::AcceptAll;
            }
            match self.write(&finding, &new) {
                Ok(true) => position.question += 1,
                Ok(false) => {
                    self.say("It changed on disk meanwhile; here it is again as it is now.")?
                }
                Err(message) => {
                    totals.fail(&self.file.path, message, stderr);
                    return Ok(next);
                }
            }
        }
        Ok(next)
    }

    /// The first finding that nothing was decided about.
    fn undecided(&self) -> Option<Finding> {
        let mut passed: HashMap<Identity, usize> = HashMap::new();
        self.findings
            .iter()
            .find(|finding| {
                let identity = identity(finding);
                let left = self.left.get(&identity).copied().unwrap_or(0);
                let passed = passed.entry(identity).or_default();
                *passed += 1;
                *passed > left
            })
            .cloned()
    }

    fn leave(&mut self, finding: &Finding) {
        *self.left.entry(identity(finding)).or_default() += 1;
    }

    /// The fixes that may be applied, best first.
    fn fixes(&self, finding: &Finding) -> Vec<Fix> {
        let least = self.run.args.least();
        if acceptable(finding, least).is_none() {
            return Vec::new();
        }
        let fixes = finding.fixes.iter();
        fixes
            .filter(|fix| fix.applicability >= least)
            .cloned()
            .collect()
    }

    fn decide(&self, fixes: &[Fix], position: Position) -> io::Result<Decision> {
        let mut shown = 0;
        loop {
            let fix = &fixes[shown];
            let new = edit::apply(&self.text, &fix.edits);
            self.show_diff(&new)?;
            if self.accept_all {
                let form = fix.form;
                self.say(&format!("Applied ({form})."))?;
                return Ok(Decision::Write(new, Answer::ApplyRestOfFile));
            }
            loop {
                let answer = prompt::ask(self.term, fix, position, self.run.out_styles)?;
                match answer {
                    Answer::Apply | Answer::ApplyRestOfFile | Answer::ApplyEverything => {
                        return Ok(Decision::Write(new, answer));
                    }
                    Answer::Skip => return Ok(Decision::Leave),
                    Answer::SkipRestOfFile => return Ok(Decision::LeaveFile),
                    Answer::Quit => return Ok(Decision::Quit),
                    Answer::Help => prompt::help(self.term, self.run.out_styles)?,
                    Answer::Edit => {
                        if let Some(edited) = self.edit(&new)? {
                            return Ok(Decision::Write(edited, Answer::Apply));
                        }
                    }
                    Answer::OtherForm if fixes.len() == 1 => self.say("There is no other form.")?,
                    Answer::OtherForm => {
                        shown = (shown + 1) % fixes.len();
                        break;
                    }
                }
            }
        }
    }

    /// What the user makes of `new`; `None` when they think better of it.
    fn edit(&self, new: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let errors = syntax::error_count(self.file.language, &self.text);
        let mut edited = new.to_vec();
        loop {
            edited = match editor::edit(&self.file.path, &edited) {
                Ok(edited) => edited,
                Err(message) => {
                    self.say(&message)?;
                    return Ok(None);
                }
            };
            if syntax::error_count(self.file.language, &edited) <= errors {
                return Ok(Some(edited));
            }
            self.say("The edited file has a syntax error.")?;
            let again = dialoguer::Confirm::new()
                .with_prompt("Edit it again? (\"no\" throws the edit away)")
                .default(true)
                .interact_on_opt(self.term);
            if !matches!(again, Ok(Some(true))) {
                return Ok(None);
            }
        }
    }

    /// Writes the file and looks at it again. `false`: it had changed, and was only read again.
    fn write(&mut self, finding: &Finding, new: &[u8]) -> Result<bool, String> {
        match self.writer.replace(&self.file.real, &self.text, new) {
            Ok(()) => {}
            Err(WriteError::Changed) => {
                self.read_again()?;
                return Ok(false);
            }
            Err(error) => return Err(error.to_string()),
        }
        let identity = identity(finding);
        let alike = |findings: &[Finding]| {
            let alike = findings.iter().map(self::identity);
            alike.filter(|other| *other == identity).count()
        };
        let before = alike(&self.findings);
        self.accepted += 1;
        self.text = new.to_vec();
        self.look_again()?;
        if alike(&self.findings) >= before {
            // An edit by hand may leave it; asking for ever would not help.
            self.leave(finding);
        }
        Ok(true)
    }

    fn read_again(&mut self) -> Result<(), String> {
        match read(&self.file.real, self.file.settings.max_size()) {
            Ok(Some(text)) => self.text = text,
            Ok(None) => return Err("it has become too large".to_owned()),
            Err(error) => return Err(format!("cannot read it: {error}")),
        }
        self.look_again()?;
        self.read = true;
        Ok(())
    }

    fn look_again(&mut self) -> Result<(), String> {
        let file = self.file;
        let looked = guard::catch(|| {
            let beside = beside(&file.path, &self.text, file.language, &file.settings);
            let look = look(&self.text, file.language, &file.settings, &beside);
            without_known(&file.path, &self.text, &file.settings, look)
        })?;
        self.findings = looked.findings;
        Ok(())
    }

    fn show(&self, finding: &Finding) -> io::Result<()> {
        let mut out = Vec::new();
        let source = Source::new(&self.text, "");
        let place = (&*self.file.path, self.file.language);
        let least = self.run.args.least();
        report::text_finding(
            &mut out,
            place,
            &source,
            finding,
            least,
            self.run.out_styles,
        )?;
        self.term.write_str(&String::from_utf8_lossy(&out))
    }

    fn show_diff(&self, new: &[u8]) -> io::Result<()> {
        let labels = Labels::new(self.run.directory.clone());
        let lines = diff::unified(labels.of(&self.file.real), &self.text, new);
        let mut out = Vec::new();
        report::write_diff(&mut out, &lines, true, self.run.out_styles)?;
        self.term.write_str(&String::from_utf8_lossy(&out))
    }

    fn say(&self, message: &str) -> io::Result<()> {
        self.term.write_line(&report::printable(message))
    }
}

/// What was decided about one finding.
enum Decision {
    /// Write this text; the answer says what it means for later findings.
    Write(Vec<u8>, Answer),
    Leave,
    LeaveFile,
    Quit,
}
