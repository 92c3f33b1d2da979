//! The columns of metrics.md §4, one function each, but for those about plans, consent and preferences.

use super::interruption::collision_rate;
use super::plans::{plan_fit, sequence_coherence};
use super::record::Record;
use super::view::{View, instant_of};
use touchpoint::Micros;

/// Touches of the window with a known theme, in order.
fn themed<'a>(view: &View<'a>) -> Vec<&'a Record> {
    view.touches().into_iter().filter(|r| r.theme.is_some()).collect()
}

/// Every ordered pair of two different places in `records`.
fn pairs<'a>(records: &[&'a Record]) -> Vec<(&'a Record, &'a Record)> {
    let mut pairs = Vec::new();
    for (i, a) in records.iter().enumerate() {
        for (j, b) in records.iter().enumerate() {
            if i != j {
                pairs.push((*a, *b));
            }
        }
    }
    pairs
}

/// The share of `pairs` with one theme; `None` without pairs.
fn share_of_one_theme(pairs: &[(&Record, &Record)]) -> Option<f64> {
    let agreeing = pairs.iter().filter(|(a, b)| a.theme == b.theme).count();
    (!pairs.is_empty()).then(|| agreeing as f64 / pairs.len() as f64)
}

/// m / n; `None` without touches.
pub(super) fn theme_coverage(view: &View<'_>) -> Option<f64> {
    let n = view.touches().len();
    (n > 0).then(|| themed(view).len() as f64 / n as f64)
}

/// m.
pub(super) fn support(view: &View<'_>) -> i64 {
    themed(view).iter().map(|_| 1).sum()
}

/// The chance that two of the m share a theme; `None` when m < 2.
pub(super) fn theme_continuity(view: &View<'_>) -> Option<f64> {
    share_of_one_theme(&pairs(&themed(view)))
}

/// The chance that two of the m from different channels share a theme; `None` with one channel.
pub(super) fn cross_channel_agreement(view: &View<'_>) -> Option<f64> {
    let mut across = pairs(&themed(view));
    across.retain(|(a, b)| a.channel != b.channel);
    share_of_one_theme(&across)
}

/// The chance that two of the m from different functions share a theme; `None` with one function.
pub(super) fn cross_function_agreement(view: &View<'_>) -> Option<f64> {
    let mut across = pairs(&themed(view));
    across.retain(|(a, b)| a.business_function != b.business_function);
    share_of_one_theme(&across)
}

/// The share of consecutive pairs of the m with one theme; `None` when m < 2.
pub(super) fn sequential_continuity(view: &View<'_>) -> Option<f64> {
    let touches = themed(view);
    let consecutive: Vec<_> = touches.iter().zip(touches.iter().skip(1)).map(|(a, b)| (*a, *b)).collect();
    share_of_one_theme(&consecutive)
}

/// N² / Σ N_k² over the known keys; `None` without one.
fn effective_number(known: &[&str]) -> Option<f64> {
    // Σ N_k² is the number of ordered pairs, each key with itself included, that are equal.
    let mut equal = 0.0;
    for a in known {
        for b in known {
            if a == b {
                equal += 1.0;
            }
        }
    }
    let n = known.len() as f64;
    (!known.is_empty()).then(|| n * n / equal)
}

/// Effective number of known owners of all touches; `None` without one.
pub(super) fn voices(view: &View<'_>) -> Option<f64> {
    effective_number(&view.touches().into_iter().filter_map(|r| r.owner_id.as_deref()).collect::<Vec<_>>())
}

/// Effective number of functions of all touches; `None` without touches.
pub(super) fn function_voices(view: &View<'_>) -> Option<f64> {
    effective_number(&view.touches().into_iter().filter_map(|r| r.business_function.as_deref()).collect::<Vec<_>>())
}

/// When a request was answered; `None` for one that was not.
fn answered_at(request: &Record) -> Option<Micros> {
    request.answered_at.filter(|_| matches!(request.status.as_deref(), Some("answered" | "closed")))
}

/// Of the requests that fell due in the window, the share answered within the SLA; `None` when none was due.
pub(super) fn responsiveness(view: &View<'_>) -> Option<f64> {
    let (at, window) = (view.question.at, view.question.window.micros());
    let sla = view.question.policy.request_sla;
    let (mut due, mut in_time) = (0.0, 0.0);
    for request in view.requests() {
        let (asked, deadline) = (instant_of(request), instant_of(request).saturating_add(sla));
        if at - window < deadline && deadline <= at && asked <= at {
            due += 1.0;
            if answered_at(request).is_some_and(|answered| answered - asked <= sla) {
                in_time += 1.0;
            }
        }
    }
    (due > 0.0).then(|| in_time / due)
}

/// Unsolicited promotional touches on the product of a request of the window that was open; each touch once.
pub(super) fn talked_past(view: &View<'_>) -> i64 {
    let requests = view.requests_in_window();
    let mut talked_past = 0;
    for touch in view.unsolicited() {
        let promotional = touch.purpose.as_deref() == Some("promotional");
        let past_one = requests.iter().any(|request| {
            let open_until = answered_at(request).unwrap_or(view.question.at);
            let at = instant_of(touch);
            touch.product.is_some() && touch.product == request.product && instant_of(request) < at && at <= open_until
        });
        if promotional && past_one {
            talked_past += 1;
        }
    }
    talked_past
}

/// The parts of `coherence` that are not NULL: name, value, weight.
fn parts(view: &View<'_>) -> Vec<(&'static str, f64, f64)> {
    let weights = view.question.policy.coherence;
    let covered = theme_coverage(view).is_some_and(|c| c >= weights.min_theme_coverage);
    let agreement = cross_function_agreement(view).or_else(|| cross_channel_agreement(view)).filter(|_| covered);
    let coordination = collision_rate(view).map(|rate| 1.0 - rate);
    let all = [
        ("agreement", agreement, weights.agreement),
        ("coordination", coordination, weights.coordination),
        ("sequence", sequence_coherence(view), weights.sequence),
        ("plan", plan_fit(view), weights.plan),
    ];
    all.into_iter().filter_map(|(name, value, weight)| Some((name, value?, weight))).collect()
}

/// The weighted mean of the parts; `None` below two of them.
pub(super) fn coherence(view: &View<'_>) -> Option<f64> {
    let parts = parts(view);
    let total: f64 = parts.iter().map(|(_, _, weight)| weight).sum();
    let sum: f64 = parts.iter().map(|(_, value, weight)| value * weight).sum();
    (parts.len() >= 2 && total > 0.0).then(|| sum / total)
}

/// The parts used, joined by `+`; `None` with coherence.
pub(super) fn coherence_basis(view: &View<'_>) -> Option<String> {
    let names: Vec<_> = parts(view).into_iter().map(|(name, _, _)| name).collect();
    coherence(view).map(|_| names.join("+"))
}

/// 1 − coherence; `None` with it.
pub(super) fn fragmentation(view: &View<'_>) -> Option<f64> {
    coherence(view).map(|coherence| 1.0 - coherence)
}
