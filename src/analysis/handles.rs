//! Handles: what an acquire gives, a file say, and whose it is to release.

use super::Judged;
use crate::finding::LeakKind;
use crate::flow::{KeyId, SiteId, Stmt};
use crate::lower::MODULE;
use crate::source::Span;

/// Whether the variable of the handle is one of the function. What stands at the top level of a file may serve as long
/// as the process does, unless it is released there.
pub(super) fn is_own(at: &Judged<'_>, site: SiteId) -> bool {
    let acquired = &at.body.sites[site];
    if at.body.name == MODULE && !at.is_released(site) {
        return false;
    }
    let name = &at.body.keys[acquired.key].text;
    at.file.grammar.declares_by_assigning() || declares(&at.body.root.stmts, name)
}

fn declares(stmts: &[Stmt], name: &str) -> bool {
    stmts.iter().any(|stmt| {
        let mut names = stmt.decls.iter().flat_map(|decl| &decl.names);
        names.any(|own| own == name)
            || stmt
                .blocks()
                .iter()
                .any(|block| declares(&block.stmts, name))
    })
}

/// Whether some call may have kept the handle: it was passed to one, and where all went well the function leaves
/// without a release.
pub(super) fn is_given_away(at: &Judged<'_>, key: KeyId, leaks: &[(Span, LeakKind)]) -> bool {
    // Round again to the acquire: the end of a loop's body.
    let again = |span: &Span| {
        let mut sites = at.body.sites.iter();
        sites.any(|site| site.key == key && site.span == *span)
    };
    let last = at.body.root.stmts.last().map(|stmt| stmt.span);
    at.body.lent.contains(&key)
        && leaks.iter().any(|(span, kind)| match kind {
            LeakKind::EndOfBody => true,
            LeakKind::Continue => again(span),
            LeakKind::Return => last.is_some_and(|last| last.contains(*span)),
            _ => false,
        })
}
