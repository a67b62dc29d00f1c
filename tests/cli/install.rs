//! Packages hold a program that runs where nothing else of it is installed.

use crate::support::{PAY_JS, Sandbox, python_tool, skipped};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{command:?}: {output:#?}");
    output
}

/// Packs with `scripts/package`; the path of the package.
fn packed(arguments: &[&str], folder: &Path) -> PathBuf {
    let mut command = Command::new(root().join("scripts/package"));
    let output = succeed(command.args(arguments).arg(folder));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    PathBuf::from(text.lines().last().expect("a path"))
}

/// The program that was installed does its work in another directory.
#[track_caller]
fn assert_works(program: &Path) {
    let version = succeed(Command::new(program).arg("--version")).stdout;
    let wanted = format!("lockfix {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&version), wanted);
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS)]);
    let mut command = Command::new(program);
    command
        .args(["--yes", "--no-journal", "pay.js"])
        .current_dir(sandbox.root());
    succeed(&mut command);
    assert!(sandbox.text("pay.js").contains("} finally {"));
}

#[test]
fn a_wheel_installs_into_an_empty_environment() {
    // maturin builds with cargo, which finds what the tests have built.
    if python_tool("maturin").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let wheel = packed(&["wheel", "--profile", "dev"], folder.path());
    let environment = folder.path().join("environment");
    succeed(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    );
    let pip = environment.join("bin/pip");
    succeed(
        Command::new(pip)
            .args([
                "install",
                "--quiet",
                "--no-index",
                "--disable-pip-version-check",
            ])
            .arg(wheel),
    );
    assert_works(&environment.join("bin/lockfix"));
}

#[test]
fn a_package_of_npm_installs_into_an_empty_folder() {
    if Command::new("npm").arg("--version").output().is_err() {
        return skipped("no npm found");
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let program = PathBuf::from(assert_cmd::cargo::cargo_bin!("lockfix"));
    let program = program.to_str().expect("UTF-8");
    let package = packed(&["npm", "--program", program], folder.path());
    let project = folder.path().join("project");
    std::fs::create_dir(&project).expect("created");
    succeed(
        Command::new("npm")
            .args([
                "install",
                "--offline",
                "--no-audit",
                "--no-fund",
                "--silent",
                "--prefix",
            ])
            .arg(&project)
            .arg(package),
    );
    assert_works(&project.join("node_modules/.bin/lockfix"));
}
