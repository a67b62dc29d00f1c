//! The language server, spoken to over its stdin and stdout as an editor does.

use crate::support::{PAY_JS, Sandbox};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// `PAY_JS` with characters outside of the basic plane in front of what is found, and Windows line ends.
fn pay_in_notes() -> String {
    PAY_JS
        .replace("    await", "    /* 𝄞é */ await")
        .replace("throw new", "/* 𝄞𝄞 */ throw new")
        .replace('\n', "\r\n")
}

/// An editor with one server.
struct Editor {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i64,
    /// What was published last, by URI.
    diagnostics: std::collections::HashMap<String, Value>,
    shown: Vec<String>,
}

/// The next message; `None` at the end.
fn receive(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(number) = line.strip_prefix("Content-Length: ") {
            length = Some(number.trim().parse().expect("a number"));
        }
    }
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

impl Editor {
    fn start(sandbox: &Sandbox, capabilities: Value) -> (Editor, Value) {
        let mut command = sandbox.command(&["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let stdin = child.stdin.take();
        let mut reader = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = receive(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut editor = Editor {
            child,
            stdin,
            messages,
            next: 0,
            diagnostics: std::collections::HashMap::new(),
            shown: Vec::new(),
        };
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        let answer = editor.asks("initialize", params);
        editor.tells("initialized", json!({}));
        (editor, answer)
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().expect("open");
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
        stdin.flush().expect("sent");
    }

    fn tells(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Takes the next message in.
    fn hears(&mut self) -> Value {
        let message = self.messages.recv_timeout(Duration::from_secs(120));
        let message = message.expect("the server says something");
        let params = &message["params"];
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = params["uri"].as_str().expect("a URI").to_owned();
                self.diagnostics.insert(uri, params.clone());
            }
            Some("window/showMessage") => {
                let text = params["message"].as_str().expect("a text");
                self.shown.push(text.to_owned());
            }
            _ => {}
        }
        message
    }

    /// The whole answer, with its result or error.
    fn asks(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.hears();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn opens(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.tells("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn changes(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tells("textDocument/didChange", params);
    }

    /// The diagnostics of this version.
    fn sees(&mut self, uri: &str, version: i64) -> Vec<Value> {
        loop {
            if let Some(published) = self.diagnostics.get(uri)
                && published["version"] == version
            {
                return published["diagnostics"].as_array().expect("a list").clone();
            }
            self.hears();
        }
    }

    fn actions(&mut self, uri: &str, range: &Value, only: &str) -> Vec<Value> {
        let context = json!({ "diagnostics": [], "only": [only] });
        let document = json!({ "uri": uri });
        let params = json!({ "textDocument": document, "range": range, "context": context });
        let answer = self.asks("textDocument/codeAction", params);
        answer["result"].as_array().expect("a list").clone()
    }

    fn leaves(mut self) {
        let answer = self.asks("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null);
        self.tells("exit", Value::Null);
        let status = self.child.wait().expect("ends");
        assert_eq!(status.code(), Some(0));
    }
}

/// The byte offset of a place in UTF-16 units, counted here without help.
fn offset(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().expect("a line");
    let mut left = position["character"].as_u64().expect("a column");
    let start: usize = text
        .split_inclusive('\n')
        .take(usize::try_from(line).expect("small"))
        .map(str::len)
        .sum();
    let mut at = start;
    for next in text[start..].chars() {
        if left == 0 {
            break;
        }
        left -= next.len_utf16() as u64;
        at += next.len_utf8();
    }
    at
}

/// The place of a byte offset.
fn position(text: &str, at: usize) -> Value {
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let character = text[start..at].encode_utf16().count();
    json!({ "line": line, "character": character })
}

/// The text after the edits of an action.
fn applied(text: &str, action: &Value, uri: &str) -> String {
    let edits = &action["edit"];
    let edits = match &edits["documentChanges"] {
        Value::Array(documents) => &documents[0]["edits"],
        _ => &edits["changes"][uri],
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .expect("a list")
        .iter()
        .map(|edit| {
            let at = |side: &str| offset(text, &edit["range"][side]);
            let new = edit["newText"].as_str().expect("a text");
            (at("start"), at("end"), new)
        })
        .collect();
    edits.sort_unstable();
    let mut out = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}

/// The text of a range.
fn slice<'t>(text: &'t str, range: &Value) -> &'t str {
    &text[offset(text, &range["start"])..offset(text, &range["end"])]
}

const VERSIONED: &str = r#"{"workspace": {"workspaceEdit": {"documentChanges": true}}}"#;

#[test]
fn an_unsaved_text_is_diagnosed_and_fixed() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let capabilities = serde_json::from_str(VERSIONED).expect("JSON");
    let (mut editor, answer) = Editor::start(&sandbox, capabilities);
    let can = &answer["result"]["capabilities"];
    assert_eq!(can["textDocumentSync"], 2, "{answer}");
    assert_eq!(can["positionEncoding"], "utf-16");
    // The file is not on the disk.
    let uri = format!("file://{}/a%20b.js", sandbox.root().display());
    let text = pay_in_notes();
    editor.opens(&uri, "javascript", &text);
    let seen = editor.sees(&uri, 1);
    let [diagnostic] = &seen[..] else {
        panic!("one diagnostic: {seen:?}");
    };
    assert_eq!(diagnostic["source"], "lockfix");
    assert_eq!(diagnostic["code"], "leak-on-exit");
    assert_eq!(diagnostic["severity"], 1);
    let range = &diagnostic["range"];
    assert_eq!(slice(&text, range), "await accountMutex.acquire()");
    assert_eq!(range["start"], json!({ "line": 3, "character": 14 }));
    let related: Vec<(&str, &str)> = diagnostic["relatedInformation"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let place = slice(&text, &one["location"]["range"]);
            (place, one["message"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(
        related,
        [
            (
                "throw new Error('Insufficient funds');",
                "leaves with `accountMutex` held"
            ),
            ("accountMutex.release()", "released only here"),
        ]
    );
    // From the line that leaves, too.
    let leaving = position(&text, text.find("throw").expect("there"));
    let here = json!({ "start": leaving, "end": leaving });
    let actions = editor.actions(&uri, &here, "quickfix");
    let titles: Vec<&str> = actions
        .iter()
        .map(|action| action["title"].as_str().expect("a title"))
        .collect();
    for (at, form) in ["try-finally", "run-exclusive"].iter().enumerate() {
        assert_eq!(titles[at], format!("Guarantee the release with {form}"));
        let args = ["-", "--stdin-filename", "a b.js", "--form", form];
        let wanted = sandbox.run_with(&args, text.as_bytes()).stdout;
        assert_eq!(applied(&text, &actions[at], &uri), wanted);
        assert_eq!(actions[at]["isPreferred"], at == 0);
        let document = &actions[at]["edit"]["documentChanges"][0]["textDocument"];
        assert_eq!(*document, json!({ "uri": uri, "version": 1 }));
    }
    let top = json!({ "start": position(&text, 0), "end": position(&text, 0) });
    assert_eq!(editor.actions(&uri, &top, "quickfix"), [Value::Null; 0]);
    let last = actions.last().expect("an action");
    assert_eq!(last["title"], "Ignore leak-on-exit here");
    let ignored = applied(&text, last, &uri);
    assert!(
        ignored.contains("\r\n    // lockfix: ignore[leak-on-exit]\r\n"),
        "{ignored}"
    );
    editor.changes(&uri, 2, json!([{ "text": ignored }]));
    assert_eq!(editor.sees(&uri, 2), [Value::Null; 0]);
    editor.leaves();
}

#[test]
fn fixing_all_is_what_a_run_does() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let (mut editor, _) = Editor::start(&sandbox, json!({}));
    let uri = format!("file://{}/two.js", sandbox.root().display());
    let twice = pay_in_notes().replace(
        "async function",
        "async function back() {\r\n  await accountMutex.acquire(); /* 𝄞 */ await x();\r\n  accountMutex.release();\r\n}\r\nasync function",
    );
    editor.opens(&uri, "javascript", &twice);
    assert_eq!(editor.sees(&uri, 1).len(), 2);
    let top = json!({ "start": position(&twice, 0), "end": position(&twice, 0) });
    let actions = editor.actions(&uri, &top, "source.fixAll");
    let [action] = &actions[..] else {
        panic!("one action: {actions:?}");
    };
    assert_eq!(action["kind"], "source.fixAll.lockfix");
    let fixed = applied(&twice, action, &uri);
    let args = ["-", "--stdin-filename", "two.js", "--quiet"];
    assert_eq!(fixed, sandbox.run_with(&args, twice.as_bytes()).stdout);
    editor.changes(&uri, 2, json!([{ "text": fixed }]));
    assert_eq!(editor.sees(&uri, 2), [Value::Null; 0]);
    assert_eq!(
        editor.actions(&uri, &top, "source.fixAll"),
        [Value::Null; 0]
    );
    editor.leaves();
}

/// Numbers without order, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("small") % limit.max(1)
    }
}

/// However a text came about, its diagnostics are those of the text.
#[test]
fn typing_leads_to_the_same_as_opening() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let (mut editor, _) = Editor::start(&sandbox, json!({}));
    let uri = |name: &str| format!("file://{}/{name}", sandbox.root().display());
    let typed = uri("typed.js");
    let mut text = pay_in_notes();
    editor.opens(&typed, "javascript", &text);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pieces = ["", "/* 𝄞é */", "/* é\r\n𝄞 */ ", "\r\n", "  "];
    let mut different = std::collections::BTreeSet::new();
    for version in 2..42 {
        let mut changes = Vec::new();
        for _ in 0..1 + random.below(3) {
            // Comments and blank lines only, so that there is something to find.
            let comments: Vec<usize> = text.match_indices("/*").map(|(at, _)| at).collect();
            let at = comments[random.below(comments.len())];
            let comment = text[at..].find("*/").expect("its end") + 2;
            let gone = comments.len() > 2 && random.below(3) == 0;
            let remove = if gone { comment } else { 0 };
            let new = pieces[random.below(pieces.len())];
            let range = json!({
                "start": position(&text, at),
                "end": position(&text, at + remove),
            });
            changes.push(json!({ "range": range, "text": new }));
            text.replace_range(at..at + remove, new);
        }
        editor.changes(&typed, version, Value::Array(changes));
        let fresh = uri(&format!("fresh{version}.js"));
        editor.opens(&fresh, "javascript", &text);
        let as_typed = editor.sees(&typed, version);
        let as_opened = editor.sees(&fresh, 1);
        let plain = |all: &[Value]| -> Vec<Value> {
            all.iter()
                .map(|one| json!([one["range"], one["message"]]))
                .collect()
        };
        assert_eq!(plain(&as_typed), plain(&as_opened), "{text}");
        different.insert(format!("{:?}", plain(&as_typed)));
    }
    assert!(different.len() > 5, "too little happened: {different:?}");
    editor.leaves();
}

#[test]
fn columns_are_counted_as_the_editor_does() {
    let sandbox = Sandbox::new::<&str>(&[]);
    let capabilities = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    let (mut editor, answer) = Editor::start(&sandbox, capabilities);
    assert_eq!(
        answer["result"]["capabilities"]["positionEncoding"],
        "utf-8"
    );
    // A text without a file, whose language the editor knows.
    editor.opens("untitled:Untitled-1", "javascript", &pay_in_notes());
    let seen = editor.sees("untitled:Untitled-1", 1);
    let start = &seen[0]["range"]["start"];
    assert_eq!(
        *start,
        json!({ "line": 3, "character": "    /* 𝄞é */ ".len() })
    );
    editor.leaves();
}

#[test]
fn the_configuration_counts_and_is_read_again() {
    let sandbox = Sandbox::new(&[("lockfix.toml", "ignore = ['leak-on-exit']\n")]);
    let (mut editor, _) = Editor::start(
        &sandbox,
        json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } }),
    );
    let registered = editor.hears();
    assert_eq!(registered["method"], "client/registerCapability");
    editor.send(&json!({ "jsonrpc": "2.0", "id": registered["id"], "result": null }));
    let uri = format!("file://{}/pay.js", sandbox.root().display());
    editor.opens(&uri, "javascript", PAY_JS);
    assert_eq!(editor.sees(&uri, 1), [Value::Null; 0]);
    let changed = json!({ "changes": [] });
    sandbox.write("lockfix.toml", "ignroe = []\n");
    editor.diagnostics.clear();
    editor.tells("workspace/didChangeWatchedFiles", changed.clone());
    assert_eq!(editor.sees(&uri, 1), [Value::Null; 0]);
    let [shown] = &editor.shown[..] else {
        panic!("one message: {:?}", editor.shown);
    };
    assert!(
        shown.contains("lockfix.toml:1: there is no key `ignroe`"),
        "{shown}"
    );
    sandbox.write("lockfix.toml", "");
    editor.diagnostics.clear();
    editor.tells("workspace/didChangeWatchedFiles", changed);
    assert_eq!(editor.sees(&uri, 1).len(), 1);
    // What is not there is said so; what makes no sense ends nothing.
    let answer = editor.asks("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32601);
    let answer = editor.asks("textDocument/codeAction", json!({ "range": 3 }));
    assert_eq!(answer["error"]["code"], -32602);
    editor.tells("textDocument/didChange", json!([]));
    let document = json!({ "textDocument": { "uri": uri } });
    editor.tells("textDocument/didClose", document);
    while editor.diagnostics[&uri]["diagnostics"] != json!([]) {
        editor.hears();
    }
    editor.leaves();
}

