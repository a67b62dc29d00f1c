//! One construct for everything that a block does to a lock: where acquires and releases are not
//! paired in the text, the construct stands around all of them and knows whether it holds the lock.

use super::place::{Start, path_to};
use super::region::Region;
use crate::flow::{Block, BlockStyle, Body, SiteId, Stmt, StmtKind};

/// The regions that may do, narrowest first: around the acquire and its releases, around everything that
/// their block does to the lock, and around everything that the function does. Releases are all kept.
pub fn regions<'b>(body: &'b Body, site: SiteId, releases: &[SiteId]) -> Vec<Region<'b>> {
    let key = body.sites[site].key;
    let all: Vec<SiteId> = (0..body.sites.len())
        .filter(|id| body.sites[*id].key == key)
        .filter(|id| {
            // What a construct takes it frees by itself.
            let acquire = body.sites[*id].acquire();
            body.sites[*id].is_written_release() || acquire.is_some_and(|acquire| !acquire.implied)
        })
        .collect();
    let plain = |id: &SiteId| {
        let acquire = body.sites[*id].acquire();
        acquire.is_none_or(|acquire| {
            !acquire.at_entry && acquire.ticket.is_none() && !acquire.together
        })
    };
    if !all.iter().all(plain) {
        return Vec::new();
    }
    let mut own = vec![site];
    own.extend(releases);
    let mut found: Vec<Region<'b>> = Vec::new();
    let beside = around(body, &own).map(|(block, ..)| {
        let stands = |site: &SiteId| block.stmts.iter().any(|stmt| stmt.holds_site(*site));
        all.iter().copied().filter(stands).collect()
    });
    for sites in [Some(own), beside, Some(all)].into_iter().flatten() {
        let Some((block, first, last)) = around(body, &sites) else {
            continue;
        };
        // What is declared in the region is not seen behind it, unless nothing is.
        for end in [last + 1, block.stmts.len()] {
            let known = |region: &Region<'_>| {
                std::ptr::eq(region.start.block, block)
                    && region.start.first == first
                    && region.end == end
            };
            if found.iter().any(known) {
                continue;
            }
            let stmts = &block.stmts[first..end];
            let kept = (0..body.sites.len())
                .filter(|id| body.sites[*id].key == key && body.sites[*id].is_written_release())
                .filter(|id| stmts.iter().any(|stmt| stmt.holds_site(*id)))
                .collect();
            found.push(Region {
                start: Start {
                    block,
                    first,
                    acquire: None,
                    maybe: true,
                },
                end,
                main: None,
                absorbed: None,
                lifted: None,
                dropped: Vec::new(),
                kept,
            });
        }
    }
    found
}

/// The innermost block that holds all sites, and its first and last statement that do.
fn around<'b>(body: &'b Body, sites: &[SiteId]) -> Option<(&'b Block, usize, usize)> {
    let paths: Vec<_> = sites
        .iter()
        .map(|site| path_to(body, *site))
        .collect::<Option<_>>()?;
    // A function's own frame: what is declared around it may not be seen in it.
    let called = paths.iter().flatten();
    if called
        .into_iter()
        .any(|at| matches!(at.stmt().kind, StmtKind::InPlace(_)))
    {
        return None;
    }
    let shortest = paths.iter().map(Vec::len).min()?;
    let level = (0..shortest).rev().find(|level| {
        let block = paths[0][*level].block;
        matches!(block.style, BlockStyle::Braced | BlockStyle::Plain)
            && paths
                .iter()
                .all(|path| std::ptr::eq(path[*level].block, block))
    })?;
    let indexes = || paths.iter().map(|path| path[level].index);
    Some((paths[0][level].block, indexes().min()?, indexes().max()?))
}

/// Whether a statement of the region, or one within it, declares the name.
pub fn declares(stmts: &[Stmt], name: &str) -> bool {
    stmts.iter().any(|stmt| {
        let mut decls = stmt.decls.iter();
        let labelled = match &stmt.kind {
            StmtKind::Labeled { body, .. } => declares(std::slice::from_ref(body), name),
            _ => false,
        };
        decls.any(|decl| decl.names.iter().any(|own| own == name))
            || labelled
            || stmt
                .blocks()
                .iter()
                .any(|block| declares(&block.stmts, name))
    })
}
