//! The panel of the newest alerts: since when, about whom, what to do, and why.

use crate::summary::{grouped, spoken};
use crate::view::model::{AlertLine, AlertPanel, ViewModel};
use crate::view::{hcps, model, panel};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Stylize;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Lines of the panel with its title, on a small screen and on a larger one.
const HEIGHTS: (u16, u16) = (3, 4);
/// From here on a screen is a larger one.
const LARGER: u16 = 28;
/// Room for an HCP, and for the longest name of a rule, which is the subject where alerts are summed up.
const SUBJECT: (usize, usize) = (13, 24);
/// Room for `12 min 05 s`, and for `hold to 03-05 10:11`.
const AGE: usize = 11;
const ACT: usize = 19;
const SUMMARY_OF_A_LINE: usize = 120;

/// Lines that the panel needs on a screen of `screen` lines; none where nobody looks for alerts.
pub(super) fn height(model: &ViewModel, screen: u16) -> u16 {
    match &model.alerts {
        None => 0,
        Some(_) if screen < LARGER => HEIGHTS.0,
        Some(_) => HEIGHTS.1,
    }
}

pub(super) fn draw(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let Some(alerts) = &model.alerts else { return };
    let title = title(alerts);
    let block = panel(&title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines: Vec<Line<'_>> = match alerts.newest.as_slice() {
        [] => vec![Line::from(" none is open").dim()],
        newest => {
            let shown = newest.get(..usize::from(inner.height)).unwrap_or(newest);
            let longest = shown.iter().map(|alert| alert.subject.chars().count()).max().unwrap_or(0);
            let room = (longest.clamp(SUBJECT.0, SUBJECT.1), usize::from(inner.width));
            shown.iter().map(|alert| row(alert, room)).collect()
        }
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

fn title(alerts: &AlertPanel) -> String {
    format!("{} alerts open; told: {}", grouped(alerts.open), alerts.told)
}

/// One alert, with so much room for its subject and in all.
fn row(alert: &AlertLine, (room, width): (usize, usize)) -> Line<'static> {
    let subject = hcps::shortened(&alert.subject, room);
    let place = format!(" {:>AGE$} {subject:<room$} ", spoken(alert.age));
    let act = format!("{:<ACT$}", short_act(alert));
    let used = place.chars().count() + act.chars().count() + 1;
    let summary = hcps::shortened(&alert.summary, width.saturating_sub(used).max(1));
    Line::from(vec![Span::from(place), Span::from(act).bold(), Span::from(" "), Span::from(summary)])
}

/// `hold to 03-05 10:11`.
fn short_act(alert: &AlertLine) -> String {
    let until = alert.until.map(model::instant).unwrap_or_default();
    match (until.get(5..10), until.get(11..16)) {
        (Some(day), Some(time)) => format!("{} to {day} {time}", alert.act),
        _ => alert.act.clone(),
    }
}

/// `hold until 2026-03-05T10:11:12Z`.
fn act(alert: &AlertLine) -> String {
    alert.until.map_or_else(|| alert.act.clone(), |until| format!("{} until {}", alert.act, model::instant(until)))
}

/// The same on plain lines.
pub(super) fn lines(alerts: &AlertPanel) -> Vec<String> {
    let line = |alert: &AlertLine| {
        format!(
            "alert {} {}, {} ago: {}: {}",
            alert.rule,
            hcps::shortened(&alert.subject, SUMMARY_OF_A_LINE),
            spoken(alert.age),
            act(alert),
            hcps::shortened(&alert.summary, SUMMARY_OF_A_LINE)
        )
    };
    std::iter::once(title(alerts)).chain(alerts.newest.iter().map(line)).collect()
}
