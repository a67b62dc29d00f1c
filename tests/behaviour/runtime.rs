//! The runtimes that programs are run with, and whether they are there.

use crate::fixture::tests_directory;
use crate::native;
use crate::trace::{Report, Trace};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A program to run, with what to call in it.
#[derive(Debug, Clone)]
pub struct Case {
    /// For people: which program, in which form.
    pub title: String,
    pub file_name: String,
    pub text: Vec<u8>,
    pub locks: Vec<String>,
    pub runs: Vec<String>,
    /// The version of the language that it is compiled for, when not as usual.
    pub standard: Option<&'static str>,
}

/// All traces of one case, or why it does not compile.
pub type Traces = Result<Vec<Trace>, String>;

/// A language implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    Node,
    CPython,
    Gcc,
    /// GNU C++, told what to do by a driver in Python.
    Gxx,
    Jvm,
    Php,
    Go,
}

impl Runtime {
    /// The command that starts a driver; `None` (said on stdout) when the runtime is not there.
    ///
    /// # Panics
    /// When it is not there although `LOCKFIX_REQUIRE_TOOLCHAINS=1` demands it.
    pub fn find(self) -> Option<Command> {
        let (name, command) = match self {
            Runtime::Node => {
                let mut command = Command::new("node");
                command.arg(tests_directory().join("behaviour/driver.mjs"));
                command.arg(node_directory());
                ("node", command)
            }
            Runtime::CPython => {
                let mut command = Command::new("python3");
                command.arg("-B");
                command.arg(tests_directory().join("behaviour/driver.py"));
                ("python3", command)
            }
            Runtime::Gcc => ("gcc", Command::new("gcc")),
            Runtime::Gxx => {
                let mut command = Command::new("python3");
                command.arg("-B");
                command.arg(tests_directory().join("behaviour/cpp/driver.py"));
                command.args(["c++17", "c++20"]);
                ("g++", command)
            }
            Runtime::Jvm => {
                let mut command = Command::new("java");
                // Each case is compiled for itself: the quick compiler of the virtual machine will do.
                command.arg("-XX:TieredStopAtLevel=1");
                command.arg(tests_directory().join("behaviour/Driver.java"));
                command.arg(tests_directory().join("behaviour/Steps.java"));
                // It comes with the compiler, which the programs need.
                ("javac", command)
            }
            Runtime::Php => {
                let mut command = Command::new("php");
                command.args(["-d", "zend.exception_ignore_args=On"]);
                command.arg(tests_directory().join("behaviour/driver.php"));
                ("php", command)
            }
            Runtime::Go => {
                let mut command = Command::new("python3");
                command.arg("-B");
                command.arg(tests_directory().join("behaviour/go/driver.py"));
                ("go", command)
            }
        };
        if !answers(name) {
            return missing(&format!("no {name} found"));
        }
        if self == Runtime::Node && !node_directory().join("node_modules").is_dir() {
            return missing("no npm packages found (run scripts/setup)");
        }
        Some(command)
    }

    /// Runs every case, each run of it without a fault and with one at each step.
    pub fn run(mut command: Command, cases: &[Case]) -> Vec<Traces> {
        if command.get_program() == "gcc" {
            return native::run(cases);
        }
        let folder = write_programs(cases);
        let jobs: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(id, case)| {
                let path = program_path(folder.path(), id, case);
                json!({
                    "id": id, "path": path, "locks": case.locks, "runs": case.runs,
                    "standard": case.standard,
                })
            })
            .collect();
        let output = feed(
            &mut command,
            json!({ "cases": jobs }).to_string().as_bytes(),
        );
        assert!(
            output.status.success(),
            "the driver failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut traces: Vec<Traces> = cases.iter().map(|_| Ok(Vec::new())).collect();
        read_reports(&output.stdout, &mut traces);
        traces
    }
}

