//! The bars of HCPs by load band: length and number say the same.

use crate::summary::grouped;
use crate::view::model::ViewModel;
use crate::view::panel;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Stylize;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

const LABEL: usize = 15;
const COUNT: usize = 10;

pub(super) fn draw(model: &ViewModel, frame: &mut Frame<'_>, area: Rect) {
    let block = panel("HCPs by load, visits/wk");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let most = model.bands.iter().map(|b| b.hcps).max().unwrap_or(0);
    let room = usize::from(inner.width).saturating_sub(LABEL + COUNT + 4);
    let lines: Vec<Line<'_>> = if most == 0 {
        vec![Line::from(" none yet").dim()]
    } else {
        let bar = |b: &crate::view::LoadBand| {
            format!(" {:<LABEL$} {:>COUNT$} {}", b.label, grouped(b.hcps), "█".repeat(length(b.hcps, most, room)))
        };
        model.bands.iter().map(|b| Line::from(bar(b))).collect()
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Characters of a bar: proportional, and at least one for what is not zero.
fn length(hcps: u64, most: u64, room: usize) -> usize {
    if hcps == 0 || most == 0 {
        return 0;
    }
    let share = hcps as f64 / most as f64;
    ((share * room as f64).round() as usize).clamp(1, room.max(1))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_bar_is_proportional_and_never_hides_anybody() {
        assert_eq!([length(0, 10, 20), length(5, 10, 20), length(10, 10, 20)], [0, 10, 20]);
        assert_eq!(length(1, 1_000_000, 20), 1);
        assert_eq!(length(3, 3, 0), 1);
    }
}
