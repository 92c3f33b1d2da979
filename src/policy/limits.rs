//! Budgets and minimum gaps of a text, with their selectors, scopes and rules.

use super::section::{Place, Problems, Section};
use super::want;
use touchpoint::Policy;
use touchpoint::policy::{Budget, Condition, MinimumGap, Per, Rule, Scope, Selector};

/// More than anybody can oversee, and what the check of contradictions is good for.
const MOST: usize = 500;

/// Where the budgets and gaps of a policy stand, in their order.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) budgets: Vec<Place>,
    pub(super) gaps: Vec<Place>,
}

/// Reads both lists. One that lacks its name, its window or its gap is told and left out.
pub(super) fn read(root: &mut Section<'_>, policy: &mut Policy, problems: &mut Problems<'_>) -> Places {
    let mut places = Places::default();
    for mut section in few(root, "budgets", problems) {
        let (place, budget) = (section.place.clone(), budget(&mut section, problems));
        section.end(problems);
        if let Some(budget) = budget {
            policy.budgets.push(budget);
            places.budgets.push(place);
        }
    }
    for mut section in few(root, "minimum_gaps", problems) {
        let (place, gap) = (section.place.clone(), gap(&mut section, problems));
        section.end(problems);
        if let Some(gap) = gap {
            policy.minimum_gaps.push(gap);
            places.gaps.push(place);
        }
    }
    places
}

fn few<'t>(root: &mut Section<'t>, key: &'static str, problems: &mut Problems<'_>) -> Vec<Section<'t>> {
    let mut sections = root.sections(key, problems).unwrap_or_default();
    if let Some(beyond) = sections.get(MOST) {
        problems.wrong(&beyond.place, format!("is one too many: at most {MOST} are allowed"));
        sections.truncate(MOST);
    }
    sections
}

fn budget(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Budget> {
    let name = section.required("name", want::name(), problems);
    let cap = section.value("cap", want::cap(), problems);
    let window = section.required("window", want::window(), problems);
    let per = section.value("per", want::word::<Per>(), problems).unwrap_or(Per::Hcp);
    let (selector, scope) = (selector(section, problems), scope_of(section, problems));
    let counts = rule(section, ("counts", Rule::Always), problems);
    let bypass = rule(section, ("bypass", Rule::Never), problems);
    Some(Budget { selector, scope, per, counts, bypass, ..Budget::new(name?, cap, window?) })
}

fn gap(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<MinimumGap> {
    let name = section.required("name", want::name(), problems);
    let gap = section.required("gap", want::window(), problems);
    let (selector, scope) = (selector(section, problems), scope_of(section, problems));
    Some(MinimumGap { name: name?, selector, scope, gap: gap? })
}

fn selector(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Selector {
    let Some(mut section) = section.section("selector", problems) else { return Selector::default() };
    let selector = Selector {
        segments: section.names("segments", problems),
        specialties: section.names("specialties", problems),
        countries: section.countries("countries", problems),
        territories: section.names("territories", problems),
        accounts: section.names("accounts", problems),
        execution_models: section.words("execution_models", problems),
    };
    section.end(problems);
    selector
}

fn scope_of(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Scope {
    let Some(mut section) = section.section("scope", problems) else { return Scope::default() };
    let scope = scope(&mut section, problems);
    section.end(problems);
    scope
}

fn scope(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Scope {
    Scope {
        kinds: section.words("kinds", problems),
        channels: section.words("channels", problems),
        origins: section.words("origins", problems),
        meetings: section.words("meetings", problems),
        functions: section.words("functions", problems),
        products: section.names("products", problems),
        purposes: section.words("purposes", problems),
    }
}

fn rule(section: &mut Section<'_>, (key, absent): (&'static str, Rule), problems: &mut Problems<'_>) -> Rule {
    let Some(sections) = section.sections(key, problems) else { return absent };
    let mut conditions = Vec::with_capacity(sections.len());
    for mut section in sections {
        conditions.push(Condition { scope: scope(&mut section, problems), bases: section.words("bases", problems) });
        section.end(problems);
    }
    Rule::AnyOf(conditions)
}
