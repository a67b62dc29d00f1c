//! The extension of Visual Studio Code, in a process of Node with a stand-in for the editor.

use crate::support::skipped;
use lockfix::language::Language;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// An editor that notes what it is asked for.
const EDITOR: &str = "\
const settings = { path: '/opt/lockfix', unsafeFixes: true };
exports.log = [];
exports.workspace = {
  getConfiguration: (section) => ({ get: (key) => section === 'lockfix' && settings[key] }),
  onDidChangeConfiguration: (listener) => { exports.changed = listener; return {}; },
};
exports.commands = {
  registerCommand: (name, run) => { exports.command = { name, run }; return {}; },
};
";

const CLIENT: &str = "\
const editor = require('vscode');
exports.LanguageClient = class {
  constructor(id, name, server, client) { Object.assign(this, { server, client }); }
  async start() { editor.log.push({ starts: this.server, client: this.client }); }
  async stop() { editor.log.push('stops'); }
};
";

const SESSION: &str = "\
const editor = require('vscode');
const extension = require('./extension.js');
const context = { subscriptions: [] };
(async () => {
  await extension.activate(context);
  await editor.changed({ affectsConfiguration: (section) => section === 'editor' });
  await editor.changed({ affectsConfiguration: (section) => section === 'lockfix' });
  await editor.command.run();
  await extension.deactivate();
  const { log, command } = editor;
  console.log(JSON.stringify({ log, command: command.name, held: context.subscriptions.length }));
})();
";

#[test]
fn the_extension_runs_the_server() {
    if Command::new("node").arg("--version").output().is_err() {
        return skipped("no node found");
    }
    let extension = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    let folder = tempfile::tempdir().expect("a temporary directory");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    };
    write("node_modules/vscode/index.js", EDITOR);
    write("node_modules/vscode-languageclient/node.js", CLIENT);
    write("session.js", SESSION);
    fs::copy(
        extension.join("extension.js"),
        folder.path().join("extension.js"),
    )
    .expect("copied");
    let output = Command::new("node")
        .arg("session.js")
        .current_dir(folder.path())
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:#?}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let log = told["log"].as_array().expect("a log");
    // Started, started anew for its own setting and by the command, stopped.
    let stops: Vec<bool> = log.iter().map(|entry| entry == "stops").collect();
    assert_eq!(stops, [false, true, false, true, false, true]);
    assert_eq!(log[0]["starts"]["command"], "/opt/lockfix");
    assert_eq!(log[0]["starts"]["args"], serde_json::json!(["lsp"]));
    assert_eq!(
        log[0]["client"]["initializationOptions"]["unsafeFixes"],
        true
    );
    assert_eq!(told["held"], 2);
    let manifest = fs::read(extension.join("package.json")).expect("read");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(
        manifest["contributes"]["commands"][0]["command"],
        told["command"]
    );
    let selected = log[0]["client"]["documentSelector"].to_string();
    let activated = manifest["activationEvents"].to_string();
    for language in Language::ALL {
        let name = language.name();
        assert!(
            selected.contains(&format!("\"language\":\"{name}\"")),
            "{name}"
        );
        assert!(
            activated.contains(&format!("onLanguage:{name}\"")),
            "{name}"
        );
    }
}
