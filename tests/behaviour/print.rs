//! Random programs in the words of a language.

use crate::programs::{Features, Statement, Taken, Value, is_told};
use crate::shadows::{mentions, names};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// How a language writes statements. `#` stands for a number, `@` for a name, `~` for a value.
pub struct Words {
    pub features: Features,
    pub indent: &'static str,
    /// What begins and ends a block, a statement and a comment line.
    pub open: &'static str,
    pub close: &'static str,
    pub end: &'static str,
    pub comment: &'static str,
    /// Work that can fail, with the name of the step; its value is a number.
    pub step: &'static str,
    /// The same, with the value that it is to have.
    pub step_of: &'static str,
    pub declare: &'static str,
    /// A variable, read.
    pub variable: &'static str,
    /// Variables that nobody reads are errors.
    pub unused_is_error: bool,
    /// Under the flag `#`.
    pub if_flag: &'static str,
    /// A flag, read.
    pub flag: &'static str,
    pub otherwise: &'static str,
    /// `#` stands for a number that no other loop has.
    pub loop_twice: &'static str,
    /// With a line end, it stands on a line of its own, a level further out.
    pub label: &'static str,
    pub switch: &'static str,
    /// How much deeper than the switch its cases stand.
    pub case_level: usize,
    pub case: &'static str,
    pub default: &'static str,
    /// What ends a case, where one would run on into the next.
    pub end_case: &'static str,
    /// What ends a case that is to run on into the next.
    pub fall_through: &'static str,
    /// What stands around a case that declares something.
    pub block_in_case: Option<(&'static str, &'static str)>,
    pub try_: &'static str,
    pub catch: &'static str,
    pub finally: &'static str,
    /// A function called `f#`, and what follows its body; then its call.
    pub closure: &'static str,
    pub end_closure: &'static str,
    pub call_closure: &'static str,
    /// What a closure ends with, where jumps are hidden from the compiler.
    pub last_of_closure: &'static str,
    /// Puts off a statement until the function is left, and several.
    pub defer: &'static str,
    pub open_defer: &'static str,
    pub end_defer: &'static str,
    /// An object called `o#`, as the head of the block that it lives in, or as a declaration.
    pub scope: &'static str,
    /// Whether objects and guards are heads of blocks.
    pub scopes_are_heads: bool,
    /// What is done where a lock is not free, in languages whose locks would not be after a leak.
    pub busy: &'static str,
    /// A variable that is true or false.
    pub answer: &'static str,
    /// A condition on such a variable, and on its contrary.
    pub answered: [&'static str; 2],
    pub while_: &'static str,
    /// The lines that make a value of what fails, `#` for the number of the step.
    pub recover: &'static [&'static str],
    pub constant: &'static str,
    /// In front of a jump, where compilers refuse what cannot be reached behind it.
    pub perhaps: &'static str,
    pub return_: &'static str,
    pub throw: &'static str,
    pub break_: &'static str,
    pub continue_: &'static str,
    pub break_to: &'static str,
    pub continue_to: &'static str,
    /// What a function has to end with where control would reach its end.
    pub last: Option<&'static str>,
    /// A condition, as the head of a branch.
    pub if_: &'static str,
    pub goto: &'static str,
    pub told: Told,
}

