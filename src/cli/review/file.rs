//! The review of one file.

use super::Position;
use super::ahead::{Ahead, Known, Pending};
use super::prompt::{self, Answer};
use crate::apply::{WriteError, Writer};
use crate::cli::stderr::Stderr;
use crate::cli::totals::Totals;
use crate::cli::{Run, editor};
use crate::discover::{Functions, SourceFile};
use crate::finding::{Finding, Fix, Rule};
use crate::inspect::{beside, look, read, touched_functions, within};
use crate::report::{self, Labels, diff};
use crate::source::Source;
use crate::{baseline, edit, guard, syntax};
use console::Term;
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// The findings that a review leaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rest {
    /// There is no fix that the run may apply.
    pub hopeless: usize,
    /// The answer was no.
    pub left: usize,
    /// Not asked about.
    pub open: usize,
}

/// How the review goes on after a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Ask,
    AcceptAll,
    /// To a question of a file before.
    Back,
    Quit,
}

/// What is asked about no more.
#[derive(Debug)]
pub enum Mute {
    Rule(Rule),
    Lock(String),
}

impl Mute {
    fn covers(&self, finding: &Finding) -> bool {
        match self {
            Mute::Rule(rule) => finding.rule == *rule,
            Mute::Lock(lock) => finding.lock == *lock,
        }
    }
}

/// What holds for all files of a review.
#[derive(Debug, Default)]
pub struct Session {
    /// No more questions.
    pub accept_all: bool,
    muted: Vec<Mute>,
}

/// How things stood before a question was answered.
struct Step {
    left: HashMap<Identity, usize>,
    passed: usize,
    muted: usize,
    /// When the answer was written: what the file was before.
    wrote: Option<(Vec<u8>, Vec<Finding>)>,
}

/// What findings are the same before and after an edit, up to their order: lines move.
type Identity = (Rule, String, String);

fn identity(finding: &Finding) -> Identity {
    (finding.rule, finding.function.clone(), finding.lock.clone())
}

/// A file under review: its text as it is on the disk, and what was decided so far.
pub struct FileReview<'a> {
    run: &'a Run,
    file: SourceFile,
    /// How many findings there were when the look ahead came by.
    found: usize,
    /// How many of those have a fix to be asked about.
    pub questions: usize,
    writer: &'a Writer,
    term: &'a Term,
    accept_all: bool,
    text: Vec<u8>,
    findings: Vec<Finding>,
    /// Those that the run is about.
    functions: Functions,
    /// How many findings of each identity were decided and are still there. They are asked about
    /// in order, so they are the first of their identity.
    left: HashMap<Identity, usize>,
    history: Vec<Step>,
    /// Questions that nobody had to answer.
    passed: usize,
    /// No more questions about this file.
    closed: bool,
    accepted: usize,
    read: bool,
}

