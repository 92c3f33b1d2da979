//! Charts as SVG text: small, without scripts, readable on a telephone, described for who cannot see them. Colours come
//! from the page's style, by class; before and after differ in their stroke too.

use std::fmt::Write;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 38.0;
const RIGHT: f64 = 352.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 176.0;

/// What a chart says beside its marks.
#[derive(Debug, Clone, Copy)]
pub struct Caption<'a> {
    /// Unique on the page, a word.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What it shows, for who cannot see it.
    pub description: &'a str,
    /// Below the first and the last place of the x axis.
    pub ends: (&'a str, &'a str),
}

/// A line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its class in the style of the page.
    pub class: &'static str,
    /// A value per place; where there is none the line breaks.
    pub values: Vec<Option<f64>>,
}

/// Lines over places of equal distance.
pub fn lines(caption: Caption<'_>, lines: &[Line]) -> String {
    let most = lines.iter().flat_map(|line| line.values.iter().flatten().copied()).fold(0.0, f64::max);
    let places = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let scale = Scale::new(most, places);
    let mut svg = begin(caption, &scale);
    for line in lines {
        let mut path = String::new();
        let mut pen = 'M';
        for (place, value) in line.values.iter().enumerate() {
            match value {
                Some(value) => {
                    let (x, y) = (scale.x(place as f64 + 0.5), scale.y(*value));
                    add(&mut path, format_args!("{pen}{x:.1} {y:.1}"));
                    pen = 'L';
                }
                None => pen = 'M',
            }
        }
        add(&mut svg, format_args!("<path class=\"line {}\" d=\"{path}\"/>", line.class));
    }
    svg + "</svg>" + &legend(lines.iter().map(|line| (line.name, line.class)))
}

/// A part of every bar.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its name in the legend.
    pub name: &'static str,
    /// Its class in the style of the page.
    pub class: &'static str,
    /// A height per bar.
    pub values: Vec<u64>,
}

/// Bars made of parts, the first at the bottom.
pub fn bars(caption: Caption<'_>, parts: &[Stack]) -> String {
    let places = parts.iter().map(|part| part.values.len()).max().unwrap_or(0);
    let height = |place: usize| parts.iter().filter_map(|part| part.values.get(place)).sum::<u64>();
    let scale = Scale::new((0..places).map(height).max().unwrap_or(0) as f64, places);
    let mut svg = begin(caption, &scale);
    let gap = if places > 60 { 0.0 } else { 0.15 };
    for place in 0..places {
        let mut below = 0.0;
        for part in parts {
            let value = part.values.get(place).copied().unwrap_or(0) as f64;
            if value > 0.0 {
                let (x, y) = (scale.x(place as f64 + gap / 2.0), scale.y(below + value));
                let (width, height) = (scale.x(place as f64 + 1.0 - gap / 2.0) - x, scale.y(below) - y);
                let rect = format_args!(
                    "<rect class=\"bar {}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>",
                    part.class
                );
                add(&mut svg, rect);
            }
            below += value;
        }
    }
    svg + "</svg>" + &legend(parts.iter().map(|part| (part.name, part.class)))
}

/// From values to places on the chart.
struct Scale {
    most: f64,
    places: f64,
}

impl Scale {
    fn new(most: f64, places: usize) -> Self {
        Self { most: round_up(most), places: places.max(1) as f64 }
    }

    fn x(&self, place: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * place / self.places
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (value / self.most).clamp(0.0, 1.0)
    }
}

/// The next of 1, 2, 4, 5, 8 and 10 times a power of ten, all of which are quartered well.
fn round_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|end| *end >= most - 1e-9).unwrap_or(10.0 * power)
}

fn begin(caption: Caption<'_>, scale: &Scale) -> String {
    let Caption { id, title, description, ends } = caption;
    let (title, description) = (escaped(title), escaped(description));
    let mut svg = format!(
        "<h3>{title}</h3><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{title}\
         </title><desc id=\"{id}-d\">{description}</desc>"
    );
    for quarter in 0..=4 {
        let value = scale.most * f64::from(quarter) / 4.0;
        let y = scale.y(value);
        add(&mut svg, format_args!("<path class=\"rule\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>"));
        let (x, base, value) = (LEFT - 5.0, y + 3.5, short(value));
        add(&mut svg, format_args!("<text x=\"{x}\" y=\"{base:.1}\" text-anchor=\"end\">{value}</text>"));
    }
    let y = BOTTOM + 16.0;
    let (first, last) = (escaped(ends.0), escaped(ends.1));
    add(&mut svg, format_args!("<text x=\"{LEFT}\" y=\"{y}\">{first}</text>"));
    add(&mut svg, format_args!("<text x=\"{RIGHT}\" y=\"{y}\" text-anchor=\"end\">{last}</text>"));
    svg
}

fn legend(names: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let mut text = "<ul class=\"legend\">".to_owned();
    for (name, class) in names {
        add(&mut text, format_args!("<li><span class=\"key {class}\"></span>{}</li>", escaped(name)));
    }
    text + "</ul>"
}

/// An axis label: no more digits than it needs.
fn short(value: f64) -> String {
    match value {
        v if v >= 10_000.0 => format!("{:.0}k", v / 1_000.0),
        v if v >= 10.0 || v == v.trunc() => format!("{v:.0}"),
        v => format!("{v:.2}").trim_end_matches('0').to_owned(),
    }
}

/// Text that stands in HTML or SVG, inside an element or an attribute.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Writing to a string cannot fail.
fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::{Caption, Line, Stack, bars, escaped, lines, round_up, short};

    const CAPTION: Caption<'_> =
        Caption { id: "c", title: "A <title>", description: "What & why", ends: ("start", "end") };

    #[test]
    fn axes_end_at_round_numbers() {
        let ends = [0.0, 0.3, 1.0, 1.01, 3.0, 47.0, 780.0].map(round_up);
        assert!(ends.iter().zip([1.0, 0.4, 1.0, 2.0, 4.0, 50.0, 800.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{ends:?}");
        assert_eq!([0.0, 0.25, 0.5, 12.5, 20_000.0].map(short), ["0", "0.25", "0.5", "12", "20k"]);
    }

    #[test]
    fn a_chart_is_described_and_says_nothing_unescaped() {
        let line = Line { name: "before", class: "before", values: vec![Some(1.0), None, Some(2.0), Some(0.5)] };
        let chart = lines(CAPTION, &[line]);
        assert!(chart.contains("A &lt;title&gt;") && chart.contains("What &amp; why"), "{chart}");
        assert!(chart.contains("role=\"img\"") && chart.contains("aria-labelledby=\"c-t c-d\""));
        assert_eq!(chart.matches('M').count() - 5, 2, "the line breaks once: {chart}");
        assert_eq!(escaped("<a href='x'>"), "&lt;a href=&#39;x&#39;&gt;");
    }

    #[test]
    fn bars_have_a_part_for_every_value_above_0() {
        let of = |values: &[u64]| Stack { name: "made", class: "made", values: values.to_vec() };
        let chart = bars(CAPTION, &[of(&[1, 0, 3]), of(&[2, 2, 0])]);
        assert_eq!(chart.matches("<rect").count(), 4, "{chart}");
    }
}
