//! What README.md and docs/ show is what the program prints and what the catalogue holds.
//!
//! `UPDATE_README=1 cargo test --test readme` writes it anew.

use lockfix::catalog::FILES;
use lockfix::catalog::schema::Library;
use lockfix::explain::explain;
use lockfix::finding::{Form, Rule, Severity};
use lockfix::language::Language;
use lockfix::refusal::CODES;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const README: &str = "README.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a page")
}

/// Compares a page with what it ought to be, or writes that.
#[track_caller]
fn check(name: &str, wanted: &str) {
    if page(name) == wanted {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some_and(|value| value == "1") {
        fs::write(root().join(name), wanted).expect("written");
        return;
    }
    assert_eq!(
        page(name),
        wanted,
        "{name} is stale: run UPDATE_README=1 cargo test --test readme -- --test-threads 1"
    );
}

/// The page with what stands between the markers of `section` replaced.
fn with_section(page: &str, section: &str, content: &str) -> String {
    let open = format!("<!-- generated: {section} -->\n");
    let (head, rest) = page.split_once(&open).expect("the marker of the section");
    let (_, tail) = rest.split_once("<!-- end -->").expect("its end");
    format!("{head}{open}{content}<!-- end -->{tail}")
}

/// The fenced blocks of this kind.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let open = format!("\n```{kind}\n");
    page.split(&open)
        .skip(1)
        .map(|rest| rest.split_once("```\n").expect("the end of the block").0)
        .collect()
}

/// A directory with a copy of the examples, and the scripts.
fn sandbox() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    copy_examples(&folder.path().join("examples"));
    let scripts = folder.path().join("scripts");
    std::os::unix::fs::symlink(root().join("scripts"), scripts).expect("a link");
    folder
}

fn copy_examples(to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(root().join("examples")).expect("the examples") {
        let path = entry.expect("an entry").path();
        let read = path
            .extension()
            .and_then(|extension| Language::of_extension(extension.to_str()?));
        if read.is_some() {
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    }
}

/// The path of the program.
fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("lockfix").into()
}

/// stdout and stderr of a shell command, as a terminal shows them.
fn shell(directory: &Path, command: &str) -> String {
    let program = program();
    let mut path = program.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(directory)
        .env("PATH", path)
        .env("XDG_STATE_HOME", directory.join(".state"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "you")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "you@example.org")))
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The pages that show commands with what they print.
const PAGES: [&str; 6] = [
    README,
    "docs/adopting.md",
    "docs/fleets.md",
    "docs/json.md",
    "docs/resources.md",
    "docs/pipelines.md",
];

#[test]
fn commands_print_what_is_shown() {
    for name in PAGES {
        let text = page(name);
        let mut wanted = text.clone();
        let shown = blocks(&text, "console");
        assert!(!shown.is_empty(), "the commands of {name} are gone");
        for block in shown {
            assert!(
                block.starts_with("$ "),
                "a command stands in the first line: {block}"
            );
            let sandbox = sandbox();
            // One after the other, in one directory.
            let fresh: String = block
                .lines()
                .filter(|line| line.starts_with("$ "))
                .map(|line| format!("{line}\n{}", shell(sandbox.path(), &line[2..])))
                .collect();
            wanted = wanted.replace(
                &format!("```console\n{block}```\n"),
                &format!("```console\n{fresh}```\n"),
            );
        }
        check(name, &wanted);
    }
}

