//! Programs that a compiler makes: all of a batch become one executable, which runs every case.

use crate::fixture::tests_directory;
use crate::runtime::{Case, Traces, read_reports};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Warnings that a rewrite could cause are errors; fixtures may have functions that nobody calls.
const FLAGS: [&str; 6] = [
    "-std=gnu11",
    "-Wall",
    "-Werror",
    "-Wno-unused-function",
    "-O0",
    "-pipe",
];

/// Compiles and runs the cases.
pub fn run(cases: &[Case]) -> Vec<Traces> {
    let folder = tempfile::Builder::new()
        .prefix("native-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a temporary folder");
    let mut traces: Vec<Traces> = (0..cases.len())
        .map(|id| compile(folder.path(), id, &cases[id]).map(|()| Vec::new()))
        .collect();
    let compiled: Vec<usize> = (0..cases.len()).filter(|id| traces[*id].is_ok()).collect();
    let table = folder.path().join("cases.h");
    std::fs::write(&table, table_of(cases, &compiled)).expect("the table of the cases");
    let executable = folder.path().join("observe");
    let mut link = gcc(folder.path());
    link.arg(driver("observe.c"))
        .args(compiled.iter().map(|id| object(folder.path(), *id)))
        .arg("-o")
        .arg(&executable);
    succeed(&mut link);
    let output = succeed(&mut Command::new(&executable));
    // Cases that did not compile are no cases of the executable.
    let mut observed: Vec<Traces> = compiled.iter().map(|_| Ok(Vec::new())).collect();
    read_reports(&output.stdout, &mut observed);
    for (id, result) in compiled.into_iter().zip(observed) {
        traces[id] = result;
    }
    traces
}

fn gcc(folder: &Path) -> Command {
    let mut command = Command::new("gcc");
    command
        .args(FLAGS)
        .arg("-I")
        .arg(driver(""))
        .arg("-I")
        .arg(folder);
    command
}

fn driver(file: &str) -> PathBuf {
    tests_directory().join("behaviour/c").join(file)
}

fn object(folder: &Path, id: usize) -> PathBuf {
    folder.join(format!("{id}.o"))
}

/// Compiles the program with what calls it; the names of its own stay its own.
fn compile(folder: &Path, id: usize, case: &Case) -> Result<(), String> {
    let source = folder.join(format!("{id}-{}", case.file_name));
    let mut text = case.text.clone();
    text.extend_from_slice(calls_of(id, case).as_bytes());
    std::fs::write(&source, text).expect("a program");
    let object = object(folder, id);
    let output = gcc(folder)
        .arg("-include")
        .arg(driver("observe.h"))
        .arg("-c")
        .arg(&source)
        .arg("-o")
        .arg(&object)
        .output()
        .expect("gcc");
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = text.lines().filter(|line| line.contains("error")).collect();
        return Err(errors.join("; "));
    }
    let mut own = Command::new("objcopy");
    own.arg(format!("--keep-global-symbol=observe_call_{id}"))
        .arg(format!("--keep-global-symbol=observe_locks_{id}"))
        .arg(&object);
    succeed(&mut own);
    Ok(())
}

/// Functions that evaluate the runs, and that name the locks.
fn calls_of(id: usize, case: &Case) -> String {
    let mut text = format!("\nlong observe_call_{id}(int run)\n{{\n    switch (run) {{\n");
    for (run, call) in case.runs.iter().enumerate() {
        let _ = writeln!(text, "    case {run}: return (long)({call});");
    }
    text.push_str("    }\n    return 0;\n}\n");
    let _ = writeln!(text, "int observe_locks_{id}(const void **locks)\n{{");
    for (number, lock) in case.locks.iter().enumerate() {
        let _ = writeln!(text, "    locks[{number}] = (const void *)&({lock});");
    }
    let _ = writeln!(text, "    return {};\n}}", case.locks.len());
    text
}

/// What the executable knows of its cases.
fn table_of(cases: &[Case], compiled: &[usize]) -> String {
    let mut text = String::new();
    for id in compiled {
        let _ = writeln!(text, "long observe_call_{id}(int run);");
        let _ = writeln!(text, "int observe_locks_{id}(const void **locks);");
    }
    text.push_str(
        "static const struct {\n    long (*call)(int);\n    int (*locks)(const void **);\n    int runs;\n} cases[] = {\n",
    );
    for id in compiled {
        let runs = cases[*id].runs.len();
        let _ = writeln!(
            text,
            "    {{observe_call_{id}, observe_locks_{id}, {runs}}},"
        );
    }
    text.push_str("};\n");
    text
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("a tool of the compiler");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
