//! What is fine alone and wrong together: words that no touch can have at once, rules without effect, limits that never
//! hold because another always holds first.
//!
//! Conditions are over small closed vocabularies, so questions like "is there a touch that …" are answered by looking at
//! every touch there can be ([`every_touch`]): nothing is inferred, and nothing is refused by mistake. Of products those
//! that are named matter, one that is not, and the unknown one.

use super::limits::Places;
use super::section::{Place, Problems};
use std::collections::BTreeMap;
use touchpoint::policy::{Basis, Budget, Condition, Meeting, MinimumGap, Per, Rule, Scope, TouchFacts, WordSet};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Policy, Purpose, Word};

/// A product that no file can name.
const OTHER: &str = "\0";
/// Feed, channel, origin and meeting of every touch.
const FORMS: [(Kind, Channel, Option<Origin>, Option<Meeting>); 11] = [
    (Kind::Calls, Channel::FaceToFace, None, Some(Meeting::OneToOne)),
    (Kind::Calls, Channel::FaceToFace, None, Some(Meeting::Group)),
    (Kind::Calls, Channel::Phone, None, Some(Meeting::OneToOne)),
    (Kind::Calls, Channel::Phone, None, Some(Meeting::Group)),
    (Kind::Calls, Channel::Video, None, Some(Meeting::OneToOne)),
    (Kind::Calls, Channel::Video, None, Some(Meeting::Group)),
    (Kind::Calls, Channel::Chat, None, Some(Meeting::OneToOne)),
    (Kind::Calls, Channel::Chat, None, Some(Meeting::Group)),
    (Kind::Emails, Channel::Email, Some(Origin::Rep), None),
    (Kind::Emails, Channel::Email, Some(Origin::Hq), None),
    (Kind::Congress, Channel::Congress, None, None),
];

/// The purposes that a policy has a say in.
const PURPOSES: [Purpose; 2] = [Purpose::Promotional, Purpose::Scientific];
/// The bases that a policy has a say in.
const BASES: [Basis; 2] = [Basis::Unsolicited, Basis::Declared];

/// Tells every contradiction of a policy whose limits stand at `places`.
pub(super) fn find(policy: &Policy, places: &Places, problems: &mut Problems<'_>) {
    repeated_names(policy, places, problems);
    for (budget, place) in policy.budgets.iter().zip(&places.budgets) {
        if is_possible(&budget.scope, &place.below("scope"), problems) {
            without_effect(budget, place, problems);
        }
    }
    for (gap, place) in policy.minimum_gaps.iter().zip(&places.gaps) {
        is_possible(&gap.scope, &place.below("scope"), problems);
    }
    never_binding(policy, places, problems);
    if let Some(quiet) = policy.quiet_hours.as_ref().filter(|quiet| quiet.cover(&policy.working_hours)) {
        let (first, spans) = (Place { path: "quiet_hours".to_owned(), offset: 0 }, quiet.spans().len());
        let what =
            format!("cover all working hours ({spans} spans): every touch would be untimely; leave some hour free");
        problems.everywhere(&first, what);
    }
}

fn repeated_names(policy: &Policy, places: &Places, problems: &mut Problems<'_>) {
    let budgets = policy.budgets.iter().map(|budget| &budget.name).zip(&places.budgets);
    let gaps = policy.minimum_gaps.iter().map(|gap| &gap.name).zip(&places.gaps);
    let mut first = BTreeMap::new();
    for (name, place) in budgets.chain(gaps) {
        if let Some(earlier) = first.insert(name, &place.path) {
            problems.wrong(&place.below("name"), format!("{name:?} is the name of {earlier} too; choose another"));
        }
    }
}

