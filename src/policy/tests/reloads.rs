//! A file is read, and read again under a version of its own.

use super::super::{in_force, load, reload};
use super::{accepted, of_budgets};
use std::path::Path;
use std::sync::Arc;
use touchpoint::Policy;

#[test]
fn a_changed_text_needs_a_version_that_was_not_in_force() {
    let taken = ["version = \"v1\"", "version = \"v2\"\nzones.near = 0.8"].map(|text| Arc::new(accepted(text)));
    let refused = |text: &str| reload("p.toml", text, &taken).unwrap_err().to_string();
    for text in ["version = \"v2\"\nzones.near = 0.7", "version = \"v1\"\nzones.near = 0.8"] {
        let error = refused(text);
        assert!(error.contains("version: was in force as") && error.contains("with another meaning"), "{error}");
    }
    assert!(refused("version = 1").contains("line 1: version"));
    let (a, b) = ("cap = 5\nname = \"a\"", "cap = 4\nper = \"owner\"\nname = \"b\"");
    let ordered = Arc::new(accepted(&of_budgets(&[a, b])));
    assert!(reload("p.toml", &of_budgets(&[b, a]), &[ordered]).is_ok(), "the order of budgets is no meaning");
    for text in ["version = \"v3\"", "version = \"v1\"", "# the same\nversion = \"v2\"\n[zones]\nnear = 0.80"] {
        assert_eq!(reload("p.toml", text, &taken).unwrap(), accepted(text));
    }
}

#[test]
fn a_file_is_read_and_one_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "version = \"v2\"").unwrap();
    assert_eq!(in_force(Some(&file)).unwrap().version, "v2");
    assert_eq!(*in_force(None).unwrap(), Policy::default());
    let error = load(Path::new("/nowhere/p.toml")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the policy /nowhere/p.toml: "), "{error}");
}