/// The variable `told`, which other code gives its value.
#[derive(Clone, Copy)]
pub struct Told {
    /// The lines in front of the function that define it and what changes it.
    pub define: &'static [&'static str],
    /// The lines that the function begins with.
    pub begin: &'static [&'static str],
    /// Work that changes it, `@` for the name of the step, `~` for the value.
    pub tell: &'static str,
    /// Says that it is true or false, `~`.
    pub set: &'static str,
    /// The two values.
    pub values: [&'static str; 2],
    /// A condition on it, and on its contrary.
    pub asked: [&'static str; 2],
}

/// A kind of lock, and how it is taken and freed. `#` stands for the number of the acquire, `@` for
/// the lock.
pub struct Dialect {
    pub words: &'static Words,
    pub file_name: &'static str,
    /// What stands in front of the function. What stands between `<<` and `>>`, there and behind it, is
    /// repeated for each lock, `@`.
    pub head: &'static str,
    /// The function `work`: flags `flag0`, `flag1`, …, then `way`.
    pub function: &'static str,
    /// What stands behind it.
    pub foot: &'static str,
    /// How deep the function stands.
    pub level: usize,
    pub acquire: &'static str,
    pub release: &'static str,
    /// Whether the lock was taken, and whether it was not; empty where there is no such question.
    pub taken: &'static str,
    pub not_taken: &'static str,
    /// An object that holds the lock until the end of its block.
    pub guard: &'static str,
    /// What the observer is told to watch, `@` for the lock.
    pub watched: &'static str,
    /// A call of the function: its flags, and the way through its switches.
    pub call: fn(&[bool], usize) -> String,
}

impl Dialect {
    /// What programs for this lock may be written with.
    pub fn features(&self) -> Features {
        Features {
            try_acquire: !self.taken.is_empty(),
            retakes: !self.release.contains('#'),
            ..self.words.features
        }
    }

    /// What to watch: one expression a lock.
    pub fn locks(&self) -> Vec<String> {
        (0..self.words.features.locks)
            .map(|lock| self.watched.replace('@', &format!("lock{lock}")))
            .collect()
    }
}

/// The text of a program.
pub fn print(dialect: &Dialect, body: &[Statement]) -> String {
    let mut printer = Printer {
        dialect,
        words: dialect.words,
        used: mentions(body),
        names: names(body, dialect.words.features.shadows),
        loops: 0,
        out: each_lock(dialect.head, dialect.words.features.locks),
    };
    let level = dialect.level;
    let told = is_told(body).then_some(dialect.words.told);
    for line in told.iter().flat_map(|told| told.define) {
        printer.line(level, line);
    }
    printer.line(
        level,
        &format!("{}{}", dialect.function, dialect.words.open),
    );
    for line in told.iter().flat_map(|told| told.begin) {
        printer.line(level + 1, line);
    }
    printer.statements(body, level + 1);
    let leaves = matches!(
        body.last(),
        Some(Statement::Return(_) | Statement::Throw(_))
    );
    if let Some(last) = dialect.words.last.filter(|_| !leaves) {
        printer.simple(level + 1, last);
    }
    printer.close(level, "");
    let foot = each_lock(dialect.foot, dialect.words.features.locks);
    printer.out.push_str(&foot);
    printer.out
}

/// The text with its parts for each lock.
fn each_lock(text: &str, locks: usize) -> String {
    let mut parts = text.split("<<");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (own, rest) = part.split_once(">>").expect("an end of what is repeated");
        for lock in 0..locks {
            out.push_str(&named(own, &format!("lock{lock}")));
        }
        out.push_str(rest);
    }
    out
}

struct Printer<'a> {
    dialect: &'a Dialect,
    words: &'static Words,
    used: HashSet<usize>,
    /// What each variable is called.
    names: HashMap<usize, String>,
    /// How many loops there are so far.
    loops: usize,
    out: String,
}

