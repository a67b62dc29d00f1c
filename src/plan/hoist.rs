//! Declarations that move out of a region.

use super::build::Builder;
use crate::finding::Reason;
use crate::flow::{DeclKind, Stmt};
use crate::lower::descendants;
use crate::refusal::reason;
use crate::source::Span;

impl Builder<'_> {
    /// Moves declarations out of the region that are needed behind it.
    pub(in crate::plan) fn hoist(&mut self) -> Result<(), Reason> {
        self.may_stand_in_block()?;
        let rest = self.region.rest();
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
            return Ok(());
        };
        let after = Span::new(first.span.start, last.span.end);
        for stmt in self.region.stmts() {
            for decl in &stmt.decls {
                if decl.kind == DeclKind::FunctionScoped {
                    continue;
                }
                let Some(name) = decl.names.iter().find(|name| self.used_in(name, after)) else {
                    continue;
                };
                if decl.kind == DeclKind::Fixed {
                    return Err(reason(
                        "declared-in-span",
                        format!("`{name}` is declared inside the span and used after it"),
                    ));
                }
                self.hoist_stmt(stmt, name, after)?;
            }
        }
        Ok(())
    }

    /// A function that is known before the script runs is not when it stands in a block.
    fn may_stand_in_block(&self) -> Result<(), Reason> {
        let outermost = self.region.stmts().iter().find(|stmt| {
            let mut decls = stmt.decls.iter();
            decls.any(|decl| decl.kind == DeclKind::Outermost)
        });
        let Some(stmt) = outermost else { return Ok(()) };
        let line = self.task.file.source.location(stmt.span.start).line;
        Err(reason(
            "declared-in-span",
            format!("the declaration on line {line} may not stand in a block"),
        ))
    }

    pub(in crate::plan) fn hoist_stmt(
        &mut self,
        stmt: &Stmt,
        name: &str,
        after: Span,
    ) -> Result<(), Reason> {
        let node = self
            .task
            .file
            .root
            .descendant_for_byte_range(stmt.span.start, stmt.span.end);
        let node = node.ok_or_else(|| {
            reason(
                "declared-in-span",
                format!("`{name}` is declared inside the span"),
            )
        })?;
        let hoist = self
            .printer
            .hoist(self.task.file, node, after)
            .map_err(|(code, message)| reason(code, message))?;
        for mut outside in hoist.outside {
            if self.terminator().is_empty() && outside.ends_with(';') {
                outside.pop();
            }
            self.construct.above.push(outside);
        }
        if hoist.gone {
            self.draft
                .remove_stmt(stmt.span, self.region.start.block, None, false);
        }
        for (span, text) in hoist.inside {
            self.draft.replace(span, text);
        }
        Ok(())
    }

    pub(in crate::plan) fn used_in(&self, name: &str, span: Span) -> bool {
        let file = self.task.file;
        let Some(scope) = file.root.descendant_for_byte_range(span.start, span.end) else {
            return true;
        };
        descendants(scope, |_| true).any(|node| {
            span.contains(crate::lower::span(node))
                && node.named_child_count() == 0
                && file.grammar.is_identifier(node.kind())
                && !file.grammar.is_member_name(node.kind())
                && file.normal(node) == name
        })
    }
}
