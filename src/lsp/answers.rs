//! Findings as editors show them: diagnostics, and the actions that fix them.

use super::document::Document;
use crate::edit::Edit;
use crate::finding::{Applicability, Finding, Fix, Severity};
use crate::language::Language;
use crate::report::remarks;
use crate::source::Span;
use crate::suppress::silence;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, DocumentChanges, Location, NumberOrString, OneOf,
    OptionalVersionedTextDocumentIdentifier, Range, TextDocumentEdit, TextEdit, WorkspaceEdit,
};
use std::collections::HashMap;

/// The name in front of each diagnostic.
pub const SOURCE: &str = "lockfix";

/// The kind of the action that fixes a whole document.
pub const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.lockfix");

/// The diagnostic of a finding.
pub fn diagnostic(document: &Document, language: Language, finding: &Finding) -> Diagnostic {
    let related = remarks(finding, language)
        .into_iter()
        .filter(|(span, _)| *span != finding.acquire)
        .map(|(span, message)| DiagnosticRelatedInformation {
            location: Location::new(document.uri.clone(), range(document, span)),
            message,
        });
    Diagnostic {
        range: range(document, finding.acquire),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.rule.to_string())),
        source: Some(SOURCE.to_owned()),
        message: message(finding),
        related_information: Some(related.collect()),
        ..Diagnostic::default()
    }
}

/// Why there is no fix belongs to what is told: nobody can ask an editor.
fn message(finding: &Finding) -> String {
    match &finding.refusal {
        Some(reason) if finding.fixes.is_empty() => {
            format!("{} (no fix: {})", finding.message, reason.message)
        }
        _ => finding.message.clone(),
    }
}

fn range(document: &Document, span: Span) -> Range {
    let (lines, text) = (document.lines(), document.text());
    lines.range(text, span.start, span.end)
}

/// What a client can make use of.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// It knows edits of one version of a document.
    pub versioned_edits: bool,
    /// The fixes that are offered.
    pub least: Applicability,
}

impl Client {
    /// One action for each form of each finding on the lines of `asked`, and one that leaves it.
    pub fn quick_fixes(
        &self,
        document: &Document,
        language: Language,
        findings: &[Finding],
        asked: Range,
    ) -> Vec<CodeActionOrCommand> {
        let mut actions = Vec::new();
        for finding in findings {
            let mut spans = remarks(finding, language).into_iter();
            if !spans.any(|(span, _)| on_lines(range(document, span), asked)) {
                continue;
            }
            let fixes = finding.fixes.iter();
            let acceptable = fixes.filter(|fix| fix.applicability >= self.least);
            for (at, fix) in acceptable.enumerate() {
                actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: title(fix),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![diagnostic(document, language, finding)]),
                    edit: Some(self.edit(document, &fix.edits)),
                    is_preferred: Some(at == 0),
                    ..CodeAction::default()
                }));
            }
            let text = document.text().as_bytes();
            let comment = silence(language, text, std::slice::from_ref(finding), "");
            if !comment.is_empty() {
                actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: format!("Ignore {} here", finding.rule),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![diagnostic(document, language, finding)]),
                    edit: Some(self.edit(document, &comment)),
                    ..CodeAction::default()
                }));
            }
        }
        actions
    }

    /// The action that makes these edits, which fix everything.
    pub fn fix_all(&self, document: &Document, edits: &[Edit]) -> CodeActionOrCommand {
        CodeActionOrCommand::CodeAction(CodeAction {
            title: "Guarantee every release in this file".to_owned(),
            kind: Some(FIX_ALL),
            edit: Some(self.edit(document, edits)),
            ..CodeAction::default()
        })
    }

    fn edit(&self, document: &Document, edits: &[Edit]) -> WorkspaceEdit {
        let edits = edits.iter().map(|edit| TextEdit {
            range: range(document, Span::new(edit.start, edit.end)),
            new_text: String::from_utf8_lossy(&edit.text).into_owned(),
        });
        let uri = document.uri.clone();
        if !self.versioned_edits {
            // A key is never changed.
            #[allow(clippy::mutable_key_type)]
            let changes = HashMap::from([(uri, edits.collect())]);
            return WorkspaceEdit::new(changes);
        }
        let change = TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri,
                version: Some(document.version),
            },
            edits: edits.map(OneOf::Left).collect(),
        };
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![change])),
            ..WorkspaceEdit::default()
        }
    }
}

fn title(fix: &Fix) -> String {
    let title = format!("Guarantee the release with {}", fix.form);
    match &fix.reason {
        Some(reason) => format!("{title} (unsafe: {})", reason.message),
        None => title,
    }
}

fn on_lines(range: Range, asked: Range) -> bool {
    range.start.line <= asked.end.line && asked.start.line <= range.end.line
}
