//! The terminal view of `demo`: what is happening now, on one screen.
//!
//! [`ViewModel`] holds everything that is shown, as plain values; [`draw`] is a pure function of it and of the frame,
//! so that every screen can be tested; [`TerminalView`] owns the terminal, redraws twice a second and gives it back
//! whatever happens. [`ViewModel::to_lines`] says the same on plain lines.
//!
//! Works from [`MIN_WIDTH`] × [`MIN_HEIGHT`] on; a smaller terminal gets the plain lines. Nothing is told by colour
//! alone: the view uses bold, dim and words. `–` stands for NULL: too little support to say.
//!
//! `in` is records per second over the last seconds; `accepted` and `rejected` are records committed so far; ages are
//! durations before now; `lag` is records in Kafka not yet taken.

mod alerts;
mod band;
mod hcps;
mod lines;
mod model;
mod reason;
mod screen;
#[cfg(test)]
mod tests;

pub use model::{AlertLine, AlertPanel, InterruptedHcp, LoadBand, ViewModel};
pub use screen::{TerminalView, ViewEnd};

use crate::summary::{grouped, spoken};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

/// Columns that the full view needs.
pub const MIN_WIDTH: u16 = 80;
/// Lines that the full view needs.
pub const MIN_HEIGHT: u16 = 24;

/// Endpoints that the screen has room for; plain lines have all.
const PLACES: usize = 5;
/// Lines of the two lower panels, with their titles.
const LOWER: u16 = 7;

/// Draws the whole screen.
pub fn draw(model: &ViewModel, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        let lines: Vec<Line<'_>> = model.to_lines().into_iter().map(Line::from).collect();
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let places = u16::try_from(model.endpoints.len().min(PLACES)).unwrap_or(u16::MAX).saturating_add(1);
    let rows = [
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(places),
        Constraint::Length(alerts::height(model, area.height)),
        Constraint::Min(3),
        Constraint::Length(LOWER),
    ];
    let [title, state, links, newest, table, lower] = Layout::vertical(rows).areas(area);
    draw_title(model, frame, title);
    draw_state(model, frame, state);
    draw_places(model, frame, links);
    alerts::draw(model, frame, newest);
    hcps::draw(model, frame, table);
    let [bands, rejects] = Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)]).areas(lower);
    band::draw(model, frame, bands);
    draw_rejects(model, frame, rejects);
}

/// A panel without sides: a rule with its title.
fn panel(title: &str) -> Block<'_> {
    Block::new().borders(Borders::TOP).border_style(Style::new().dim()).title(Span::from(format!(" {title} ")).bold())
}

fn draw_title(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let title = Line::from(vec![
        Span::from(format!(" {}", model.title)).bold(),
        Span::from(format!("   up {}", spoken(model.uptime))),
    ]);
    frame.render_widget(Paragraph::new(title), area);
    frame.render_widget(Paragraph::new(Line::from("q or Ctrl-C quits ").dim()).alignment(Alignment::Right), area);
}

fn draw_state(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let labelled = |pairs: Vec<(&'static str, String)>| -> Line<'static> {
        let spans = pairs.into_iter().flat_map(|(label, value)| {
            [Span::from(format!(" {label} ")).dim(), Span::from(value).bold(), Span::from("  ")]
        });
        Line::from(spans.collect::<Vec<_>>())
    };
    let flow = labelled(vec![
        ("in", per_second(model.read_per_second)),
        ("accepted", grouped(model.accepted)),
        ("rejected", grouped(model.rejected())),
        ("lag", model.lag.map_or_else(|| "–".to_owned(), grouped)),
        ("HCPs", grouped(model.hcps)),
    ]);
    let time = labelled(vec![
        ("newest", age(model.freshness)),
        ("last commit", age(model.commit_age)),
        ("watermark", model.watermark.map_or_else(|| "–".to_owned(), model::instant)),
    ]);
    frame.render_widget(Paragraph::new(vec![flow, time]), area);
}

fn draw_places(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let place = |label: &str, text: &str| {
        Line::from(vec![Span::from(format!(" {label:<9}")).dim(), Span::from(text.to_owned())])
    };
    let mut lines: Vec<_> = model.endpoints.iter().take(PLACES).map(|(label, url)| place(label, url)).collect();
    lines.push(place("tables", &model.data));
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_rejects(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let block = panel("Rejected so far, by reason");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let room = usize::from(inner.height);
    let lines: Vec<Line<'_>> = match model.rejects_by_count() {
        rejects if rejects.is_empty() => vec![Line::from(" none").dim()],
        rejects => {
            let row = |(reason, count): &(&str, u64)| Line::from(format!(" {reason:<22}{:>10}", grouped(*count)));
            let shown = if rejects.len() > room { room.saturating_sub(1) } else { rejects.len() };
            let others: u64 = rejects.iter().skip(shown).map(|(_, count)| count).sum();
            let rest = (shown < rejects.len()).then(|| row(&("other reasons", others)));
            rejects.iter().take(shown).map(row).chain(rest).collect()
        }
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A rate with one decimal below 100, without above.
fn per_second(rate: f64) -> String {
    if rate < 99.95 { format!("{rate:.1}/s") } else { format!("{}/s", grouped(rate.round() as u64)) }
}

fn age(age: Option<std::time::Duration>) -> String {
    age.map_or_else(|| "–".to_owned(), |age| format!("{} ago", spoken(age)))
}