/// Every touch on these bases about these products.
fn every_touch<'a>(products: &'a [Option<&'a str>], bases: &'a [Basis]) -> impl Iterator<Item = TouchFacts<'a>> {
    let functions = || BusinessFunction::ALL.iter().copied();
    let acts = FORMS.into_iter().flat_map(move |form| functions().map(move |function| (form, function)));
    acts.flat_map(move |((kind, channel, origin, meeting), function)| {
        PURPOSES.into_iter().flat_map(move |purpose| {
            let of =
                move |basis, product| TouchFacts { kind, channel, origin, meeting, function, purpose, product, basis };
            bases.iter().flat_map(move |basis| products.iter().map(move |product| of(*basis, *product)))
        })
    })
}

/// Tells words of a scope that no touch can have. Whether some touch lies in it.
fn is_possible(scope: &Scope, place: &Place, problems: &mut Problems<'_>) -> bool {
    let before = problems.wrong.len();
    for purpose in scope.purposes.iter().filter(|p| matches!(p, Purpose::Service | Purpose::Safety)) {
        let what = format!("\"{purpose}\" never counts and is never held back, whatever a policy says; remove it");
        problems.wrong(&place.below("purposes"), what);
    }
    let requests = "medical requests are asked by HCPs and are no touches; remove it";
    if !scope.kinds.is_any() && scope.kinds.allows(Some(Kind::Requests)) {
        problems.wrong(&place.below("kinds"), format!("\"requests\": {requests}"));
    }
    if !scope.channels.is_any() && scope.channels.allows(Some(Channel::MedicalRequest)) {
        problems.wrong(&place.below("channels"), format!("\"medical_request\": {requests}"));
    }
    if problems.wrong.len() > before {
        return false;
    }
    let touches = every_touch(&[None], &[Basis::Unsolicited]);
    let within: Vec<_> = touches.filter(|touch| scope.matches_words(touch)).collect();
    if within.is_empty() {
        problems.wrong(place, "no touch can fit all of its conditions at once; remove one".to_owned());
        return false;
    }
    let mut idle = Idle { place, problems };
    idle.tell(scope.kinds, |kind| within.iter().any(|touch| touch.kind == kind));
    idle.tell(scope.channels, |channel| within.iter().any(|touch| touch.channel == channel));
    idle.tell(scope.meetings, |meeting| within.iter().any(|touch| touch.meeting == Some(meeting)));
    idle.tell(scope.origins, |origin| within.iter().any(|touch| touch.sender() == Some(origin)));
    true
}

/// Words that do nothing beside the other conditions of their scope.
struct Idle<'a, 'p, 't> {
    place: &'a Place,
    problems: &'p mut Problems<'t>,
}

impl Idle<'_, '_, '_> {
    fn tell<W: Word>(&mut self, words: WordSet<W>, occurs: impl Fn(W) -> bool) {
        for word in words.iter().filter(|word| !occurs(*word)) {
            let what = format!(
                "{:?} fits none of the other conditions of this scope; remove it or one of them",
                word.as_str()
            );
            self.problems.wrong(&self.place.below(&format!("{}s", W::FIELD)), what);
        }
    }
}

/// Tells rules that say nothing, and a budget that limits nothing.
fn without_effect(budget: &Budget, place: &Place, problems: &mut Problems<'_>) {
    let before = problems.wrong.len();
    let products = products_of(budget);
    let within: Vec<_> = every_touch(&products, &BASES).filter(|touch| budget.scope.matches(touch)).collect();
    for (key, rule) in [("counts", &budget.counts), ("bypass", &budget.bypass)] {
        for (index, condition) in conditions(rule).iter().enumerate() {
            let place = place.below(&format!("{key}[{}]", index + 1));
            if !is_fit_for(key, condition, &place, problems) {
                continue;
            }
            if is_possible(&condition.scope, &place, problems) && !within.iter().any(|touch| condition.matches(touch)) {
                problems.wrong(&place, "fits no touch of the budget's scope; remove it".to_owned());
            }
        }
    }
    if problems.wrong.len() > before {
        return;
    }
    if !within.iter().any(|touch| budget.counts(touch)) {
        problems.wrong(&place.below("counts"), "lets no touch count: the budget limits nothing".to_owned());
    } else if within.iter().filter(|touch| touch.is_interruption()).all(|touch| budget.is_bypassed_by(touch)) {
        problems.wrong(&place.below("bypass"), "lets every touch pass: the budget limits nothing".to_owned());
    }
}

