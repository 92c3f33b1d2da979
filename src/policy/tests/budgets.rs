//! Budgets and gaps that cannot mean anything are refused; those that nearly could not are taken.

use super::{accepted, of_budgets, problems};

#[test]
fn conditions_that_no_touch_can_fit_are_refused() {
    for (budget, path, part) in [
        ("scope = { kinds = [\"calls\"], channels = [\"email\"] }", "scope", "no touch can fit all"),
        ("scope = { kinds = [\"calls\"], origins = [\"rep\"] }", "scope", "no touch can fit all"),
        ("scope = { kinds = [\"emails\"], meetings = [\"group\"] }", "scope", "no touch can fit all"),
        ("scope = { kinds = [\"calls\", \"emails\"], channels = [\"email\"] }", "scope.kinds", "\"calls\" fits none"),
        (
            "scope = { kinds = [\"calls\"], channels = [\"phone\", \"congress\"] }",
            "scope.channels",
            "\"congress\" fits none",
        ),
        ("scope = { kinds = [\"emails\", \"calls\"], origins = [\"hq\"] }", "scope.kinds", "\"calls\" fits none"),
        ("scope.kinds = [\"requests\"]", "scope.kinds", "are no touches"),
        ("scope.channels = [\"medical_request\"]", "scope.channels", "are no touches"),
        ("scope.purposes = [\"safety\"]", "scope.purposes", "never counts"),
        ("scope.purposes = [\"promotional\", \"service\"]", "scope.purposes", "\"service\" never counts"),
        ("counts = [{ bases = [\"declared\"] }]", "counts[1].bases", "unsolicited touches and no others"),
        ("bypass = [{ bases = [\"request\"] }]", "bypass[1].bases", "always bypasses"),
        ("bypass = [{ purposes = [\"safety\"] }]", "bypass[1].purposes", "never held back"),
        (
            "scope.kinds = [\"calls\"]\nbypass = [{ kinds = [\"emails\"] }]",
            "bypass[1]",
            "fits no touch of the budget's scope",
        ),
        (
            "scope.products = [\"p\"]\ncounts = [{ products = [\"q\"] }]",
            "counts[1]",
            "fits no touch of the budget's scope",
        ),
        ("bypass = [{ bases = [\"unsolicited\"] }]", "bypass", "lets every touch pass"),
        (
            "bypass = [{ kinds = [\"calls\", \"emails\"] }, { kinds = [\"congress\"] }]",
            "bypass",
            "lets every touch pass",
        ),
    ] {
        let found = problems(&of_budgets(&[budget]));
        assert!(
            found.len() == 1 && found[0].path == format!("budgets[1].{path}") && found[0].what.contains(part),
            "{budget}: {found:?}"
        );
    }
    // Near misses that are fine.
    for budget in [
        "scope = { kinds = [\"calls\", \"emails\"], channels = [\"phone\", \"email\"] }",
        "scope.products = [\"p\"]\nbypass = [{ products = [\"p\"], functions = [\"access\"] }]",
        "bypass = [{ kinds = [\"calls\", \"emails\"] }]",
        "bypass = [{ products = [\"p\"] }]",
        "counts = [{ kinds = [\"calls\"] }]\nbypass = [{ bases = [\"declared\"] }]",
    ] {
        accepted(&of_budgets(&[budget]));
    }
    let gap = "version = \"v\"\n[[minimum_gaps]]\nname = \"g\"\ngap = \"24h\"\nscope = { kinds = [\"calls\"], origins = [\"hq\"] }";
    assert_eq!(problems(gap)[0].path, "minimum_gaps[1].scope");
}

#[test]
fn names_are_unique_among_budgets_and_gaps() {
    let found = problems(&of_budgets(&["name = \"b\"\ncap = 5", "name = \"b\"\ncap = 3\nper = \"owner\""]));
    assert!(found[0].path == "budgets[2].name" && found[0].what.contains("budgets[1]"), "{found:?}");
    let gap = format!("{}[[minimum_gaps]]\nname = \"b1\"\ngap = \"24h\"\n", of_budgets(&["cap = 1"]));
    let found = problems(&gap);
    assert!(found.len() == 1 && found[0].path == "minimum_gaps[1].name", "{found:?}");
}

