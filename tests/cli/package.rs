//! What the other files of a package tell of a file.

use crate::support::Sandbox;

/// A variable that is used behind the span, of a type that this file does not write.
const LOAD: &str = "\
package store

import (
\t\"sync\"
)

type store struct {
\tmu sync.Mutex
}

func (s *store) load() int {
\ts.mu.Lock()
\tfound := s.find()
\ts.mu.Unlock()
\twork()
\treturn found.id
}
";

const HOISTED: &str = "\tvar found *row\n\tfunc() {\n\t\ts.mu.Lock()\n\t\tdefer s.mu.Unlock()\n\t\tfound = s.find()\n\t}()\n";

fn fixed(other: &str, text: &str) -> String {
    let sandbox = Sandbox::new(&[("load.go", LOAD), (other, text)]);
    sandbox.run(&["--yes", "load.go"]).exits(0);
    sandbox.text("load.go")
}

#[test]
fn a_type_is_found_in_another_file_of_the_package() {
    let text = "package store\n\ntype row struct{ id int }\n\nfunc (s *store) find() *row { return &row{} }\n";
    assert!(fixed("row.go", text).contains(HOISTED));
}

#[test]
fn other_packages_and_tests_tell_nothing() {
    let text = "package other\n\nfunc (s *store) find() *row { return &row{} }\n";
    assert!(fixed("row.go", text).contains("held := true"));
    let text = text.replace("package other", "package store");
    assert!(fixed("row_test.go", &text).contains("held := true"));
}

#[test]
fn a_type_of_a_package_that_is_not_imported_is_not_written() {
    let text = "package store\n\nimport \"net/http\"\n\nfunc (s *store) find() *http.Request { return nil }\n";
    assert!(fixed("row.go", text).contains("held := true"));
}

#[test]
fn files_that_disagree_tell_nothing() {
    let sandbox = Sandbox::new(&[
        ("load.go", LOAD),
        (
            "row_linux.go",
            "package store\n\nfunc (s *store) find() *row { return nil }\n",
        ),
        (
            "row_windows.go",
            "package store\n\nfunc (s *store) find() *handle { return nil }\n",
        ),
    ]);
    sandbox.run(&["--yes", "load.go"]).exits(0);
    assert!(sandbox.text("load.go").contains("held := true"));
}

#[test]
fn a_type_is_followed_through_several_files() {
    let load = LOAD.replace("found := s.find()", "found := open(s).rows[0].find()");
    let files = [
        ("load.go", load.as_str()),
        (
            "open.go",
            "package store\n\nfunc open(s *store) *table { return &table{} }\n",
        ),
        (
            "table.go",
            "package store\n\ntype (\n\tkey int\n\ttable struct {\n\t\trows rows\n\t}\n)\n",
        ),
        ("rows.go", "package store\n\ntype rows []*cursor\n"),
        ("embed.go", "package store\n\ntype cursor struct{ base }\n"),
        (
            "base.go",
            "package store\n\nfunc (b base) find() *row { return &row{} }\n",
        ),
        (
            "other.go",
            "package store\n\nfunc (o other) find() int { return 0 }\n",
        ),
    ];
    let sandbox = Sandbox::new(&files);
    sandbox.run(&["--yes", "load.go"]).exits(0);
    let text = sandbox.text("load.go");
    assert!(text.contains("\tvar found *row\n\tfunc() {\n"), "{text}");
}
