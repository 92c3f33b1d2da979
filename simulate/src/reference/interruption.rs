//! The columns of metrics.md §3, one function each.

use super::record::Record;
use super::view::{Basis, DAY, HOUR, View, instant_of};
use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use touchpoint::policy::ChannelWeights;
use touchpoint::{Kind, Micros};

fn count(records: &[&Record]) -> i64 {
    records.iter().map(|_| 1).sum()
}

/// Touches of the window.
pub(super) fn touches(view: &View<'_>) -> i64 {
    count(&view.touches())
}

/// Interruptions of the window.
pub(super) fn unsolicited(view: &View<'_>) -> i64 {
    count(&view.unsolicited())
}

/// Touches by call.
pub(super) fn calls(view: &View<'_>) -> i64 {
    touches_of(view, Kind::Calls)
}

/// Touches by e-mail.
pub(super) fn emails(view: &View<'_>) -> i64 {
    touches_of(view, Kind::Emails)
}

/// Touches by congress invitation.
pub(super) fn invitations(view: &View<'_>) -> i64 {
    touches_of(view, Kind::Congress)
}

fn touches_of(view: &View<'_>, kind: Kind) -> i64 {
    let touches: Vec<_> = view.touches().into_iter().filter(|r| r.kind == kind).collect();
    count(&touches)
}

/// Requests of the window that were not withdrawn.
pub(super) fn requests(view: &View<'_>) -> i64 {
    count(&view.requests_in_window())
}

/// Calls of the window without access.
pub(super) fn attempts(view: &View<'_>) -> i64 {
    count(&view.attempts())
}

/// Touches solicited by declaration alone.
pub(super) fn declared(view: &View<'_>) -> i64 {
    let declared = view.touches().into_iter().filter(|r| view.basis(r) == Some(Basis::Declared));
    count(&declared.collect::<Vec<_>>())
}

/// Σ w_i · 2^(−(T − t_i)/h) over the unsolicited touches of the last 400 days.
pub(super) fn interruption_load(view: &View<'_>) -> f64 {
    let policy = view.question.policy;
    let half_life = policy.half_life as f64;
    let mut load = 0.0;
    for touch in view.unsolicited_of_400_days() {
        let age = (view.question.at - instant_of(touch)) as f64;
        load += weight(&policy.weights, touch) * 2f64.powf(-age / half_life);
    }
    load
}

fn weight(weights: &ChannelWeights, touch: &Record) -> f64 {
    match (touch.channel.as_deref(), touch.origin.as_deref()) {
        (Some("face_to_face"), _) => weights.face_to_face,
        (Some("phone"), _) => weights.phone,
        (Some("video"), _) => weights.video,
        (Some("chat"), _) => weights.chat,
        (Some("congress"), _) => weights.congress,
        (Some("email"), Some("hq")) => weights.email_hq,
        (Some("email"), _) => weights.email_rep,
        _ => 0.0,
    }
}

/// interruption_load · ln 2 · 7 d / h.
pub(super) fn visits_per_week(view: &View<'_>) -> f64 {
    interruption_load(view) * 2f64.ln() * (7 * DAY) as f64 / view.question.policy.half_life as f64
}

/// The unsolicited touches that take part in a gap rule with the policy's g.
fn gap_sequence<'a>(view: &View<'a>) -> Vec<&'a Record> {
    let all = view.unsolicited();
    if view.question.policy.gap < 24 * HOUR {
        return all.into_iter().filter(|r| r.precision.as_deref() == Some("instant")).collect();
    }
    all
}

/// Consecutive pairs of `gap_sequence` closer than g.
fn close_pairs<'a>(view: &View<'a>) -> Vec<(&'a Record, &'a Record)> {
    let sequence = gap_sequence(view);
    let pairs = sequence.iter().zip(sequence.iter().skip(1)).map(|(a, b)| (*a, *b));
    pairs.filter(|(a, b)| instant_of(b) - instant_of(a) < view.question.policy.gap).collect()
}

/// Close pairs of different owners or functions without a common plan.
pub(super) fn collisions(view: &View<'_>) -> i64 {
    let mut collisions = 0;
    for (a, b) in close_pairs(view) {
        let different = a.owner_id != b.owner_id || a.business_function != b.business_function;
        let common_plan = a.plan_id.is_some() && a.plan_id == b.plan_id;
        if different && !common_plan {
            collisions += 1;
        }
    }
    collisions
}

/// Close pairs of one known owner and one function.
pub(super) fn follow_ups(view: &View<'_>) -> i64 {
    let mut follow_ups = 0;
    for (a, b) in close_pairs(view) {
        let one_owner = a.owner_id.is_some() && a.owner_id == b.owner_id;
        if one_owner && a.business_function == b.business_function {
            follow_ups += 1;
        }
    }
    follow_ups
}

