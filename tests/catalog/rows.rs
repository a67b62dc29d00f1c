//! Every function that the catalogue of C names, in a small program of its own: what takes a lock, what
//! tries to, and what frees it, each with a branch that forgets the release.

use super::{engine, libraries};
use lockfix::catalog::schema::{Library, Lock, Taken};
use lockfix::engine::Engine;
use lockfix::finding::{Applicability, Rule};
use lockfix::language::Language;
use std::fmt::Write as _;

/// The code of a pattern, with something in its holes.
fn filled(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let end = behind
            .find(|c: char| !c.is_ascii_uppercase() && c != '_')
            .unwrap_or(behind.len());
        match &behind[..end] {
            "LOCK" => text.push_str("&b->lock"),
            hole => text.push_str(&hole.trim_start_matches('_').to_lowercase()),
        }
        rest = &behind[end..];
    }
    text + rest
}

/// A header that says of which library the functions are.
fn include(library: &Library, lock: &Lock) -> String {
    let module = lock.modules.iter().chain(&library.modules).next();
    match module {
        Some(header) if header.contains('.') => format!("#include <{header}>\n"),
        Some(folder) => format!("#include <{folder}/kernel.h>\n"),
        None => String::new(),
    }
}

/// A function that takes the lock in these lines; where `forgets`, a branch leaves it locked.
fn program(head: &str, taking: &str, release: &str, forgets: bool) -> String {
    let mut text = format!("{head}int put(struct box *b, int way)\n{{\n{taking}");
    if forgets {
        text.push_str("    if (way)\n        return -1;\n");
    }
    let _ = writeln!(text, "    work(b);\n    {};\n    return 0;\n}}", release);
    text
}

/// What is wrong with what becomes of a program that forgets the release in its branch.
fn mistake(engine: &Engine, text: &str, release: &str) -> Option<String> {
    let findings = engine.analyse(Language::C, text.as_bytes()).findings;
    let [finding] = findings.as_slice() else {
        return Some(format!("{} findings", findings.len()));
    };
    if finding.rule != Rule::LeakOnExit || finding.leaks.len() != 1 {
        return Some(format!("{}: {}", finding.rule, finding.message));
    }
    let fixed = engine.fix_all(Language::C, text.as_bytes(), Applicability::Safe);
    let wanted = text.replace(
        "    if (way)\n        return -1;\n",
        &format!("    if (way) {{\n        {release};\n        return -1;\n    }}\n"),
    );
    let becomes = String::from_utf8_lossy(&fixed.text);
    (becomes != wanted).then(|| format!("becomes\n{becomes}"))
}

/// The lines that take the lock: outright, and by each try, which leaves where it did not.
fn takings(lock: &Lock) -> Vec<String> {
    let bind = |call: String| match lock.ticket.is_empty() {
        true => format!("    {call};\n"),
        false => format!("    long ticket = {call};\n"),
    };
    let plain = lock.acquire.iter().map(|code| bind(filled(code)));
    let tries = lock.tries.iter().map(|tried| {
        let call = filled(&tried.code);
        let failed = match tried.taken {
            Taken::Zero => format!("{call} != 0"),
            _ => format!("!{call}"),
        };
        format!("    if ({failed})\n        return -2;\n")
    });
    plain.chain(tries).collect()
}

#[test]
fn every_function_of_c_does_what_its_entry_says() {
    let engine = engine();
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for (folder, path, library) in libraries() {
        if folder != "c" || library.family.is_some() {
            continue;
        }
        for lock in &library.lock {
            let head = include(&library, lock);
            for taking in takings(lock) {
                for release in lock.release.iter().map(|code| filled(code)) {
                    let right = program(&head, &taking, &release, false);
                    let found = engine.analyse(Language::C, right.as_bytes()).findings;
                    if !found.is_empty() {
                        wrong.push(format!("{path}: {}\n{right}", found[0].message));
                    }
                    // What may be a signal is nothing that somebody has to give back.
                    let forgets = program(&head, &taking, &release, true);
                    let mistake = mistake(&engine, &forgets, &release);
                    if let Some(mistake) = mistake.filter(|_| !lock.signal) {
                        wrong.push(format!("{path}: {mistake}\n{forgets}"));
                    }
                    looked_at += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(looked_at > 200, "{looked_at}");
}
