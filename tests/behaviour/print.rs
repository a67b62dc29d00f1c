//! Random programs as JavaScript and as Python.

use crate::programs::{Handling, Statement, Value};
use std::fmt::Write;

/// A lock of a language, and how it is taken and freed. `#` stands for the number of the acquire.
pub struct Dialect {
    pub file_name: &'static str,
    /// The imports and the lock, which is called `lock`.
    head: &'static str,
    function: &'static str,
    acquire: &'static str,
    release: &'static str,
    /// What work that can fail is called.
    step: &'static str,
    braces: bool,
}

/// A lock of JavaScript.
const fn javascript(head: &'static str, acquire: &'static str, release: &'static str) -> Dialect {
    Dialect {
        file_name: "generated.js",
        head,
        function: "async function work(flags)",
        acquire,
        release,
        step: "await astep",
        braces: true,
    }
}

/// A lock of Python's threads.
const fn threads(head: &'static str) -> Dialect {
    Dialect {
        file_name: "generated.py",
        head,
        function: "def work(flags)",
        acquire: "lock.acquire()",
        release: "lock.release()",
        step: "step",
        braces: false,
    }
}

/// Every kind of lock that JavaScript programs are written with.
pub const JAVASCRIPT: [Dialect; 5] = [
    javascript(
        "const { Mutex } = require('async-mutex');\nconst lock = new Mutex();",
        "const release# = await lock.acquire()",
        "release#()",
    ),
    javascript(
        "import { Mutex } from 'async-mutex';\nconst lock = new Mutex();",
        "await lock.acquire()",
        "lock.release()",
    ),
    javascript(
        "import AwaitLock from 'await-lock';\nconst lock = new AwaitLock();",
        "await lock.acquireAsync()",
        "lock.release()",
    ),
    javascript(
        "const { Sema } = require('async-sema');\nconst lock = new Sema(3);",
        "await lock.acquire()",
        "lock.release()",
    ),
    javascript(
        "import mutexify from 'mutexify/promise';\nconst lock = mutexify();",
        "const release# = await lock()",
        "release#()",
    ),
];

/// Every kind of lock that Python programs are written with. None blocks a thread when it leaks twice:
/// that can only be seen by waiting.
pub const PYTHON: [Dialect; 3] = [
    threads("import threading\nlock = threading.Semaphore(50)"),
    threads("import threading\nlock = threading.RLock()"),
    Dialect {
        function: "async def work(flags)",
        acquire: "await lock.acquire()",
        step: "await astep",
        ..threads("import asyncio\nlock = asyncio.Lock()")
    },
];

/// The text of a program.
pub fn print(dialect: &Dialect, body: &[Statement]) -> String {
    let mut printer = Printer {
        dialect,
        out: format!("{}\n\n", dialect.head),
    };
    printer.block(dialect.function, body, 0);
    printer.out.push('\n');
    printer.out
}

struct Printer<'a> {
    dialect: &'a Dialect,
    out: String,
}

impl Printer<'_> {
    fn line(&mut self, level: usize, text: &str) {
        let width = if self.dialect.braces { 2 } else { 4 };
        let _ = writeln!(self.out, "{:1$}{text}", "", level * width);
    }

    /// A simple statement, ended as the language does.
    fn simple(&mut self, level: usize, text: &str) {
        let end = if self.dialect.braces { ";" } else { "" };
        self.line(level, &format!("{text}{end}"));
    }

    fn block(&mut self, head: &str, body: &[Statement], level: usize) {
        let braces = self.dialect.braces;
        self.line(level, &format!("{head}{}", if braces { " {" } else { ":" }));
        for statement in body {
            self.statement(statement, level + 1);
        }
        if braces {
            self.line(level, "}");
        } else if body.is_empty() {
            self.line(level + 1, "pass");
        }
    }

    fn statement(&mut self, statement: &Statement, level: usize) {
        let (braces, step) = (self.dialect.braces, self.dialect.step);
        match statement {
            Statement::Step(n) => self.simple(level, &format!("{step}('s{n}')")),
            Statement::Declare(n) => {
                let keyword = if braces { "const " } else { "" };
                self.simple(level, &format!("{keyword}v{n} = {step}('v{n}', {n})"));
            }
            Statement::Use(n) => self.simple(level, &format!("{step}('use', v{n})")),
            Statement::If(flag, then, otherwise) => {
                let condition = if braces {
                    format!("if (flags[{flag}])")
                } else {
                    format!("if flags[{flag}]")
                };
                self.block(&condition, then, level);
                if !otherwise.is_empty() {
                    self.block("else", otherwise, level);
                }
            }
            Statement::Loop(body) => {
                let head = if braces {
                    "for (const turn of [1, 2])"
                } else {
                    "for turn in [1, 2]"
                };
                self.block(head, body, level);
            }
            Statement::Try(body, handling) => {
                self.block("try", body, level);
                let (head, rest) = match handling {
                    Handling::Catch(rest) if braces => ("catch (error)", rest),
                    Handling::Catch(rest) => ("except Exception as error", rest),
                    Handling::Finally(rest) => ("finally", rest),
                };
                self.block(head, rest, level);
            }
            Statement::Acquire(n) => self.numbered(level, self.dialect.acquire, *n),
            Statement::Release(n) => self.numbered(level, self.dialect.release, *n),
            Statement::Return(value) => {
                let value = match value {
                    Value::Constant(n) => format!("'r{n}'"),
                    Value::Variable(n) => format!("v{n}"),
                    Value::Computed(n) => format!("{step}('c{n}', {n})"),
                };
                self.simple(level, &format!("return {value}"));
            }
            Statement::Throw(n) if braces => {
                self.simple(level, &format!("throw new Error('t{n}')"));
            }
            Statement::Throw(n) => self.simple(level, &format!("raise ValueError('t{n}')")),
            Statement::Break => self.simple(level, "break"),
            Statement::Continue => self.simple(level, "continue"),
        }
    }

    fn numbered(&mut self, level: usize, pattern: &str, number: usize) {
        self.simple(level, &pattern.replace('#', &number.to_string()));
    }
}