#[test]
fn a_budget_that_another_one_always_precedes_is_refused() {
    for (first, second, refused) in [
        // Two of the same: the first stays.
        ("cap = 5", "cap = 5", 2),
        ("cap = 5", "cap = 4", 1),
        ("cap = 4", "cap = 5", 2),
        // A longer window holds at least as many.
        ("cap = 4\nwindow = \"28d\"", "cap = 4\nwindow = \"7d\"", 2),
        // All owners together are at least as many as one.
        ("cap = 3", "cap = 3\nper = \"owner\"", 2),
        ("cap = 3\nper = \"product\"", "cap = 2", 1),
        // Everything is at least as much as something; everybody is also somebody.
        ("cap = 5", "cap = 5\nscope.kinds = [\"emails\"]", 2),
        ("cap = 5\nselector.segments = [\"A\", \"B\"]", "cap = 5\nselector.segments = [\"B\"]", 2),
        ("cap = 0", "cap = 5\nscope.functions = [\"sales\"]", 2),
        // The same set of touches said in two ways.
        ("cap = 5\nscope.kinds = [\"emails\"]", "cap = 5\nscope.channels = [\"email\"]", 2),
        ("cap = 5\ncounts = [{ products = [\"p\"] }]", "cap = 6\nscope.products = [\"p\"]", 2),
    ] {
        let found = problems(&of_budgets(&[first, second]));
        assert!(found.len() == 1 && found[0].path == format!("budgets[{refused}]"), "{first} | {second}: {found:?}");
        assert!(found[0].what.contains("can never bind"), "{found:?}");
    }
    for (first, second) in [
        ("cap = 5\nwindow = \"28d\"", "cap = 4\nwindow = \"7d\""),
        ("cap = 3\nper = \"owner\"", "cap = 5"),
        ("cap = 3\nper = \"owner\"", "cap = 3\nper = \"product\""),
        ("cap = 5\nscope.kinds = [\"emails\"]", "cap = 6"),
        (
            "cap = 5\nselector.segments = [\"A\"]",
            "cap = 5\nselector.segments = [\"A\", \"B\"]\nscope.kinds = [\"calls\"]",
        ),
        // The stricter one lets through what the other holds back.
        ("cap = 3\nbypass = [{ bases = [\"declared\"] }]", "cap = 4"),
        ("cap = 3\nbypass = [{ kinds = [\"calls\"] }]", "cap = 4\nscope.kinds = [\"calls\"]"),
        // The stricter one does not count what the other counts.
        ("cap = 3\ncounts = [{ kinds = [\"calls\"] }]", "cap = 4"),
        // No cap is no limit, and holds before nothing.
        ("window = \"28d\"", "cap = 5"),
    ] {
        accepted(&of_budgets(&[first, second]));
    }
    let gaps = "version = \"v\"\n[[minimum_gaps]]\nname = \"g\"\ngap = \"48h\"\n[[minimum_gaps]]\nname = \"h\"\ngap = \"24h\"\n";
    assert_eq!(problems(&format!("{gaps}scope = {{ kinds = [\"calls\"] }}"))[0].path, "minimum_gaps[2]");
    accepted(&format!("{}scope = {{ kinds = [\"calls\"] }}", gaps.replace("48h", "12h")));
}

#[test]
fn many_budgets_are_checked_in_time_and_too_many_are_refused() {
    // Each owner's cap for a product of its own, and a few common ones: nothing holds before anything else.
    let budget = |n: usize| format!("cap = {}\nscope.products = [\"p{n}\", \"q{n}\"]\nper = \"owner\"", 1 + n % 7);
    let texts: Vec<String> = (0..500).map(budget).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(accepted(&of_budgets(&texts)).budgets.len(), 500);
    let found = problems(&of_budgets(&[&texts[..], &["cap = 1"]].concat()));
    assert!(found.len() == 1 && found[0].path == "budgets[501]", "{found:?}");
}