impl<'a> FileReview<'a> {
    /// A review that has not read the file yet.
    pub fn new(
        run: &'a Run,
        pending: Pending,
        writer: &'a Writer,
        term: &'a Term,
    ) -> FileReview<'a> {
        FileReview {
            run,
            file: pending.file,
            found: pending.found,
            questions: pending.questions,
            writer,
            term,
            accept_all: false,
            text: Vec::new(),
            findings: Vec::new(),
            functions: Functions::default(),
            left: HashMap::new(),
            history: Vec::new(),
            passed: 0,
            closed: false,
            accepted: 0,
            read: false,
        }
    }

    /// Fixes written.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// As people name it.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Findings still there, as far as is known.
    pub fn remaining(&self) -> usize {
        if self.read {
            self.findings.len()
        } else {
            self.found
        }
    }

    /// What is known of those that are still there.
    pub fn rest(&self) -> Rest {
        if !self.read {
            return Rest {
                open: self.questions,
                hopeless: self.found - self.questions,
                left: 0,
            };
        }
        let mut rest = Rest::default();
        for (finding, decided) in self.findings.iter().zip(self.decided()) {
            let of = match finding.acceptable(self.run.args.least()) {
                None => &mut rest.hopeless,
                Some(_) if decided || self.closed => &mut rest.left,
                Some(_) => &mut rest.open,
            };
            *of += 1;
        }
        rest
    }

    /// Asks about each finding in turn. `position` is that of the first question of the file among
    /// those that `ahead` knows of.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn run(
        &mut self,
        position: Position,
        ahead: &Ahead,
        session: &mut Session,
        totals: &mut Totals,
        stderr: &Stderr,
    ) -> io::Result<Next> {
        let mut next = Next::Ask;
        self.accept_all |= session.accept_all;
        if !self.read
            && let Err(message) = self.read_again()
        {
            totals.fail(&self.file.path, message);
            totals.tell(stderr);
            return Ok(next);
        }
        while let Some(finding) = self.undecided() {
            let fixes = self.fixes(&finding);
            if session.muted.iter().any(|mute| mute.covers(&finding)) {
                self.passed += usize::from(!fixes.is_empty());
                self.leave(&finding);
                continue;
            }
            self.show(&finding)?;
            if fixes.is_empty() {
                self.leave(&finding);
                continue;
            }
            let here = Position {
                question: position.question + self.history.len() + self.passed,
                ..position
            };
            let of = ahead.known();
            let step = self.step(session);
            let (new, answer) = match self.decide(&fixes, (here, of))? {
                Decision::Write(new, answer) => (new, answer),
                Decision::Leave(mute) => {
                    session.muted.extend(mute.map(|mute| match mute {
                        Muted::Rule => Mute::Rule(finding.rule),
                        Muted::Lock => Mute::Lock(finding.lock.clone()),
                    }));
                    self.history.push(step);
                    self.leave(&finding);
                    continue;
                }
                Decision::LeaveFile => {
                    self.closed = true;
                    return Ok(next);
                }
                Decision::Back if self.history.is_empty() => return Ok(Next::Back),
                Decision::Back => {
                    self.go_back(session)?;
                    continue;
                }
                Decision::Quit => return Ok(Next::Quit),
            };
            self.accept_all |= answer != Answer::Apply;
            if answer == Answer::ApplyEverything {
                next = Next::AcceptAll;
            }
            let before = (self.text.clone(), self.findings.clone());
            match self.write(&finding, &new) {
                Ok(true) => self.history.push(Step {
                    wrote: Some(before),
                    ..step
                }),
                Ok(false) => {
                    self.say("It changed on disk meanwhile; here it is again as it is now.")?
                }
                Err(message) => {
                    totals.fail(&self.file.path, message);
                    totals.tell(stderr);
                    return Ok(next);
                }
            }
        }
        Ok(next)
    }

    fn step(&self, session: &Session) -> Step {
        Step {
            left: self.left.clone(),
            passed: self.passed,
            muted: session.muted.len(),
            wrote: None,
        }
    }

    /// Whether there is a question to go back to.
    pub fn has_asked(&self) -> bool {
        self.closed || !self.history.is_empty()
    }

    /// Takes the last answer back; what it wrote, too, unless others have written since.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn go_back(&mut self, session: &mut Session) -> io::Result<()> {
        if std::mem::take(&mut self.closed) {
            return Ok(());
        }
        let Some(step) = self.history.pop() else {
            return Ok(());
        };
        if let Some((text, _)) = &step.wrote
            && let Err(error) = self.writer.replace(&self.file.real, &self.text, text)
        {
            self.history.push(step);
            return self.say(&format!("What was applied stays: {error}."));
        }
        if let Some((text, findings)) = step.wrote {
            self.text = text;
            self.findings = findings;
            self.accepted -= 1;
            let path = self.file.path.display();
            self.say(&format!("Taken back; {path} is as it was before."))?;
            self.term.write_line("")?;
        }
        self.left = step.left;
        self.passed = step.passed;
        self.accept_all = false;
        session.muted.truncate(step.muted);
        Ok(())
    }

    /// The first finding that nothing was decided about.
    fn undecided(&self) -> Option<Finding> {
        let mut all = self.findings.iter().zip(self.decided());
        let (finding, _) = all.find(|(_, decided)| !decided)?;
        Some(finding.clone())
    }

    /// Of each finding that is there, whether it was decided about.
    fn decided(&self) -> Vec<bool> {
        let mut passed: HashMap<Identity, usize> = HashMap::new();
        let decided = self.findings.iter().map(|finding| {
            let identity = identity(finding);
            let left = self.left.get(&identity).copied().unwrap_or(0);
            let passed = passed.entry(identity).or_default();
            *passed += 1;
            *passed <= left
        });
        decided.collect()
    }

    /// The findings that were left, as a baseline in the directory `root` lists them.
    pub fn left(&self, root: &Path) -> Vec<Value> {
        let real = &self.file.real;
        let name = real.strip_prefix(root).unwrap_or(real).to_string_lossy();
        let entries = baseline::entries(&name, &self.text, &self.findings);
        let all = entries.into_iter().zip(self.decided());
        all.filter(|(_, decided)| *decided || self.closed)
            .map(|(entry, _)| entry)
            .collect()
    }

    fn leave(&mut self, finding: &Finding) {
        *self.left.entry(identity(finding)).or_default() += 1;
    }

    /// The fixes that may be applied, best first.
    fn fixes(&self, finding: &Finding) -> Vec<Fix> {
        let least = self.run.args.least();
        if finding.acceptable(least).is_none() {
            return Vec::new();
        }
        let fixes = finding.fixes.iter();
        fixes
            .filter(|fix| fix.applicability >= least)
            .cloned()
            .collect()
    }

    fn decide(&self, fixes: &[Fix], position: (Position, Known)) -> io::Result<Decision> {
        let mut shown = 0;
        loop {
            let fix = &fixes[shown];
            let new = edit::apply(&self.text, &fix.edits);
            self.show_diff(&new)?;
            if self.accept_all {
                let form = fix.form;
                self.say(&format!("Applied ({form})."))?;
                self.term.write_line("")?;
                return Ok(Decision::Write(new, Answer::ApplyRestOfFile));
            }
            loop {
                let answer = prompt::ask(
                    self.term,
                    (fix, shown, fixes.len()),
                    position,
                    self.run.out_styles,
                )?;
                match answer {
                    Answer::Apply | Answer::ApplyRestOfFile | Answer::ApplyEverything => {
                        return Ok(Decision::Write(new, answer));
                    }
                    Answer::Skip => return Ok(Decision::Leave(None)),
                    Answer::SkipRule => return Ok(Decision::Leave(Some(Muted::Rule))),
                    Answer::SkipLock => return Ok(Decision::Leave(Some(Muted::Lock))),
                    Answer::Back => return Ok(Decision::Back),
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
        self.look_again(false)?;
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
        self.look_again(true)?;
        self.read = true;
        Ok(())
    }

    /// `again`: the text is not what came of our own writing.
    fn look_again(&mut self, again: bool) -> Result<(), String> {
        let file = &self.file;
        let looked = guard::catch(|| {
            let beside = beside(&file.path, &self.text, file.language, &file.settings);
            let (path, language, settings) = (&file.path, file.language, &file.settings);
            if again {
                self.functions = touched_functions(path, &self.text, language, settings, &beside);
            }
            let look = look(path, &self.text, language, settings, &beside);
            within(&self.functions, look)
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
        let styles = self.run.out_styles;
        let paint = report::Paint::with(styles, self.file.language, &self.text, new);
        report::write_diff(&mut out, &lines, true, styles, paint.as_ref())?;
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
    /// Leave it, and perhaps all that are like it.
    Leave(Option<Muted>),
    LeaveFile,
    Back,
    Quit,
}

/// In what later findings are like the one at hand.
enum Muted {
    Rule,
    Lock,
}