/// Tells bases that a rule of this key cannot be about.
fn is_fit_for(key: &str, condition: &Condition, place: &Place, problems: &mut Problems<'_>) -> bool {
    let place = place.below("bases");
    if key == "counts" && !condition.bases.is_any() {
        problems.wrong(&place, "a budget counts unsolicited touches and no others; remove it".to_owned());
        return false;
    }
    let always: Vec<_> = condition.bases.iter().filter(|b| matches!(b, Basis::Request | Basis::Exempt)).collect();
    for basis in &always {
        problems.wrong(&place, format!("\"{basis}\" always bypasses, whatever a policy says; remove it"));
    }
    always.is_empty()
}

fn conditions(rule: &Rule) -> &[Condition] {
    match rule {
        Rule::AnyOf(conditions) => conditions,
        Rule::Never | Rule::Always => &[],
    }
}

/// The products that a budget names, one that it does not name, and the unknown one.
fn products_of(budget: &Budget) -> Vec<Option<&str>> {
    let rules = conditions(&budget.counts).iter().chain(conditions(&budget.bypass));
    let scopes = rules.map(|condition| &condition.scope).chain([&budget.scope]);
    scopes.flat_map(|scope| scope.products.iter().map(Some)).chain([Some(OTHER), None]).collect()
}

/// Tells budgets and gaps that never bind, because another one always holds before them.
fn never_binding(policy: &Policy, places: &Places, problems: &mut Problems<'_>) {
    let budgets: Vec<_> = policy.budgets.iter().zip(&places.budgets).collect();
    for (index, (budget, place)) in budgets.iter().enumerate() {
        let stricter = budgets.iter().enumerate().find(|(other, (stricter, _))| {
            // Of two that say the same the first one stays.
            *other != index && is_stricter(stricter, budget) && (*other < index || !is_stricter(budget, stricter))
        });
        if let Some((_, (stricter, _))) = stricter {
            let what =
                format!("can never bind: {:?} always holds before it; remove it or narrow the other", stricter.name);
            problems.wrong(place, what);
        }
    }
    let gaps: Vec<_> = policy.minimum_gaps.iter().zip(&places.gaps).collect();
    for (index, (gap, place)) in gaps.iter().enumerate() {
        let wider = gaps.iter().enumerate().find(|(other, (wider, _))| {
            *other != index && is_wider(wider, gap) && (*other < index || !is_wider(gap, wider))
        });
        if let Some((_, (wider, _))) = wider {
            let what =
                format!("can never bind: {:?} always holds before it; remove it or narrow the other", wider.name);
            problems.wrong(place, what);
        }
    }
}

/// Whether `strict` is used up for every HCP and touch for which `other` is.
fn is_stricter(strict: &Budget, other: &Budget) -> bool {
    let (Some(cap), Some(of_other)) = (strict.cap, other.cap) else { return false };
    let groups = strict.per == other.per || strict.per == Per::Hcp;
    if cap > of_other || strict.window < other.window || !groups || !strict.selector.covers(&other.selector) {
        return false;
    }
    if other.counts == Rule::Always && !strict.scope.products.covers(&other.scope.products) {
        // Where many budgets are of one product each, this spares the look at every touch.
        return false;
    }
    let products = [products_of(other), products_of(strict)].concat();
    every_touch(&products, &BASES).all(|touch| {
        (strict.counts(&touch) || !other.counts(&touch))
            && (other.is_bypassed_by(&touch) || !strict.is_bypassed_by(&touch))
    })
}

/// Whether `wide` holds back every touch that `other` holds back.
fn is_wider(wide: &MinimumGap, other: &MinimumGap) -> bool {
    wide.gap >= other.gap && wide.selector.covers(&other.selector) && wide.scope.covers(&other.scope)
}
