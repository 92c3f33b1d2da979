//! The table of the HCPs most interrupted, and why.

use crate::view::model::{InterruptedHcp, ViewModel, percent, score};
use crate::view::{panel, reason};
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table};

/// Columns before the reason with the one-column gaps behind each: rank, HCP, visits/wk, 28d, unsol., hit/chance,
/// coher.
const FIXED: [u16; 7] = [3, 13, 9, 4, 5, 11, 5];
/// Wider ids are shown where the terminal is wide.
const WIDE: u16 = 110;
const WIDE_HCP: u16 = 24;

pub(super) fn draw(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let block = panel("HCPs most interrupted, last 28 days, and why");
    if model.interrupted.is_empty() {
        frame.render_widget(Paragraph::new(Line::from(" waiting for the first records").dim()).block(block), area);
        return;
    }
    let mut widths = FIXED;
    if area.width >= WIDE {
        widths[1] = WIDE_HCP;
    }
    let used: u16 = widths.iter().map(|w| w + 1).sum();
    let room = area.width.saturating_sub(used);
    let rows = model.interrupted.iter().enumerate().map(|(index, hcp)| row(index + 1, hcp, widths[1], room));
    let right = |text: &'static str| Cell::from(Line::from(text).right_aligned());
    let header = Row::new([
        right("#"),
        Cell::from("HCP"),
        right("visits/wk"),
        right("28d"),
        right("unsol"),
        right("coll/chance"),
        right("coher"),
        Cell::from("why"),
    ]);
    let constraints = widths.into_iter().map(Constraint::Length).chain([Constraint::Length(room)]);
    let table = Table::new(rows, constraints).header(header.style(Style::new().dim())).column_spacing(1).block(block);
    frame.render_widget(table, area);
}

fn row(rank: usize, hcp: &InterruptedHcp, id_width: u16, room: u16) -> Row<'static> {
    let right = |text: String| Cell::from(Line::from(text).right_aligned());
    let beside_chance = format!("{}/{}", percent(hcp.collision_rate), percent(hcp.chance_collision_rate));
    Row::new([
        right(rank.to_string()),
        Cell::from(shortened(&hcp.hcp, usize::from(id_width))),
        Cell::from(Line::from(format!("{:.1}", hcp.visits_per_week)).right_aligned()).style(Style::new().bold()),
        right(hcp.touches.to_string()),
        right(hcp.unsolicited.to_string()),
        right(beside_chance),
        right(score(hcp.coherence)),
        Cell::from(reason::reason(hcp, usize::from(room))),
    ])
}

/// An id that fits: the beginning and an ellipsis. Control characters never reach the terminal.
pub(super) fn shortened(id: &str, width: usize) -> String {
    let harmless = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    if id.chars().count() <= width {
        return id.chars().map(harmless).collect();
    }
    id.chars().take(width.saturating_sub(1)).map(harmless).chain(['…']).collect()
}
