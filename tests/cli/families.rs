//! Files, connections and the like are looked for where that is asked for.

use crate::support::Sandbox;

const COUNT_PY: &str = "\
def count(path):
    rows = open(path)
    if not rows.readline():
        return 0
    total = sum(1 for _ in rows)
    rows.close()
    return total
";

fn sandbox() -> Sandbox {
    Sandbox::new(&[("count.py", COUNT_PY)])
}

#[test]
fn nobody_looks_for_files_unasked() {
    let ran = sandbox().run(&["--dry-run"]).exits(0);
    assert_eq!(ran.stdout, "");
    sandbox()
        .run(&["--dry-run", "--family", "connections"])
        .exits(0);
}

#[test]
fn an_option_or_the_configuration_asks() {
    let ran = sandbox().run(&["--dry-run", "--family", "files"]).exits(1);
    assert!(
        ran.stdout.contains("`rows` stays open when line 4 returns"),
        "{ran:?}"
    );
    let configured = sandbox();
    configured.write("lockfix.toml", "families = [\"all\"]\n");
    configured.run(&["--yes"]).exits(0);
    let text = configured.text("count.py");
    assert!(
        text.contains("    with open(path) as rows:\n        if not"),
        "{text}"
    );
}

/// What is done with a file, with what a pool lends, and with a directory has words of its own.
#[test]
fn each_thing_is_spoken_of_in_its_own_words() {
    let sandbox = Sandbox::new(&[
        ("count.py", COUNT_PY),
        (
            "seen.js",
            "const { Pool } = require('pg');\nconst pool = new Pool();\n\
             async function seen(id) {\n  const client = await pool.connect();\n  \
             await client.query('select 1', [id]);\n  client.release();\n}\n",
        ),
        (
            "build.py",
            "import tempfile\n\ndef build(sources):\n    scratch = tempfile.TemporaryDirectory()\n    \
             compile_in(scratch.name, sources)\n    scratch.cleanup()\n",
        ),
    ]);
    let shown = sandbox
        .run(&["--dry-run", "--family", "all"])
        .exits(1)
        .stdout;
    for said in [
        "opened here",
        "leaves with `rows` open",
        "closed only here",
        "`client` is not given back if line 5 throws",
        "taken here",
        "given back only here",
        "`scratch` is left behind if line 5 raises",
        "created here",
        "removed only here",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(
        !shown.contains("acquired") && !shown.contains("held"),
        "{shown}"
    );
}

#[test]
fn a_mistyped_family_gets_a_hint() {
    let ran = sandbox().run(&["--dry-run", "--family", "file"]).exits(2);
    assert!(ran.stderr.contains("did you mean `files`?"), "{ran:?}");
    let configured = sandbox();
    configured.write("lockfix.toml", "families = [\"file\"]\n");
    let ran = configured.run(&["--dry-run"]).exits(2);
    assert!(ran.stderr.contains("lockfix.toml:1"), "{ran:?}");
}

#[test]
fn the_list_of_locks_says_what_has_to_be_asked_for() {
    let ran = sandbox().run(&["locks", "--lang", "python"]).exits(0);
    let line = "\npython, open: open (with --family files)\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}
