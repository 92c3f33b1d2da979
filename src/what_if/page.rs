//! The page: everything that is told in one HTML file, without scripts and without anything from elsewhere, so that it may
//! be mailed. It names no HCP and no account, unless ids were asked for.

use super::chart::{Caption, Line, Stack, bars, escaped, lines};
use super::figures;
use super::grid::{Cell, Grid};
use super::report::{Report, TOLD_FROM};
use crate::cli::ShownIds;
use processors::what_if::{HeldTouch, Histogram, Spread, WeekTally};
use std::collections::BTreeMap;
use std::fmt::Write;

/// HCPs that are named where ids are shown.
const NAMED: usize = 20;

const STYLE: &str = include_str!("page.css");

/// The page as text.
pub fn page(report: &Report<'_>, shown: ShownIds) -> String {
    let heading = escaped(&report.heading());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{heading}</h1>\n<ul class=\"said\">\n"
    );
    for sentence in report.sentences() {
        add(&mut page, format_args!("<li>{}</li>\n", escaped(&sentence)));
    }
    page.push_str("</ul>\n<div class=\"charts\">\n");
    for chart in charts(report) {
        add(&mut page, format_args!("<figure>{chart}</figure>\n"));
    }
    page.push_str("</div>\n");
    for grid in report.grids() {
        table(&mut page, &grid);
    }
    match shown {
        ShownIds::Plain => table(&mut page, &most_held(&report.replayed().outcome.held)),
        ShownIds::Pseudonyms => {}
    }
    add(&mut page, format_args!("<footer>{}</footer>\n</main>\n</body>\n</html>\n", foot(shown)));
    page
}

fn charts(report: &Report<'_>) -> Vec<String> {
    let replayed = report.replayed();
    let weeks = &replayed.outcome.weeks;
    let scenario = replayed.what_if.scenario();
    let (first, last) = (figures::day(scenario.from), figures::day(scenario.to));
    let caption = |id, title, description| Caption { id, title, description, ends: (&first, &last) };
    let held = caption(
        "touches",
        "Unsolicited touches per week",
        "For every week how many unsolicited touches go at their time, later, and not at all under the policy that is tried.",
    );
    let stack = |name, class, of: fn(&WeekTally) -> u64| Stack { name, class, values: weeks.iter().map(of).collect() };
    let parts = [
        stack("at their time", "made", |week| week.unsolicited.saturating_sub(week.later + week.never)),
        stack("later", "later", |week| week.later),
        stack("not made", "never", |week| week.never),
    ];
    let mut charts = vec![bars(held, &parts)];
    let told = |week: &WeekTally, of: fn(&WeekTally) -> &Histogram, share: f64| {
        of(week).quantile(share).filter(|_| week.before.visits.count() >= TOLD_FROM)
    };
    let line = |name, class, of: fn(&WeekTally) -> &Histogram, share: f64| {
        let values = weeks.iter().map(|week| told(week, of, share)).collect();
        Line { name, class, values }
    };
    let busiest = caption(
        "busiest",
        "Visits per week of the busiest tenth",
        "For the end of every week the visits per week above which a tenth of the HCPs lies, before and after.",
    );
    let visits: [fn(&WeekTally) -> &Histogram; 2] = [|week| &week.before.visits, |week| &week.after.visits];
    charts.push(lines(busiest, &[line("before", "before", visits[0], 0.9), line("after", "after", visits[1], 0.9)]));
    let apart = caption(
        "fragmentation-weeks",
        "Fragmentation, median HCP",
        "For the end of every week the fragmentation of the median HCP, before and after; 0: the touches add up.",
    );
    let parts: [fn(&WeekTally) -> &Histogram; 2] =
        [|week| &week.before.fragmentation, |week| &week.after.fragmentation];
    charts.push(lines(apart, &[line("before", "before", parts[0], 0.5), line("after", "after", parts[1], 0.5)]));
    charts.extend(report.spreads().map(|(before, after)| spread_chart(&before, &after)));
    charts
}

