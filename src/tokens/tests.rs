//! Whole files: what they give, and every problem of a bad one.

use super::parse;
use serve::Role;

const GOOD: &str = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";

fn token(name: &str, sha256: &str, role: &str) -> String {
    format!("[[tokens]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nrole = \"{role}\"\n")
}

fn problems(text: &str) -> Vec<String> {
    parse(text).expect_err(text).iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_gives_its_tokens() {
    let text = token("crm", GOOD, "commercial") + &token("msl", &GOOD.to_uppercase().replace('5', "6"), "medical");
    let tokens = parse(&text).unwrap();
    assert_eq!(
        (tokens[0].name.as_str(), tokens[0].role, tokens[0].sha256[..2].to_vec()),
        ("crm", Role::Commercial, vec![0x5e, 0x88])
    );
    assert_eq!((tokens[1].role, tokens[1].sha256[0]), (Role::Medical, 0x6e));
}

#[test]
fn every_problem_is_told_with_its_line_and_without_its_value() {
    let secret = "my-own-token-by-mistake";
    let text = token("a", secret, "boss") + "[[tokens]]\nnme = \"b\"\nrole = \"admin\"\nsha256 = 7\n";
    let told = problems(&text);
    for said in [
        "tokens[1].role: expected one of",
        "tokens[1].sha256: expected the SHA-256",
        "nme: is not a known key; did you mean name?",
        "tokens[2].name: expected",
        "line 8: tokens[2].sha256",
    ] {
        assert!(told.iter().any(|problem| problem.contains(said)), "{said} is missing in {told:#?}");
    }
    assert!(told.iter().all(|problem| !problem.contains(secret)), "{told:?}");
}

#[test]
fn two_tokens_differ_and_there_is_one_at_least() {
    assert!(problems("").iter().any(|problem| problem.contains("at least one")));
    assert!(problems("tokens = []\nother = 1\n").len() == 2);
    let twice = token("a", GOOD, "admin") + &token("a", GOOD, "admin");
    let told = problems(&twice);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(problems("[[tokens").iter().any(|problem| problem.contains("is not TOML")));
    for short in ["", "5e88", &GOOD[1..], &format!("{GOOD}00"), &GOOD.replace('5', "g")] {
        assert!(!problems(&token("a", short, "admin")).is_empty(), "{short}");
    }
}
