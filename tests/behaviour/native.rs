//! Programs that a compiler makes: all of them become one executable, which runs every case.

use crate::fixture::tests_directory;
use crate::runtime::{Case, Traces, read_reports};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
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

/// How many programs the compiler gets at once.
const MANY: usize = 200;

/// Compiles and runs the cases.
pub fn run(cases: &[Case]) -> Vec<Traces> {
    let folder = tempfile::Builder::new()
        .prefix("native-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a temporary folder");
    let mut traces: Vec<Traces> = cases.iter().map(|_| Ok(Vec::new())).collect();
    let mut objects = Vec::new();
    for unit in units(cases) {
        let mut left = unit;
        // Each round leaves out the programs that do not compile.
        while let Err(errors) = compile(folder.path(), &left, cases) {
            left.retain(|id| !errors.contains_key(id));
            for (id, error) in errors {
                traces[id] = Err(error);
            }
        }
        objects.extend(left.first().map(|id| object(folder.path(), *id)));
    }
    let compiled: Vec<usize> = (0..cases.len()).filter(|id| traces[*id].is_ok()).collect();
    let table = folder.path().join("cases.h");
    std::fs::write(&table, table_of(cases, &compiled)).expect("the table of the cases");
    let executable = folder.path().join("observe");
    let mut link = gcc(folder.path());
    link.arg(driver("observe.c"))
        .args(objects)
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

/// The programs that are compiled together: those whose names can be told apart, and each other one alone.
fn units(cases: &[Case]) -> Vec<Vec<usize>> {
    let (together, alone): (Vec<usize>, Vec<usize>) =
        (0..cases.len()).partition(|id| own_names(&cases[*id].text).is_some());
    let alone = alone.into_iter().map(|id| vec![id]);
    together
        .chunks(MANY)
        .map(<[usize]>::to_vec)
        .chain(alone)
        .collect()
}

/// The names that the program declares, where all of them are those of `static` functions and variables.
fn own_names(text: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(text).ok()?;
    let is_name = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let mut names = Vec::new();
    for line in text.lines() {
        let inside = line.starts_with([' ', '\t', '{', '}']) || line.is_empty();
        if inside || line.starts_with("#include") || line.starts_with("//") {
            continue;
        }
        let declared = line.strip_prefix("static ")?;
        let head = declared.split(['(', '=', ';', '[']).next()?.trim_end();
        let name = head.rsplit(|byte| !is_name(byte)).next()?;
        if name.is_empty() || declared.contains(" {") && !declared.contains('(') {
            return None;
        }
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
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

/// Compiles programs into the object of the first, with what calls them; what they declare stays their own.
/// The programs that are wrong, with what the compiler says.
fn compile(folder: &Path, unit: &[usize], cases: &[Case]) -> Result<(), BTreeMap<usize, String>> {
    let Some(first) = unit.first() else {
        return Ok(());
    };
    let mut text = Vec::new();
    // What headers declare is called what it is called.
    for include in includes(unit, cases) {
        text.extend_from_slice(include);
        text.push(b'\n');
    }
    for &id in unit {
        // A unit of one needs no names that nobody else has.
        let names = match unit {
            [_] => Vec::new(),
            _ => own_names(&cases[id].text).unwrap_or_default(),
        };
        for name in &names {
            let _ = writeln!(text, "#define {name} {name}_{id}");
        }
        let _ = writeln!(text, "#line 1 \"case-{id}\"");
        text.extend_from_slice(&cases[id].text);
        text.extend_from_slice(calls_of(id, &cases[id]).as_bytes());
        for name in &names {
            let _ = writeln!(text, "#undef {name}");
        }
    }
    let source = folder.join(format!("{first}.c"));
    std::fs::write(&source, text).expect("a program");
    let object = object(folder, *first);
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
        return Err(errors_of(&String::from_utf8_lossy(&output.stderr)));
    }
    let mut own = Command::new("objcopy");
    own.args(unit.iter().flat_map(|id| {
        ["call", "locks"].map(|what| format!("--keep-global-symbol=observe_{what}_{id}"))
    }));
    succeed(own.arg(&object));
    Ok(())
}

/// The headers of the programs, each once.
fn includes<'c>(unit: &[usize], cases: &'c [Case]) -> BTreeSet<&'c [u8]> {
    let lines = unit
        .iter()
        .flat_map(|id| cases[*id].text.split(|&byte| byte == b'\n'));
    lines.filter(|line| line.starts_with(b"#include")).collect()
}

/// The first error of each program.
fn errors_of(output: &str) -> BTreeMap<usize, String> {
    let mut errors = BTreeMap::new();
    for line in output.lines().filter(|line| line.contains("error: ")) {
        let number = line
            .strip_prefix("case-")
            .and_then(|rest| rest.split(':').next());
        if let Some(id) = number.and_then(|number| number.parse().ok()) {
            errors.entry(id).or_insert_with(|| line.to_owned());
        }
    }
    assert!(!errors.is_empty(), "gcc failed: {output}");
    errors
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
