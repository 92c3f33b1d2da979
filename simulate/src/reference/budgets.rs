//! The columns of metrics.md §5, one function each; the same in every window row.
//!
//! A budget bears on the HCP when it has a cap and its selector takes the reference row valid at T. Its touches are the
//! unsolicited ones of (T − W, T] that its scope and its `counts` take. Selectors, scopes and rules are read here a
//! second time, word by word: an empty condition takes everything, any other one takes only what it names.

use super::facts;
use super::record::Record;
use super::view::{Basis, HOUR, View, instant_of};
use touchpoint::policy::{self, Budget, Condition, MinimumGap, NameSet, Per, Rule, Scope, Selector};
use touchpoint::reference::HcpRow;
use touchpoint::{Kind, Micros, Word};

/// One budget that bears on the HCP: its cap, and the touches of each group, in order.
struct Account<'a> {
    budget: &'a Budget,
    cap: i64,
    groups: Vec<Vec<&'a Record>>,
}

impl Account<'_> {
    /// The touches of the fullest group.
    fn used(&self) -> i64 {
        self.groups.iter().map(|group| group.len() as i64).max().unwrap_or(0)
    }

    /// used / cap; with cap 0, +inf with use and 0 without.
    fn share(&self) -> f64 {
        match (self.cap, self.used()) {
            (0, 0) => 0.0,
            (0, _) => f64::INFINITY,
            (cap, used) => used as f64 / cap as f64,
        }
    }
}

/// max over the budgets of used / cap; `None` without a budget.
pub(super) fn budget_use(view: &View<'_>) -> Option<f64> {
    binding(view).map(|account| account.share())
}

/// The name of the budget of the highest use; `None` without a budget.
pub(super) fn binding_budget(view: &View<'_>) -> Option<String> {
    binding(view).map(|account| account.budget.name.clone())
}

/// cap − used of the binding budget; `None` without a budget.
pub(super) fn headroom(view: &View<'_>) -> Option<i64> {
    binding(view).map(|account| account.cap - account.used())
}

/// Where the highest use lies; `None` without a budget.
pub(super) fn zone(view: &View<'_>) -> Option<String> {
    let near = view.question.policy.zones.near;
    let zone = match budget_use(view)? {
        share if share > 1.0 => "over",
        share if share == 1.0 => "full",
        share if share >= near => "near",
        _ => "clear",
    };
    Some(zone.to_owned())
}

/// The first instant from T on at which, nothing else happening, another touch fits all budgets and gaps and is not in
/// quiet hours; `None` without budget and gap, and when a budget forbids.
pub(super) fn next_free_at(view: &View<'_>) -> Option<Micros> {
    let (accounts, gaps) = (accounts(view), gaps(view));
    if (accounts.is_empty() && gaps.is_empty()) || accounts.iter().any(|account| account.cap == 0) {
        return None;
    }
    let at = view.question.at;
    let mut free = at;
    for account in &accounts {
        for group in &account.groups {
            free = free.max(group_free_at(group, account.cap, account.budget.window).unwrap_or(at));
        }
    }
    for gap in gaps {
        free = free.max(gap_free_at(view, gap).unwrap_or(at));
    }
    let zone = view.question.reference.time_zone(view.question.hcp_id, at);
    match (&view.question.policy.quiet_hours, zone) {
        (Some(quiet), Some(zone)) => Some(quiet.release(free, zone)),
        _ => Some(free),
    }
}

/// When so many touches of a full group have left the window that one less than `cap` is left; `None` when it has room.
fn group_free_at(group: &[&Record], cap: i64, window: Micros) -> Option<Micros> {
    let mut left = group.len() as i64;
    let mut free = None;
    for touch in group {
        if left >= cap {
            free = Some(instant_of(touch) + window);
            left -= 1;
        }
    }
    free
}

/// When the gap after its last touch ends; `None` without such a touch.
fn gap_free_at(view: &View<'_>, gap: &MinimumGap) -> Option<Micros> {
    let mut touches = view.unsolicited_of_400_days();
    touches.retain(|touch| in_scope(&gap.scope, touch));
    touches.retain(|touch| gap.gap >= 24 * HOUR || touch.precision.as_deref() == Some("instant"));
    touches.into_iter().map(|touch| instant_of(touch) + gap.gap).max()
}

/// The first budget of the highest use.
fn binding<'a>(view: &View<'a>) -> Option<Account<'a>> {
    let mut binding: Option<Account<'a>> = None;
    for account in accounts(view) {
        if binding.as_ref().is_none_or(|highest| account.share() > highest.share()) {
            binding = Some(account);
        }
    }
    binding
}