/// collisions / (u − 1); `None` when u < 2.
pub(super) fn collision_rate(view: &View<'_>) -> Option<f64> {
    let u = unsolicited(view);
    (u >= 2).then(|| collisions(view) as f64 / (u - 1) as f64)
}

/// (1 − e^(−u·g/W)) · (1 − Σ n_k(n_k − 1) / (u(u − 1))); `None` when u < 2.
pub(super) fn chance_collision_rate(view: &View<'_>) -> Option<f64> {
    let touches = view.unsolicited();
    if touches.len() < 2 {
        return None;
    }
    // Σ n_k(n_k − 1) is the number of ordered pairs of different touches with one voice.
    let (mut same_voice, mut pairs) = (0.0, 0.0);
    for (i, a) in touches.iter().enumerate() {
        for (j, b) in touches.iter().enumerate() {
            if i != j {
                pairs += 1.0;
                if a.business_function == b.business_function && a.owner_id == b.owner_id {
                    same_voice += 1.0;
                }
            }
        }
    }
    let (u, gap, window) =
        (touches.len() as f64, view.question.policy.gap as f64, view.question.window.micros() as f64);
    Some((1.0 - (-u * gap / window).exp()) * (1.0 - same_voice / pairs))
}

/// Kim–Jo on the m gaps of the unsolicited touches; `None` when m < 3 or every gap is 0.
pub(super) fn burstiness(view: &View<'_>) -> Option<f64> {
    let times: Vec<Micros> = view.unsolicited().into_iter().map(instant_of).collect();
    let gaps: Vec<f64> = times.iter().zip(times.iter().skip(1)).map(|(a, b)| (b - a) as f64).collect();
    let m = gaps.len() as f64;
    if gaps.len() < 3 || gaps.iter().all(|gap| *gap == 0.0) {
        return None;
    }
    let mean = gaps.iter().sum::<f64>() / m;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / m;
    let r = variance.sqrt() / mean;
    let numerator = (m + 1.0).sqrt() * r - (m - 1.0).sqrt();
    let denominator = ((m + 1.0).sqrt() - 2.0) * r + (m - 1.0).sqrt();
    Some(numerator / denominator)
}

/// Most unsolicited touches with less than 24 hours from the first to the last of them.
pub(super) fn peak_24h(view: &View<'_>) -> i64 {
    let times: Vec<Micros> = view.unsolicited().into_iter().map(instant_of).collect();
    let mut peak = 0;
    for first in &times {
        let together = times.iter().filter(|t| *t >= first && **t - first < 24 * HOUR).count() as i64;
        peak = peak.max(together);
    }
    peak
}

/// u / n; `None` without touches.
pub(super) fn unsolicited_share(view: &View<'_>) -> Option<f64> {
    let n = touches(view);
    (n > 0).then(|| unsolicited(view) as f64 / n as f64)
}

/// completed / (completed + no_access) face-to-face calls of function sales; `None` without such calls.
pub(super) fn access_rate(view: &View<'_>) -> Option<f64> {
    let (mut completed, mut no_access) = (0.0, 0.0);
    for record in view.in_window() {
        let field_sales = record.kind == Kind::Calls
            && record.channel.as_deref() == Some("face_to_face")
            && record.business_function.as_deref() == Some("sales");
        match record.status.as_deref() {
            Some("completed") if field_sales => completed += 1.0,
            Some("no_access") if field_sales => no_access += 1.0,
            _ => {}
        }
    }
    (completed + no_access > 0.0).then(|| completed / (completed + no_access))
}

/// Unsolicited touches of instant precision outside local working hours; `None` when a zone needed is unknown.
pub(super) fn untimely(view: &View<'_>) -> Option<i64> {
    let zone_at = |at| view.question.reference.time_zone(view.question.hcp_id, at);
    let judged: Vec<_> = view.unsolicited().into_iter().filter(|r| r.precision.as_deref() == Some("instant")).collect();
    if judged.is_empty() {
        return zone_at(view.question.at).map(|_| 0);
    }
    let mut untimely = 0;
    for touch in judged {
        let at = instant_of(touch);
        if !is_working_time(view, at, zone_at(at)?) {
            untimely += 1;
        }
    }
    Some(untimely)
}

fn is_working_time(view: &View<'_>, at: Micros, zone: Tz) -> bool {
    let hours = view.question.policy.working_hours;
    let Some(utc) = chrono::DateTime::from_timestamp_micros(at) else { return false };
    let local = utc.with_timezone(&zone);
    let Some(day) = hours.days[local.weekday().num_days_from_monday() as usize] else { return false };
    let open = u32::from(day.from_hour)..u32::from(day.to_hour);
    open.contains(&local.hour())
}