#[test]
fn the_libraries_are_those_of_the_catalogue() {
    let (mut content, mut resources) = (String::new(), String::new());
    let mut overview = "\n| language | libraries | forms |\n|---|---|---|\n".to_owned();
    let folders = [
        ("javascript", "JavaScript, TypeScript"),
        ("java", "Java"),
        ("go", "Go"),
        ("python", "Python"),
        ("php", "PHP"),
        ("cpp", "C++"),
        ("c", "C"),
    ];
    for language in Language::ALL {
        assert!(
            folders
                .iter()
                .any(|(folder, _)| *folder == language.folder())
        );
    }
    for (folder, languages) in folders {
        content.push_str(&format!(
            "\n| {languages}: library | locks | forms, best first |\n|---|---|---|\n"
        ));
        resources.push_str(&format!(
            "\n| {languages}: family | what is held | forms, best first |\n|---|---|---|\n"
        ));
        let mut known: Vec<String> = Vec::new();
        let mut used: Vec<Form> = Vec::new();
        for (of, stem, text) in FILES {
            if *of != folder || *stem == "language" {
                continue;
            }
            let library: Library = toml::from_str(text).expect("a library");
            let mut names: Vec<&str> = Vec::new();
            let mut forms: Vec<Form> = Vec::new();
            for lock in &library.lock {
                if !names.contains(&lock.name.as_str()) {
                    names.push(&lock.name);
                }
                for form in lock.forms.iter().map(|entry| entry.form()) {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
            }
            if library.family.is_none() {
                known.push(library.library.clone());
                used.extend(forms.iter().copied());
            }
            let forms: Vec<String> = forms.iter().map(|form| format!("`{form}`")).collect();
            let (table, first) = match library.family {
                Some(family) => (&mut resources, format!("`{}`", family.name())),
                None => (&mut content, library.library.clone()),
            };
            table.push_str(&format!(
                "| {first} | {} | {} |\n",
                names.join(", "),
                forms.join(", ")
            ));
        }
        let used: Vec<String> = Form::ALL
            .into_iter()
            .filter(|form| used.contains(form))
            .map(|form| format!("`{form}`"))
            .collect();
        overview.push_str(&format!(
            "| {languages} | {} | {} |\n",
            known.join(", "),
            used.join(", ")
        ));
    }
    for (name, section, mut content) in [
        ("README.md", "overview", overview),
        ("docs/libraries.md", "libraries", content),
        ("docs/resources.md", "resources", resources),
    ] {
        content.push('\n');
        check(name, &with_section(&page(name), section, &content));
    }
}

#[test]
fn the_refusals_are_those_of_the_program() {
    let name = "docs/refusals.md";
    let mut content = "\n| code | meaning |\n|---|---|\n".to_owned();
    for (code, meaning) in CODES {
        content.push_str(&format!("| `{code}` | {meaning} |\n"));
    }
    content.push('\n');
    check(name, &with_section(&page(name), "refusals", &content));
}

#[test]
fn the_schema_is_that_of_the_program() {
    let schema = format!("{:#}\n", lockfix::config::schema());
    check("docs/lockfix.schema.json", &schema);
    let printed = shell(sandbox().path(), "lockfix config-schema");
    assert_eq!(printed, schema);
}

#[test]
fn every_rule_has_its_row() {
    let text = page(README);
    for rule in Rule::ALL {
        let severity = match rule.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let default = if rule.on_by_default() { "on" } else { "off" };
        let (head, tail) = (
            format!("| `{rule}` | "),
            format!(" | {severity} | {default} |"),
        );
        assert!(
            text.lines()
                .any(|line| line.starts_with(&head) && line.ends_with(&tail)),
            "no row {head}…{tail}"
        );
    }
}

#[test]
fn the_forms_are_those_of_the_program() {
    let mut content = "\n| form | |\n|---|---|\n".to_owned();
    for form in Form::ALL {
        content.push_str(&format!("| `{form}` | {} |\n", form.meaning()));
    }
    content.push('\n');
    check(README, &with_section(&page(README), "forms", &content));
}

#[test]
fn the_rules_are_explained_as_the_program_does() {
    for rule in Rule::ALL {
        let page = explain(rule, &[]).expect("built-in settings");
        check(&format!("docs/rules/{rule}.md"), &page);
    }
}

#[test]
fn configurations_are_valid() {
    let text = page(README);
    let shown = blocks(&text, "toml");
    assert_eq!(shown.len(), 2);
    for block in shown {
        let folder = sandbox();
        fs::write(folder.path().join("lockfix.toml"), block).expect("written");
        let output = shell(
            folder.path(),
            "lockfix --dry-run -q examples; echo \"status $?\"",
        );
        assert!(output.ends_with("status 1\n"), "{output}");
    }
}

#[test]
fn the_library_of_ones_own_is_found() {
    let text = page(README);
    let shown = blocks(&text, "toml");
    let locks = shown.iter().find(|block| block.contains("[[lock]]"));
    let folder = sandbox();
    fs::write(folder.path().join("lockfix.toml"), locks.expect("shown")).expect("written");
    let code = "import { Door } from '@acme/doors';\nconst door = new Door();\n\
                async function pass(who) {\n  await door.enter();\n  await who.walk();\n  door.leave();\n}\n";
    fs::write(folder.path().join("pass.ts"), code).expect("written");
    let output = shell(folder.path(), "lockfix --yes pass.ts");
    assert!(
        output.contains("fixed 1 finding in 1 file, 0 remain"),
        "{output}"
    );
}

#[test]
fn the_suppression_suppresses() {
    let text = page(README);
    let shown = blocks(&text, "js");
    let [code] = shown[..] else {
        panic!("one block of JavaScript is expected");
    };
    let folder = sandbox();
    let count = |code: &str| {
        fs::write(folder.path().join("reload.js"), code).expect("written");
        shell(
            folder.path(),
            "lockfix --dry-run --format jsonl -q reload.js",
        )
        .lines()
        .count()
    };
    assert_eq!(count(code), 0);
    assert_eq!(count(&code.replace("lockfix:", "")), 1);
}

#[test]
fn loops_over_repositories_work() {
    let text = page(README);
    let shown = blocks(&text, "sh");
    let lines = shown.iter().find(|block| block.contains("for repository"));
    let (first, second) = lines.expect("shown").split_once("done\n").expect("a loop");
    for command in [format!("{first}done"), second.to_owned()] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        for name in ["one", "two words"] {
            copy_examples(&folder.path().join("repositories").join(name));
        }
        shell(folder.path(), &command);
        for name in ["one", "two words"] {
            let path = folder.path().join("repositories").join(name).join("pay.js");
            let fixed = fs::read_to_string(path).expect("read");
            assert!(fixed.contains("finally"), "{command}: {fixed}");
        }
    }
}

