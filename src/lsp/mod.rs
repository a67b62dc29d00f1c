//! `lockfix lsp`: a language server over stdin and stdout. It looks at texts as they are in the editor,
//! and changes nothing by itself.

mod answers;
mod document;
mod position;

use crate::config::{Overrides, Workspace};
use crate::finding::Applicability;
use answers::{Client, FIX_ALL, SOURCE, diagnostic};
use document::Document;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    LogMessage, Notification as _, PublishDiagnostics, ShowMessage,
};
use lsp_types::request::{CodeActionRequest, RegisterCapability, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams,
    CodeActionProviderCapability, DidChangeTextDocumentParams,
    DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams, InitializeResult,
    MessageType, PublishDiagnosticsParams, Registration, RegistrationParams, ServerCapabilities,
    ServerInfo, ShowMessageParams, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use position::Encoding;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The files that say what is looked for, and how.
const CONFIGURATION: &str = "**/{lockfix.toml,.lockfix.toml,pyproject.toml,compile_commands.json}";

/// The client is gone, or speaks no such protocol.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(error.to_string())
}

/// Serves the client on stdin and stdout until it says that it is done.
///
/// # Errors
/// When the client breaks off.
pub fn serve() -> Result<(), Broken> {
    let (connection, threads) = Connection::stdio();
    let (id, params) = connection.initialize_start().map_err(broken)?;
    let params: InitializeParams = serde_json::from_value(params).map_err(broken)?;
    let mut server = Server::new(&params)?;
    let result = serde_json::to_value(server.introduction()).map_err(broken)?;
    connection.initialize_finish(id, result).map_err(broken)?;
    server.watch_configuration(&connection, &params)?;
    server.run(&connection)?;
    // The thread that writes ends with the connection.
    drop(connection);
    threads.join().map_err(broken)
}

struct Server {
    workspace: Workspace,
    /// By URI.
    documents: BTreeMap<String, Document>,
    /// Documents whose diagnostics are not those of their text.
    stale: BTreeSet<String>,
    /// What was told to be wrong with a configuration; it is told once.
    trouble: Option<String>,
    encoding: Encoding,
    client: Client,
}

fn workspace() -> Result<Workspace, Broken> {
    Workspace::nearest(Overrides::default()).map_err(broken)
}

impl Server {
    fn new(params: &InitializeParams) -> Result<Server, Broken> {
        let capabilities = &params.capabilities;
        let general = capabilities.general.as_ref();
        let offered = general.and_then(|general| general.position_encodings.as_deref());
        let edits = capabilities.workspace.as_ref();
        let edits = edits.and_then(|workspace| workspace.workspace_edit.as_ref());
        let options = params.initialization_options.as_ref();
        let unsafe_fixes = options.and_then(|options| options.get("unsafeFixes"));
        Ok(Server {
            workspace: workspace()?,
            documents: BTreeMap::new(),
            stale: BTreeSet::new(),
            trouble: None,
            encoding: Encoding::of_client(offered),
            client: Client {
                versioned_edits: edits.and_then(|edits| edits.document_changes) == Some(true),
                least: match unsafe_fixes {
                    Some(Value::Bool(true)) => Applicability::Unsafe,
                    _ => Applicability::Safe,
                },
            },
        })
    }

