//! What a policy does, in words: a sentence per rule, what is as by default marked so.

mod phrase;

use phrase::{amount, days, each_hcp, hour_span, list, span, times, touches};
use std::io::{Result, Write};
use touchpoint::policy::{Basis, Budget, Condition, Day, MinimumGap, Per, Rule, Threshold, WordSet, WorkingHours};
use touchpoint::{Policy, Word};

/// Writes it.
///
/// # Errors
/// The output refuses bytes.
pub fn explain(policy: &Policy, out: &mut dyn Write) -> Result<()> {
    let default = Policy::default();
    writeln!(out, "Policy {}", policy.version)?;
    writeln!(
        out,
        "\nAnswers to medical requests, service and safety never count against a limit and are never held back,"
    )?;
    writeln!(out, "whatever a policy says.")?;
    limits(policy, out)?;
    quiet(policy, out)?;
    writeln!(out, "\nNumbers")?;
    for (sentence, is_default) in numbers(policy, &default) {
        writeln!(out, "- {sentence}{}", if is_default { " (default)" } else { "" })?;
    }
    writeln!(out, "\nAlerts")?;
    for (sentence, is_default) in alerts(policy, &default) {
        writeln!(out, "- {sentence}{}", if is_default { " (default)" } else { "" })?;
    }
    Ok(())
}

fn limits(policy: &Policy, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\nBudgets")?;
    if policy.budgets.is_empty() {
        writeln!(out, "- None: nothing is limited.")?;
    }
    for budget in &policy.budgets {
        writeln!(out, "- {}: {}", budget.name, of_budget(budget))?;
    }
    if policy.budgets.len() > 1 {
        writeln!(out, "All budgets hold together; the one with the highest use binds.")?;
    }
    if !policy.minimum_gaps.is_empty() {
        writeln!(out, "\nMinimum gaps")?;
    }
    for gap in &policy.minimum_gaps {
        writeln!(out, "- {}: {}", gap.name, of_gap(gap))?;
    }
    let selectors = policy.budgets.iter().map(|budget| &budget.selector);
    if selectors.chain(policy.minimum_gaps.iter().map(|gap| &gap.selector)).any(|selector| !selector.is_any()) {
        writeln!(out, "An HCP of whom an attribute is unknown is under no limit that asks for it.")?;
    }
    Ok(())
}

fn of_budget(budget: &Budget) -> String {
    let whom = each_hcp(&budget.selector);
    let window = span(budget.window);
    let per = match budget.per {
        Per::Hcp => "",
        Per::Owner => " from the same owner (unknown owners count as one)",
        Per::Product => " about the same product (unknown products count as one)",
    };
    let mut text = match budget.cap {
        Some(0) => format!("{whom} may get no {}{per} in any {window}.", touches(&budget.scope, "unsolicited", 0)),
        Some(cap) => {
            format!("{whom} may get at most {cap} {}{per} in any {window}.", touches(&budget.scope, "unsolicited", cap))
        }
        None => {
            format!("{whom} may get any number of {}{per}: no cap, no limit.", touches(&budget.scope, "unsolicited", 0))
        }
    };
    if let Rule::AnyOf(conditions) = &budget.counts {
        text.push_str(&format!(" Of these only {} count.", list(conditions.iter().map(of_condition), "and")));
    }
    if let Rule::AnyOf(conditions) = &budget.bypass {
        text.push_str(&format!(" It does not hold back {}.", list(conditions.iter().map(of_condition), "or")));
    }
    text
}

fn of_condition(condition: &Condition) -> String {
    let touches = |adjective| touches(&condition.scope, adjective, 0);
    let has = |basis| !condition.bases.is_any() && condition.bases.allows(Some(basis));
    match (has(Basis::Unsolicited), has(Basis::Declared)) {
        (true, false) => touches("unsolicited"),
        (false, true) => format!("{} that their record declares as asked for", touches("")),
        _ => touches(""),
    }
}

fn of_gap(gap: &MinimumGap) -> String {
    let whom = each_hcp(&gap.selector);
    format!("{whom} has at least {} between two {}.", span(gap.gap), touches(&gap.scope, "unsolicited", 2))
}

