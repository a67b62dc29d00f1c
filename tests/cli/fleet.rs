//! A repository that is shared out over a cluster.

use crate::support::{PAY_JS, Ran, Sandbox, WORK_PY, git, skipped};
use std::path::Path;
use std::process::Command;

/// A cluster of one: it has the shares worked on one after the other, the last one first.
const SPARK: &str = "\
class Shares:
    def __init__(self, items, count):
        self.parts = [items[at::count] for at in range(count)]
    def mapPartitions(self, work):
        self.parts = [list(work(iter(part))) for part in reversed(self.parts)]
        return self
    def collect(self):
        return [item for part in self.parts for item in part]

class SparkSession:
    class builder:
        appName = master = config = lambda *_: SparkSession.builder
        getOrCreate = lambda: SparkSession()
    sparkContext = property(lambda self: self)
    setLogLevel = stop = lambda self, *_: None
    parallelize = lambda self, items, count: Shares(items, count)
";

fn spark(sandbox: &Sandbox, options: &[&str]) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fleet/spark.py");
    let mut command = Command::new("python3");
    command
        .arg(script)
        .arg("--lockfix")
        .arg(assert_cmd::cargo::cargo_bin!("lockfix"))
        .args(options)
        .current_dir(sandbox.root())
        .env("PYTHONPATH", sandbox.root().join("modules"));
    command.output().expect("runs").into()
}

#[test]
fn shares_of_a_cluster_come_to_the_same_as_one_run() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped("no python3 found");
    }
    let sandbox = Sandbox::new(&[
        ("modules/pyspark/__init__.py", ""),
        ("modules/pyspark/sql.py", SPARK),
        ("all/z/pay.js", PAY_JS),
        ("all/a b.js", PAY_JS),
        ("all/work.py", WORK_PY),
        ("all/untracked.py", WORK_PY),
    ]);
    git(&sandbox, &["init", "--quiet", "all"]);
    git(&sandbox, &["-C", "all", "add", "z", "a b.js", "work.py"]);
    let ran = spark(&sandbox, &["--partitions", "2", "all"]).exits(1);
    let paths: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|finding: serde_json::Value| finding["path"].as_str().expect("a path").to_owned())
        .collect();
    assert_eq!(paths, ["a b.js", "work.py", "z/pay.js"]);
    assert!(
        ran.stderr
            .ends_with("3 findings in 3 tracked files, 2 shares\n"),
        "{ran:?}"
    );
    assert_eq!(
        spark(&sandbox, &["--partitions", "7", "all"]).stdout,
        ran.stdout
    );
    let to_file = ["--output", "findings.jsonl", "all"];
    assert_eq!(spark(&sandbox, &to_file).exits(1).stdout, "");
    assert_eq!(sandbox.text("findings.jsonl"), ran.stdout);
    let ran = spark(&sandbox, &["all", "--", "--lang", "go"]).exits(0);
    assert_eq!(ran.stdout, "");
    sandbox.write("all/lockfix.toml", "x = 1\n");
    spark(&sandbox, &["all"]).exits(2);
}