/// The budgets with a cap that bear on the HCP, in the policy's order.
fn accounts<'a>(view: &View<'a>) -> Vec<Account<'a>> {
    let mut accounts = Vec::new();
    for budget in &view.question.policy.budgets {
        if let Some(cap) = budget.cap.filter(|_| selects(view, &budget.selector)) {
            accounts.push(Account { budget, cap: i64::from(cap), groups: groups(view, budget) });
        }
    }
    accounts
}

/// The minimum gaps that bear on the HCP.
fn gaps<'a>(view: &View<'a>) -> Vec<&'a MinimumGap> {
    view.question.policy.minimum_gaps.iter().filter(|gap| selects(view, &gap.selector)).collect()
}

/// The touches that use up `budget`, apart as it says; unknown owners (products) are a group too.
fn groups<'a>(view: &View<'a>, budget: &Budget) -> Vec<Vec<&'a Record>> {
    let mut touches = view.unsolicited_of(budget.window);
    touches.retain(|touch| in_scope(&budget.scope, touch) && in_rule(view, &budget.counts, touch));
    let mut groups: Vec<(Option<&str>, Vec<&Record>)> = Vec::new();
    for touch in touches {
        let key = match budget.per {
            Per::Hcp => None,
            Per::Owner => touch.owner_id.as_deref(),
            Per::Product => touch.product.as_deref(),
        };
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(touch),
            None => groups.push((key, vec![touch])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Whether `selector` takes the HCP as reference data has it at T.
pub(super) fn selects(view: &View<'_>, selector: &Selector) -> bool {
    let (question, at) = (view.question, view.question.at);
    let row = facts::hcp(question, at);
    let fact = |field: fn(&HcpRow) -> &Option<String>| row.and_then(|row| field(row).as_deref());
    named(&selector.segments, fact(|row| &row.segment))
        && named(&selector.specialties, fact(|row| &row.specialty))
        && named(&selector.countries, fact(|row| &row.country))
        && named(&selector.territories, fact(|row| &row.territory))
        && named(&selector.accounts, facts::account_id(question, at))
        && worded(selector.execution_models.iter(), facts::execution_model(question, at))
}

/// Whether `touch` lies in `scope`. An e-mail of unknown origin is a rep's; nothing else has one.
pub(super) fn in_scope(scope: &Scope, touch: &Record) -> bool {
    let origin = match touch.kind {
        Kind::Emails => Some(touch.origin.as_deref().unwrap_or("rep")),
        _ => None,
    };
    // Of calls alone: a group has two attendees or more, and whoever says nothing of it called on one.
    let meeting = match (touch.kind, touch.attendees.unwrap_or(1)) {
        (Kind::Calls, 2..) => Some("group"),
        (Kind::Calls, _) => Some("one_to_one"),
        _ => None,
    };
    let kinds: Vec<Kind> = scope.kinds.iter().collect();
    (kinds.is_empty() || kinds.contains(&touch.kind))
        && worded(scope.channels.iter(), touch.channel.as_deref())
        && worded(scope.origins.iter(), origin)
        && worded(scope.meetings.iter(), meeting)
        && worded(scope.functions.iter(), touch.business_function.as_deref())
        && worded(scope.purposes.iter(), touch.purpose.as_deref())
        && named(&scope.products, touch.product.as_deref())
}

/// Whether `rule` is about `touch`.
pub(super) fn in_rule(view: &View<'_>, rule: &Rule, touch: &Record) -> bool {
    let holds = |condition: &Condition| {
        let basis = match view.basis(touch) {
            None => policy::Basis::Unsolicited,
            Some(Basis::Declared) => policy::Basis::Declared,
            Some(Basis::Exempt) => policy::Basis::Exempt,
            Some(Basis::Request) => policy::Basis::Request,
        };
        let bases: Vec<policy::Basis> = condition.bases.iter().collect();
        (bases.is_empty() || bases.contains(&basis)) && in_scope(&condition.scope, touch)
    };
    match rule {
        Rule::Never => false,
        Rule::Always => true,
        Rule::AnyOf(conditions) => conditions.iter().any(holds),
    }
}

fn named(names: &NameSet, value: Option<&str>) -> bool {
    let names: Vec<&str> = names.iter().collect();
    names.is_empty() || value.is_some_and(|value| names.contains(&value))
}

fn worded<W: Word>(words: impl Iterator<Item = W>, value: Option<&str>) -> bool {
    let words: Vec<&str> = words.map(Word::as_str).collect();
    words.is_empty() || value.is_some_and(|value| words.contains(&value))
}
