//! A file is read as it was written, and everything wrong with one is told at once.

use super::{UsersError, load, read, text, write_file};
use serve::postgres::{User, Verifier};
use serve::{Reader, Role};

fn user(name: &str, role: Role) -> User {
    let reader = Reader { name: name.into(), role, territories: None, owner_id: None };
    User { verifier: Verifier::of("pencil").expect("a password"), reader }
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.toml");
    let mut bert = user("bert \"the\" rep", Role::Commercial);
    bert.reader.territories = Some(vec!["DE-1".into(), "DE \"2\"".into()]);
    bert.reader.owner_id = Some("rep-7".into());
    let users = [user("anna", Role::Analyst), bert];
    write_file(&file, &text(&users)).expect("written");
    let loaded = load(&file).expect("read");
    assert_eq!(loaded.len(), 2);
    assert!(users.iter().all(|user| loaded.get(&user.reader.name) == Some(user)));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}

#[cfg(unix)]
#[test]
fn a_file_that_everybody_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.toml");
    write_file(&file, &text(&[user("anna", Role::Analyst)])).expect("written");
    for (mode, refused) in [(0o600, false), (0o640, false), (0o644, true), (0o642, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
        assert_eq!(matches!(load(&file), Err(UsersError::Open { .. })), refused, "{mode:o}");
    }
}

#[test]
fn every_problem_is_told_at_once_and_no_value() {
    let verifier = Verifier::of("pencil").expect("a password").text();
    let file = format!(
        "extra = 1\n[[users]]\nname = \"a\"\nverifier = \"swordfish\"\nrole = \"boss\"\n[[users]]\nnane = \"b\"\n\
         verifier = \"{verifier}\"\nrole = \"admin\"\nterritories = \"DE\"\n"
    );
    let said = read("users.toml", &file).expect_err("problems").to_string();
    for part in [
        "line 1: extra",
        "users[1].verifier: expected a verifier",
        "users[1].role: expected one of \"commercial\"",
        "users[2].nane: is not a known key; did you mean name?",
        "users[2].name: expected a name",
        "users[2].territories: expected a list",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("swordfish") && !said.contains("boss\""), "{said}");
    let twice = text(&[user("a", Role::Admin), user("a", Role::Admin)]);
    assert!(read("f", &twice).expect_err("problems").to_string().contains("names an earlier user too"));
    assert!(read("f", "").expect_err("problems").to_string().contains("at least one [[users]]"));
}