fn quiet(policy: &Policy, out: &mut dyn Write) -> Result<()> {
    let Some(quiet) = &policy.quiet_hours else { return Ok(()) };
    writeln!(out, "\nQuiet hours")?;
    for span in quiet.spans() {
        let until = if span.to > span.from { "" } else { " of the next day" };
        let days = if span.days.is_any() { "every day".to_owned() } else { days(span.days) };
        writeln!(out, "- No touch from {}{until}, {days}.", times(span.from, span.to))?;
    }
    writeln!(out, "By the clock on the HCP's wall; where the time zone is unknown that is said, and not passed over.")
}

/// Sentences about numbers, and whether each says what the default says.
fn numbers(policy: &Policy, default: &Policy) -> Vec<(String, bool)> {
    let w = &policy.weights;
    let weights = [
        (w.face_to_face, "a visit"),
        (w.phone, "a phone call"),
        (w.video, "a video call"),
        (w.congress, "a congress invitation"),
        (w.chat, "a chat"),
        (w.email_rep, "a rep's e-mail"),
        (w.email_hq, "an e-mail from headquarters"),
    ];
    let weights = list(weights.iter().map(|(weight, what)| format!("{what} {weight}")), "and");
    let c = &policy.coherence;
    let coherence = format!(
        "Coherence weighs agreement {}, coordination {}, sequence {} and plan {}; agreement needs a theme on {} of the touches.",
        c.agreement,
        c.coordination,
        c.sequence,
        c.plan,
        amount(c.min_theme_coverage)
    );
    vec![
        (format!("Interruption load weighs {weights}."), policy.weights == default.weights),
        (
            format!("Half of a touch's weight is gone after {}.", span(policy.half_life)),
            policy.half_life == default.half_life,
        ),
        (format!("Two touches less than {} apart collide or follow up.", span(policy.gap)), policy.gap == default.gap),
        (
            format!("A medical request is due {} after it came in.", span(policy.request_sla)),
            policy.request_sla == default.request_sla,
        ),
        (
            format!("Working hours, by the clock on the HCP's wall: {}.", working_hours(&policy.working_hours)),
            policy.working_hours == default.working_hours,
        ),
        (
            format!("The zone near begins at {} of the binding budget.", amount(policy.zones.near)),
            policy.zones == default.zones,
        ),
        (coherence, policy.coherence == default.coherence),
    ]
}

/// Days with equal hours together, in the order of the week.
fn working_hours(hours: &WorkingHours) -> String {
    let mut groups: Vec<(Vec<Day>, String)> = Vec::new();
    for (day, span) in Day::ALL.iter().zip(hours.days) {
        let text = span.map_or_else(|| "off".to_owned(), hour_span);
        match groups.iter_mut().find(|(_, other)| *other == text) {
            Some((days, _)) => days.push(*day),
            None => groups.push((vec![*day], text)),
        }
    }
    let texts: Vec<_> = groups.iter().map(|(of, text)| format!("{} {text}", days(WordSet::of(of)))).collect();
    texts.join("; ")
}

/// Sentences about alerts, and whether each says what the default says.
fn alerts(policy: &Policy, default: &Policy) -> Vec<(String, bool)> {
    let (of, by_default) = (&policy.alerts, &default.alerts);
    let borders = |t: Threshold| format!("above {}, until it is {} or less", t.above, t.clear);
    vec![
        (
            format!(
                "Over budget: use of the binding budget above {}, until it is {} or less.",
                amount(of.budget_use.above),
                amount(of.budget_use.clear)
            ),
            of.budget_use == by_default.budget_use,
        ),
        (
            format!("Going over: planned touches of the next {} would exceed a budget.", span(of.forecast)),
            of.forecast == by_default.forecast,
        ),
        (
            format!("Collision burst: collisions in 7 days {}.", borders(of.collisions)),
            of.collisions == by_default.collisions,
        ),
        (
            format!(
                "Fragmentation of a busy HCP: fragmentation {}, with visits per week {}.",
                borders(of.fragmentation),
                borders(of.busy)
            ),
            (of.fragmentation, of.busy) == (by_default.fragmentation, by_default.busy),
        ),
        (
            format!("Account over-touched: the load of one HCP in ten (90th percentile) {}.", borders(of.account_load)),
            of.account_load == by_default.account_load,
        ),
    ]
}
