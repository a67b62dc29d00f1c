//! --add-ignores: after it, a run is silent, and nothing but comments is new.

use crate::support::{PAY_JS, Sandbox, WORK_PY, pay_twice};
use lockfix::language::Language;
use lockfix::syntax::same_code;
use std::fs;
use std::path::Path;

#[test]
fn what_is_found_today_is_silent_tomorrow() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sandbox = Sandbox::new::<&str>(&[]);
    let mut languages = std::collections::BTreeSet::new();
    for entry in fs::read_dir(examples).expect("the examples").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(entry.path()).expect("read");
        languages.extend(name.rsplit('.').next().map(str::to_owned));
        sandbox.write(format!("windows/{name}"), text.replace('\n', "\r\n"));
        sandbox.write(name, text);
    }
    assert!(languages.len() >= 8, "{languages:?}");
    let ran = sandbox.run(&["--add-ignores=see the wiki"]).exits(0);
    assert!(
        ran.stderr
            .contains("ignored 18 findings in 18 files, 0 remain"),
        "{ran:?}"
    );
    let ran = sandbox.run(&["--dry-run"]).exits(0);
    assert!(ran.stderr.contains("nothing found"), "{ran:?}");
    let c = sandbox.text("device.c");
    assert!(
        c.contains("    /* lockfix: ignore[leak-on-exit] see the wiki */\n"),
        "{c}"
    );
    let windows = sandbox.text("windows/cache.py");
    assert!(
        windows
            .contains("    # lockfix: ignore[leak-on-exception] see the wiki\r\n    lock.acquire"),
        "{windows}"
    );
    // Without the comments, it is what it was.
    sandbox.run(&["undo"]).exits(0);
    sandbox.run(&["--dry-run"]).exits(1);
}

#[test]
fn nothing_but_comments_is_new() {
    let text = pay_twice().replace("    await", "    /* 𝄞 */ await");
    let sandbox = Sandbox::new(&[("pay.js", &text)]);
    let ran = sandbox.run(&["--add-ignores", "--dry-run"]).exits(0);
    let patch = "\n+    // lockfix: ignore[leak-on-exit]\n     /* 𝄞 */ await";
    assert_eq!(ran.stdout.matches(patch).count(), 2, "{ran:?}");
    assert_eq!(sandbox.text("pay.js"), text);
    sandbox.run(&["--add-ignores"]).exits(0);
    let new = sandbox.text("pay.js");
    assert!(same_code(
        Language::JavaScript,
        text.as_bytes(),
        new.as_bytes()
    ));
    assert_eq!(new.matches("lockfix:").count(), 2);
    // Once is enough.
    sandbox.run(&["--add-ignores"]).exits(0);
    assert_eq!(sandbox.text("pay.js"), new);
}

#[test]
fn what_no_comment_can_silence_remains() {
    let sandbox = Sandbox::new(&[
        ("a.js", "// lockfix: ignore[leak-on-exit]\nf();\n"),
        ("w.py", WORK_PY),
    ]);
    let ran = sandbox.run(&["--add-ignores"]).exits(1);
    assert!(
        ran.stderr
            .contains("ignored 1 finding in 1 file, 1 remains"),
        "{ran:?}"
    );
}

#[test]
fn only_a_reason_that_fits_is_taken() {
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    for (args, message) in [
        (&["--add-ignores=*/"][..], "ends no comment"),
        (&["--add-ignores", "-"], "--add-ignores is about files"),
        (&["--add-ignores", "--format", "json"], "no other --format"),
        (&["--add-ignores", "--yes"], "cannot be used with"),
    ] {
        let ran = sandbox.run(args).exits(2);
        assert!(ran.stderr.contains(message), "{args:?}: {ran:?}");
    }
    assert_eq!(sandbox.text("pay.js"), PAY_JS);
}