/// A real editor, where there is one, with the settings that are handed out.
#[test]
fn neovim_shows_moves_and_fixes() {
    let there = std::process::Command::new("nvim").arg("--version").output();
    if there.is_err() {
        eprintln!("skipped: Neovim is not installed");
        return;
    }
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/editors/neovim.lua");
    let script = format!(
        r#"
dofile('{settings}')
vim.cmd('edit pay.js | set filetype=javascript')
local function first() return vim.diagnostic.get(0)[1] end
local function wait(what) assert(vim.wait(60000, what, 20)) end
wait(first)
local line = first().lnum
vim.api.nvim_buf_set_lines(0, line - 1, line - 1, false, {{ '// 𝄞 not saved' }})
wait(function() return first() and first().lnum == line + 1 end)
local here = {{ line = line + 1, character = 0 }}
local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', {{
  textDocument = vim.lsp.util.make_text_document_params(),
  range = {{ start = here, ['end'] = here }},
  context = {{ diagnostics = {{}} }},
}}, 60000)
for _, answer in pairs(answers) do
  vim.lsp.util.apply_workspace_edit(answer.result[1].edit, 'utf-16')
end
wait(function() return not first() end)
vim.cmd('write | qa!')
"#
    );
    let sandbox = Sandbox::new(&[("pay.js", PAY_JS), ("run.lua", &script)]);
    let program = std::path::PathBuf::from(assert_cmd::cargo::cargo_bin!("lockfix"));
    let mut path = program.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = std::process::Command::new("nvim")
        .args([
            "--clean",
            "--headless",
            "-c",
            "luafile run.lua",
            "-c",
            "cquit",
        ])
        .current_dir(sandbox.root())
        .env("PATH", path)
        .env("XDG_STATE_HOME", sandbox.state())
        .env("XDG_CACHE_HOME", sandbox.state())
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    let text = PAY_JS.replace("async function", "// 𝄞 not saved\nasync function");
    let wanted = sandbox.run_with(&["-", "--stdin-filename", "pay.js", "-q"], text.as_bytes());
    assert_eq!(sandbox.text("pay.js"), wanted.stdout);
}