/// Adds what a driver has printed to the traces of its cases.
pub fn read_reports(output: &[u8], traces: &mut [Traces]) {
    for line in output
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let report: Report = serde_json::from_slice(line).expect("a driver's report");
        match (report.error, report.trace) {
            (Some(error), _) => traces[report.case] = Err(error),
            (None, Some(trace)) => {
                if let Ok(list) = &mut traces[report.case] {
                    list.push(trace);
                }
            }
            (None, None) => panic!("a report of nothing"),
        }
    }
}

/// What `tsc --strict` says about the programs, one message a line; `None` when there is no compiler.
pub fn type_errors(cases: &[Case]) -> Option<Vec<TypeError>> {
    Runtime::Node.find()?;
    let folder = write_programs(cases);
    let runtime = node_directory();
    // The compiler looks for packages beside the programs.
    std::os::unix::fs::symlink(
        runtime.join("node_modules"),
        folder.path().join("node_modules"),
    )
    .expect("a link to the packages");
    let config = json!({
        "compilerOptions": {
            "strict": true, "noEmit": true, "skipLibCheck": true, "target": "es2022",
            "module": "esnext", "moduleResolution": "bundler", "esModuleInterop": true,
            "moduleDetection": "force", "types": ["node"], "lib": ["es2022"],
        },
        "include": [folder.path(), tests_directory().join("behaviour/globals.d.ts")],
    });
    let config_path = folder.path().join("tsconfig.json");
    std::fs::write(&config_path, config.to_string()).expect("a configuration");
    let output = Command::new("node")
        .arg(runtime.join("node_modules/typescript/bin/tsc"))
        .args(["--pretty", "false", "--project"])
        .arg(&config_path)
        .current_dir(folder.path())
        .output()
        .expect("tsc");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors: Vec<TypeError> = text
        .lines()
        .filter(|line| line.contains("error TS"))
        .map(|line| TypeError::of(line, cases))
        .collect();
    assert!(
        output.status.success() || !errors.is_empty(),
        "tsc failed: {text}"
    );
    Some(errors)
}

/// What the compiler of TypeScript says against a program.
pub struct TypeError {
    /// The number of the program, if it is one of them.
    pub case: Option<usize>,
    /// Names the program instead of its temporary file.
    pub message: String,
}

impl TypeError {
    fn of(line: &str, cases: &[Case]) -> TypeError {
        let number = line.split('-').next().and_then(|text| text.parse().ok());
        let case = number.filter(|number| *number < cases.len());
        let title = case.map(|number: usize| format!("{}: ", cases[number].title));
        TypeError {
            case,
            message: format!("{}{line}", title.unwrap_or_default()),
        }
    }
}

fn node_directory() -> PathBuf {
    tests_directory().join("runtimes/node")
}

fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        // One of them knows no flag for it.
        .arg(if program == "go" {
            "version"
        } else {
            "--version"
        })
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn missing<T>(what: &str) -> Option<T> {
    assert!(
        std::env::var_os("LOCKFIX_REQUIRE_TOOLCHAINS").is_none_or(|value| value != "1"),
        "{what}, and LOCKFIX_REQUIRE_TOOLCHAINS demands it"
    );
    println!("skipped: {what}");
    None
}

fn program_path(folder: &Path, id: usize, case: &Case) -> PathBuf {
    folder.join(format!("{id}-{}", case.file_name))
}

fn write_programs(cases: &[Case]) -> tempfile::TempDir {
    // Not the default name, which begins with a dot: the compiler would see no program there.
    let folder = tempfile::Builder::new()
        .prefix("programs-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a temporary folder");
    for (id, case) in cases.iter().enumerate() {
        std::fs::write(program_path(folder.path(), id, case), &case.text).expect("a program");
    }
    folder
}

/// Runs a command with `input` on its stdin.
fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a driver starts");
    // The drivers read all of their input before they write: this cannot block.
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(input).expect("the driver reads");
    drop(stdin);
    child.wait_with_output().expect("a driver ends")
}