    fn introduction(&self) -> InitializeResult {
        InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(self.encoding.kind()),
                text_document_sync: Some(TextDocumentSyncCapability::Kind(
                    TextDocumentSyncKind::INCREMENTAL,
                )),
                code_action_provider: Some(CodeActionProviderCapability::Options(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, FIX_ALL]),
                        ..CodeActionOptions::default()
                    },
                )),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: SOURCE.to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }

    /// Asks to be told when a configuration changes, if the client can do that.
    fn watch_configuration(
        &self,
        connection: &Connection,
        params: &InitializeParams,
    ) -> Result<(), Broken> {
        let workspace = params.capabilities.workspace.as_ref();
        let watching = workspace.and_then(|can| can.did_change_watched_files);
        if watching.and_then(|can| can.dynamic_registration) != Some(true) {
            return Ok(());
        }
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![FileSystemWatcher {
                glob_pattern: GlobPattern::String(CONFIGURATION.to_owned()),
                kind: None,
            }],
        };
        let registration = Registration {
            id: "configuration".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: Some(serde_json::to_value(options).map_err(broken)?),
        };
        let request = Request::new(
            RequestId::from("watch".to_owned()),
            RegisterCapability::METHOD.to_owned(),
            RegistrationParams {
                registrations: vec![registration],
            },
        );
        connection.sender.send(request.into()).map_err(broken)
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Broken> {
        loop {
            // Who types fast is answered when they pause: first everything that has come in.
            let message = match connection.receiver.try_recv() {
                Ok(message) => message,
                Err(_) => {
                    self.publish(connection)?;
                    connection.receiver.recv().map_err(broken)?
                }
            };
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request).map_err(broken)? {
                        return Ok(());
                    }
                    let answer = self.answer(request);
                    connection.sender.send(answer.into()).map_err(broken)?;
                }
                Message::Notification(notification) => {
                    if let Err(error) = self.notice(connection, notification)? {
                        log(connection, &error)?;
                    }
                }
                Message::Response(_) => {}
            }
        }
    }

    fn answer(&self, request: Request) -> Response {
        if request.method != CodeActionRequest::METHOD {
            let message = format!("there is no {} here", request.method);
            return Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message);
        }
        match serde_json::from_value(request.params) {
            Ok(params) => Response::new_ok(request.id, self.actions(&params)),
            Err(error) => {
                let code = ErrorCode::InvalidParams as i32;
                Response::new_err(request.id, code, error.to_string())
            }
        }
    }

    fn actions(&self, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
        let document = self.documents.get(params.text_document.uri.as_str());
        let Some((document, language)) = document.and_then(|one| Some((one, one.language()?)))
        else {
            return Vec::new();
        };
        // A kind stands for those that it is the beginning of.
        let wanted = |kind: &CodeActionKind| {
            params.context.only.as_ref().is_none_or(|only| {
                only.iter().any(|only| {
                    let rest = kind.as_str().strip_prefix(only.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            })
        };
        let mut actions = Vec::new();
        if wanted(&CodeActionKind::QUICKFIX) {
            let findings = &document.found(&self.workspace).findings;
            let fixes = self
                .client
                .quick_fixes(document, language, findings, params.range);
            actions.extend(fixes);
        }
        if wanted(&FIX_ALL) {
            let edits = document.fixes(&self.workspace, self.client.least);
            if !edits.is_empty() {
                actions.push(self.client.fix_all(document, edits));
            }
        }
        actions
    }

    /// Takes notice of something. The inner error is about the message alone.
    fn notice(
        &mut self,
        connection: &Connection,
        notification: Notification,
    ) -> Result<Result<(), serde_json::Error>, Broken> {
        let params = notification.params;
        Ok(match notification.method.as_str() {
            DidOpenTextDocument::METHOD => serde_json::from_value(params).map(|p| self.open(p)),
            DidChangeTextDocument::METHOD => {
                serde_json::from_value(params).map(|params| self.change(params))
            }
            DidCloseTextDocument::METHOD => match serde_json::from_value(params) {
                Ok(params) => return self.close(connection, params).map(Ok),
                Err(error) => Err(error),
            },
            DidChangeWatchedFiles::METHOD => return self.read_configuration().map(Ok),
            _ => Ok(()),
        })
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        let key = opened.uri.as_str().to_owned();
        let document = Document::new(
            opened.uri,
            opened.version,
            &opened.language_id,
            opened.text,
            self.encoding,
        );
        self.stale.insert(key.clone());
        self.documents.insert(key, document);
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let key = params.text_document.uri.as_str();
        if let Some(document) = self.documents.get_mut(key) {
            document.change(params.text_document.version, params.content_changes);
            self.stale.insert(key.to_owned());
        }
    }

    fn close(
        &mut self,
        connection: &Connection,
        params: DidCloseTextDocumentParams,
    ) -> Result<(), Broken> {
        let uri = params.text_document.uri;
        self.documents.remove(uri.as_str());
        self.stale.remove(uri.as_str());
        publish(connection, uri, None, Vec::new())
    }

    /// A configuration changed: everything is looked at anew.
    fn read_configuration(&mut self) -> Result<(), Broken> {
        self.workspace = workspace()?;
        self.trouble = None;
        for (key, document) in &mut self.documents {
            document.forget();
            self.stale.insert(key.clone());
        }
        Ok(())
    }

    /// Sends the diagnostics that are not up to date.
    fn publish(&mut self, connection: &Connection) -> Result<(), Broken> {
        for key in std::mem::take(&mut self.stale) {
            let Some(document) = self.documents.get(&key) else {
                continue;
            };
            let found = document.found(&self.workspace);
            if found.trouble != self.trouble {
                self.trouble.clone_from(&found.trouble);
                if let Some(trouble) = &found.trouble {
                    show(connection, trouble)?;
                }
            }
            let Some(language) = document.language() else {
                continue;
            };
            let all = found.findings.iter();
            let diagnostics = all.map(|one| diagnostic(document, language, one));
            let version = Some(document.version);
            publish(
                connection,
                document.uri.clone(),
                version,
                diagnostics.collect(),
            )?;
        }
        Ok(())
    }
}

fn publish(
    connection: &Connection,
    uri: Uri,
    version: Option<i32>,
    diagnostics: Vec<lsp_types::Diagnostic>,
) -> Result<(), Broken> {
    let params = PublishDiagnosticsParams::new(uri, diagnostics, version);
    notify(connection, PublishDiagnostics::METHOD, params)
}

/// Tells the person at the editor.
fn show(connection: &Connection, message: &str) -> Result<(), Broken> {
    let params = ShowMessageParams {
        typ: MessageType::ERROR,
        message: format!("{SOURCE}: {message}"),
    };
    notify(connection, ShowMessage::METHOD, params)
}

/// Tells who reads the log of the editor.
fn log(connection: &Connection, error: &serde_json::Error) -> Result<(), Broken> {
    let params = json!({ "type": MessageType::WARNING, "message": error.to_string() });
    notify(connection, LogMessage::METHOD, params)
}

fn notify(
    connection: &Connection,
    method: &str,
    params: impl serde::Serialize,
) -> Result<(), Broken> {
    let notification = Notification::new(method.to_owned(), params);
    connection.sender.send(notification.into()).map_err(broken)
}