impl Printer<'_> {
    fn line(&mut self, level: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", self.words.indent.repeat(level));
    }

    /// A simple statement, ended as the language does.
    fn simple(&mut self, level: usize, text: &str) {
        self.line(level, &format!("{text}{}", self.words.end));
    }

    fn open(&mut self, level: usize, head: &str) {
        self.line(level, &format!("{head}{}", self.words.open));
    }

    /// The end of a block, with what stands on its line.
    fn close(&mut self, level: usize, then: &str) {
        let text = format!("{}{then}", self.words.close);
        if !text.is_empty() {
            self.line(level, text.trim_start());
        }
    }

    /// The end of a block and the head of the next.
    fn next(&mut self, level: usize, head: &str) {
        let close = self.words.close;
        let gap = if close.is_empty() { "" } else { " " };
        self.line(level, &format!("{close}{gap}{head}{}", self.words.open));
    }

    fn block(&mut self, head: &str, body: &[Statement], level: usize) {
        self.open(level, head);
        self.statements(body, level + 1);
        self.close(level, "");
    }

    fn statements(&mut self, body: &[Statement], level: usize) {
        for statement in body {
            self.statement(statement, level);
        }
        let empty = body
            .iter()
            .all(|statement| matches!(statement, Statement::Comment(_)));
        if empty && self.words.close.is_empty() {
            self.line(level, "pass");
        }
    }

    fn statement(&mut self, statement: &Statement, level: usize) {
        let words = self.words;
        match statement {
            Statement::Comment(n) => self.line(level, &format!("{} note {n}", words.comment)),
            Statement::Step(n) => self.simple(level, &named(words.step, &format!("s{n}"))),
            Statement::Declare(n) => {
                let value = self.step_of(&format!("v{n}"), &n.to_string());
                let unread = words.unused_is_error && !self.used.contains(n);
                let text = if unread {
                    value
                } else {
                    named(words.declare, &self.name(*n)).replace('~', &value)
                };
                self.simple(level, &text);
            }
            Statement::Use(n) => {
                let text = self.step_of("use", &named(words.variable, &self.name(*n)));
                self.simple(level, &text);
            }
            Statement::If(flag, then, otherwise) => {
                self.open(level, &numbered(words.if_flag, *flag));
                self.statements(then, level + 1);
                if !otherwise.is_empty() {
                    self.next(level, words.otherwise);
                    self.statements(otherwise, level + 1);
                }
                self.close(level, "");
            }
            Statement::Ask(n, flag, body) => {
                let asked = self.step_of(&format!("q{n}"), &numbered(words.flag, *flag));
                self.block(&words.if_.replace('~', &asked), body, level);
            }
            Statement::Tell(n, flag) => {
                let value = numbered(words.flag, *flag);
                self.tell(level, *n, &value);
            }
            Statement::Set(value) => {
                let value = words.told.values[usize::from(*value)];
                self.simple(level, &words.told.set.replace('~', value));
            }
            Statement::IfTold(body) => {
                self.block(&words.if_.replace('~', words.told.asked[0]), body, level);
            }
            Statement::UntilTold(n) => {
                let head = words.while_.replace('~', words.told.asked[1]);
                self.open(level, &head);
                self.tell(level + 1, *n, words.told.values[1]);
                self.close(level, "");
            }
            Statement::Loop(label, body) => {
                let mut label = label.map_or_else(String::new, |n| numbered(words.label, n));
                if let Some(line) = label.strip_suffix('\n') {
                    self.line(level - 1, line);
                    label.clear();
                }
                self.loops += 1;
                let head = numbered(words.loop_twice, self.loops);
                self.block(&format!("{label}{head}"), body, level);
            }
            Statement::Switch(cases) => self.switch(cases, level),
            Statement::Try {
                body,
                catch,
                finally,
            } => {
                self.open(level, words.try_);
                self.statements(body, level + 1);
                for (head, rest) in [(words.catch, catch), (words.finally, finally)] {
                    if let Some(rest) = rest {
                        self.next(level, head);
                        self.statements(rest, level + 1);
                    }
                }
                self.close(level, "");
            }
            Statement::Closure(n, body) => {
                self.open(level, &numbered(words.closure, *n));
                self.statements(body, level + 1);
                if !words.last_of_closure.is_empty() {
                    self.simple(level + 1, words.last_of_closure);
                }
                self.close(level, words.end_closure);
                self.simple(level, &numbered(words.call_closure, *n));
            }
            Statement::Guarded(taken, body) => {
                let text = self.lock(self.dialect.guard, *taken);
                self.scope(&text, body, level);
            }
            Statement::Scoped(n, body) => self.scope(&numbered(words.scope, *n), body, level),
            Statement::Acquire(taken) => {
                let text = self.lock(self.dialect.acquire, *taken);
                self.with_comment(level, &text, taken.number);
            }
            Statement::Release(taken) => {
                let text = self.lock(self.dialect.release, *taken);
                self.with_comment(level, &text, taken.number + 1);
            }
            Statement::IfTaken(taken, body) => {
                let asked = self.asked(*taken, true, level);
                self.open(level, &asked);
                self.statements(body, level + 1);
                if !words.busy.is_empty() {
                    self.next(level, words.otherwise);
                    self.simple(level + 1, words.busy);
                }
                self.close(level, "");
            }
            Statement::UnlessTaken(taken, leave) => {
                let asked = self.asked(*taken, false, level);
                self.open(level, &asked);
                if !words.busy.is_empty() {
                    self.simple(level + 1, words.busy);
                }
                for statement in leave {
                    match statement {
                        Statement::Return(value) => {
                            let text = self.return_of(value);
                            self.simple(level + 1, &text);
                        }
                        other => self.statement(other, level + 1),
                    }
                }
                self.close(level, "");
            }
            Statement::OnceTaken(taken) => {
                let asked = self.lock(self.dialect.not_taken, *taken);
                self.open(level, &words.while_.replace('~', &asked));
                let wait = if words.busy.is_empty() {
                    named(words.step, "wait")
                } else {
                    words.busy.to_owned()
                };
                self.simple(level + 1, &wait);
                self.close(level, "");
            }
            Statement::Defer(body) => match &body[..] {
                [Statement::Release(taken)] => {
                    let text = self.lock(self.dialect.release, *taken);
                    self.simple(level, &words.defer.replace('~', &text));
                }
                [Statement::Step(n)] => {
                    let text = named(words.step, &format!("s{n}"));
                    self.simple(level, &words.defer.replace('~', &text));
                }
                _ => {
                    self.open(level, words.open_defer);
                    self.statements(body, level + 1);
                    self.close(level, words.end_defer);
                }
            },
            Statement::Recover(n) => {
                for line in words.recover {
                    self.line(level, &numbered(line, *n));
                }
            }
            Statement::Return(value) => {
                let leave = self.return_of(value);
                self.jump(level, &leave);
            }
            Statement::Throw(n) => self.jump(level, &numbered(words.throw, *n)),
            Statement::Break(None) => self.jump(level, words.break_),
            Statement::Continue(None) => self.jump(level, words.continue_),
            Statement::Break(Some(n)) => self.jump(level, &numbered(words.break_to, *n)),
            Statement::Continue(Some(n)) => self.jump(level, &numbered(words.continue_to, *n)),
            // The switch says so.
            Statement::FallThrough => {}
            Statement::Goto(n) => self.simple(level, &numbered(words.goto, *n)),
            Statement::Label(n) => self.line(level - 1, &format!("out{n}:")),
        }
    }

    /// Work that makes `told` this value.
    fn tell(&mut self, level: usize, number: usize, value: &str) {
        let text = named(self.words.told.tell, &format!("t{number}"));
        self.simple(level, &text.replace('~', value));
    }

    /// The head of a branch by whether the lock was taken, now and then with the answer in a variable.
    fn asked(&mut self, taken: Taken, yes: bool, level: usize) -> String {
        let words = self.words;
        if !taken.number.is_multiple_of(3) {
            let pattern = if yes {
                self.dialect.taken
            } else {
                self.dialect.not_taken
            };
            return words.if_.replace('~', &self.lock(pattern, taken));
        }
        let value = self.lock(self.dialect.taken, taken);
        let declared = numbered(words.answer, taken.number).replace('~', &value);
        self.simple(level, &declared);
        let asked = words.answered[usize::from(!yes)];
        words.if_.replace('~', &numbered(asked, taken.number))
    }

    /// A block with an object that lives as long.
    fn scope(&mut self, object: &str, body: &[Statement], level: usize) {
        if self.words.scopes_are_heads {
            return self.block(object, body, level);
        }
        self.line(level, self.words.open.trim_start());
        self.simple(level + 1, object);
        self.statements(body, level + 1);
        self.close(level, "");
    }

    /// A simple statement, now and then with a comment behind it.
    fn with_comment(&mut self, level: usize, text: &str, number: usize) {
        // Formatters align the comments of lines that follow each other.
        let above = self.out.lines().next_back();
        let follows = above.is_some_and(|line| line.contains(" why "));
        if number.is_multiple_of(5) && !follows {
            let Words { end, comment, .. } = *self.words;
            self.line(level, &format!("{text}{end} {comment} why {number}"));
        } else {
            self.simple(level, text);
        }
    }

    fn return_of(&self, value: &Value) -> String {
        let words = self.words;
        let value = match value {
            Value::Constant(n) => numbered(words.constant, *n),
            Value::Variable(n) => named(words.variable, &self.name(*n)),
            Value::Computed(n) => self.step_of(&format!("c{n}"), &n.to_string()),
        };
        words.return_.replace('~', &value)
    }

    /// A statement that something may stand behind, though control never gets there.
    fn jump(&mut self, level: usize, text: &str) {
        self.simple(level, &format!("{}{text}", self.words.perhaps));
    }

    fn switch(&mut self, cases: &[Vec<Statement>], level: usize) {
        let words = self.words;
        self.open(level, words.switch);
        for (way, case) in cases.iter().enumerate() {
            let is_default = way + 1 == cases.len();
            let head = if is_default {
                words.default.to_owned()
            } else {
                numbered(words.case, way)
            };
            let declares = |statement: &Statement| {
                matches!(
                    statement,
                    Statement::Declare(_) | Statement::Acquire(_) | Statement::Closure(..)
                )
            };
            let block = words.block_in_case.filter(|_| case.iter().any(declares));
            let (open, close) = block.unwrap_or_default();
            self.line(level + words.case_level, &format!("{head}{open}"));
            self.statements(case, level + words.case_level + 1);
            let leaves = matches!(
                case.last(),
                Some(Statement::Return(_) | Statement::Throw(_) | Statement::Goto(_))
            );
            let runs_on = case.last() == Some(&Statement::FallThrough);
            let end = if runs_on {
                words.fall_through
            } else {
                words.end_case
            };
            if !leaves && !end.is_empty() {
                self.simple(level + words.case_level + 1, end);
            }
            if !close.is_empty() {
                self.line(level + words.case_level, close);
            }
        }
        self.close(level, "");
    }

    fn name(&self, number: usize) -> String {
        let known = self.names.get(&number);
        known.map_or_else(|| format!("v{number}"), String::clone)
    }

    fn step_of(&self, name: &str, value: &str) -> String {
        named(self.words.step_of, name).replace('~', value)
    }

    fn lock(&self, pattern: &str, taken: Taken) -> String {
        named(
            &numbered(pattern, taken.number),
            &format!("lock{}", taken.lock),
        )
    }
}

fn numbered(pattern: &str, number: usize) -> String {
    pattern.replace('#', &number.to_string())
}

fn named(pattern: &str, name: &str) -> String {
    pattern.replace('@', name)
}