#[test]
fn the_question_is_asked_in_these_words() {
    use expectrl::Expect;
    let text = page(README);
    let question = text
        .lines()
        .find(|line| line.starts_with("Apply this fix?"))
        .map(|line| line.trim_end_matches(" y"));
    let folder = sandbox();
    let mut command = Command::new("sh");
    command
        .args(["-c", "read -r _; stty cols 100; exec \"$0\" \"$@\""])
        .arg(program())
        .arg("examples/pay.js")
        .current_dir(folder.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("XDG_STATE_HOME", folder.path().join(".state"));
    let mut session = expectrl::session::OsSession::spawn(command).expect("starts");
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session.send_line("").expect("sent");
    session.expect(question.expect("shown")).expect("asked");
    session.send("y").expect("answered");
    for line in ["fixed 1 finding", "`lockfix undo` takes back"] {
        let shown = text.lines().find(|shown| shown.starts_with(line));
        session.expect(shown.expect("shown")).expect("told");
    }
}

#[test]
fn links_lead_somewhere() {
    for (name, folder) in [
        (README, ""),
        ("docs/adopting.md", "docs"),
        ("docs/architecture.md", "docs"),
        ("docs/fleets.md", "docs"),
        ("docs/json.md", "docs"),
        ("docs/libraries.md", "docs"),
        ("docs/resources.md", "docs"),
        ("docs/pipelines.md", "docs"),
        ("docs/refusals.md", "docs"),
    ] {
        let text = page(name);
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with('#')) {
            let file = link.split('#').next().unwrap_or(link);
            assert!(root().join(folder).join(file).exists(), "{name}: {link}");
        }
    }
}