fn spread_chart(before: &Spread, after: &Spread) -> String {
    let counts = |spread: &Spread| spread.visits.coarser(5);
    let (before, after) = (counts(before), counts(after));
    let last = (0..before.len()).rfind(|at| before.get(*at) > Some(&0) || after.get(*at) > Some(&0)).unwrap_or(0);
    let values = |counts: &[u64]| counts.iter().take(last + 1).map(|count| Some(*count as f64)).collect();
    let end = format!("{:.2}", (last + 1) as f64 * 0.25);
    let caption = Caption {
        id: "visits",
        title: "How many HCPs have how many visits per week",
        description: "HCPs at ends of weeks by their visits per week in steps of a quarter, before and after.",
        ends: ("0 visits per week", &end),
    };
    let lines = [
        Line { name: "before", class: "before", values: values(&before) },
        Line { name: "after", class: "after", values: values(&after) },
    ];
    super::chart::lines(caption, &lines)
}

fn table(page: &mut String, grid: &Grid) {
    add(page, format_args!("<section>\n<h2>{}</h2>\n", escaped(grid.title)));
    if grid.rows.is_empty() {
        page.push_str("<p>None.</p>\n</section>\n");
        return;
    }
    // Years have many weeks: long tables open when they are asked for.
    let is_long = grid.rows.len() > 30;
    if is_long {
        add(page, format_args!("<details><summary>{} rows</summary>", grid.rows.len()));
    }
    page.push_str("<div class=\"wide\"><table>\n<thead><tr>");
    for (_, title) in &grid.columns {
        add(page, format_args!("<th scope=\"col\">{}</th>", escaped(title)));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &grid.rows {
        page.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let text = escaped(&cell.shown());
            match (place, cell.is_number()) {
                (0, _) => add(page, format_args!("<th scope=\"row\">{text}</th>")),
                (_, true) => add(page, format_args!("<td class=\"n\">{text}</td>")),
                (_, false) => add(page, format_args!("<td>{text}</td>")),
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
    if is_long {
        page.push_str("</details>\n");
    }
    if !grid.note.is_empty() {
        add(page, format_args!("<p class=\"note\">{}</p>\n", escaped(&grid.note)));
    }
    page.push_str("</section>\n");
}

/// The HCPs of whom most touches are held.
fn most_held(held: &[HeldTouch]) -> Grid {
    let mut counts = BTreeMap::<&str, u64>::new();
    held.iter().for_each(|touch| *counts.entry(&touch.hcp_id).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(hcp_id, count)| (std::cmp::Reverse(*count), *hcp_id));
    let row = |(hcp_id, count): &(&str, u64)| vec![Cell::Text((*hcp_id).to_owned()), Cell::Count(*count)];
    Grid {
        key: "most_held",
        title: "HCPs of whom most touches are held",
        note: String::new(),
        columns: vec![("hcp", "HCP"), ("held", "held touches")],
        rows: counts.iter().take(NAMED).map(row).collect(),
    }
}

fn foot(shown: ShownIds) -> String {
    let people = match shown {
        ShownIds::Pseudonyms => "This page names no HCP.",
        ShownIds::Plain => "<strong>This page names HCPs: treat it like the tables it was made from.</strong>",
    };
    format!(
        "<p>{people}</p>\n<p>Before is what happened; after is what the policy that is tried leaves of it. Each unsolicited \
         touch is proposed to that policy at its own time, with what has been let through until then; one that is held is \
         proposed again when the rules that hold it end, and takes room then. Answers to medical requests, service and safety \
         are never held. Visits per week: the steady number of visits that would weigh the same as all touches. Alerts \
         are told for the touches as they happened. Written by Touchload; docs/WHATIF.md defines every number.</p>\n"
    )
}

/// Writing to a string cannot fail.
fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).unwrap_or_default();
}
