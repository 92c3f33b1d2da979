//! Planned touches from a file: whom, how and when, and whatever else a record of the touch would say.
//!
//! | column | type | |
//! |---|---|---|
//! | `hcp_id`, `channel`, `at` | text, word, instant | required; the channel is one that the company may use |
//! | `origin` | `rep` or `hq` | of e-mails only; `rep` when unknown |
//! | `owner_id`, `product`, `theme`, `plan_id`, `plan_step` | text | unknown when empty |
//! | `business_function`, `purpose` | word | as records have it by default (metrics.md §1) |

use super::cells::Cells;
use super::column::Kind::{Instant, Text};
use super::column::{Column, optional, required};
use super::problem::{Found, Origin as From, PlannedError, Problems};
use super::source;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use std::path::Path;
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Origin, Precision, Purpose};

const COLUMNS: &[Column] = &[
    required("hcp_id", Text),
    required("channel", Text),
    required("at", Instant),
    optional("origin", Text),
    optional("owner_id", Text),
    optional("business_function", Text),
    optional("purpose", Text),
    optional("product", Text),
    optional("theme", Text),
    optional("plan_id", Text),
    optional("plan_step", Text),
];

/// A touch that somebody plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTouch {
    /// Whom it will reach.
    pub hcp_id: String,
    /// How.
    pub channel: Channel,
    /// When.
    pub at: Micros,
    /// Who sends an e-mail; `None` for whatever is no e-mail.
    pub origin: Option<Origin>,
    /// Who acts.
    pub owner_id: Option<String>,
    /// The function that acts.
    pub business_function: BusinessFunction,
    /// Why.
    pub purpose: Purpose,
    /// About which product.
    pub product: Option<String>,
    /// Of which campaign.
    pub theme: Option<String>,
    /// Of which engagement plan.
    pub plan_id: Option<String>,
    /// Which step of it.
    pub plan_step: Option<String>,
}

impl PlannedTouch {
    /// The feed that its record would come from.
    pub fn kind(&self) -> Kind {
        kind(self.channel)
    }
}

fn kind(channel: Channel) -> Kind {
    match channel {
        Channel::FaceToFace | Channel::Phone | Channel::Video | Channel::Chat => Kind::Calls,
        Channel::Email => Kind::Emails,
        Channel::Congress => Kind::Congress,
        Channel::MedicalRequest => Kind::Requests,
    }
}

/// Reads a file (CSV, NDJSON or Parquet, by its ending).
///
/// # Errors
/// Every problem of the file at once, for the person who wrote it; a retry without a change does not help.
pub fn load_planned(path: &Path) -> Result<Vec<PlannedTouch>, PlannedError> {
    let (mut touches, mut problems) = (Vec::new(), Problems::default());
    let mut found = Found::new(From::File(path.to_owned()), &mut problems);
    if let Some(mut source) = source::open(path, COLUMNS, &mut found) {
        while source.advance(&mut found) {
            let mut cells = Cells::new(COLUMNS, &*source, &mut found);
            let touch = touch(&mut cells);
            touches.extend(touch.filter(|_| cells.are_sound()));
        }
        if touches.is_empty() && found.count() == 0 {
            found.note(None, None, "at least one planned touch");
        }
    }
    match problems.into_error() {
        None => Ok(touches),
        Some(error) => Err(PlannedError(error)),
    }
}

fn touch(cells: &mut Cells<'_, '_>) -> Option<PlannedTouch> {
    let (hcp_id, channel, at) = (cells.key("hcp_id"), cells.channel("channel"), cells.instant("at"));
    let origin = cells.word::<Origin>("origin");
    let is_email = channel.is_none_or(|channel| channel == Channel::Email);
    if origin.is_some() && !is_email {
        cells.note("origin", "nothing beside a channel other than email");
    }
    let (function, purpose) = (cells.word::<BusinessFunction>("business_function"), cells.word::<Purpose>("purpose"));
    let (owner_id, product, theme) = (cells.text("owner_id"), cells.text("product"), cells.text("theme"));
    let (plan_id, plan_step) = (cells.text("plan_id"), cells.text("plan_step"));
    let channel = channel?;
    let origin = (channel == Channel::Email).then_some(origin.unwrap_or(Origin::Rep));
    let business_function = function.unwrap_or_else(|| BusinessFunction::default_of(kind(channel), origin));
    let purpose = purpose.unwrap_or_else(|| business_function.default_purpose());
    let at = at?;
    Some(PlannedTouch {
        hcp_id,
        channel,
        at,
        origin,
        owner_id,
        business_function,
        purpose,
        product,
        theme,
        plan_id,
        plan_step,
    })
}

/// The touches as records of `source`, as if each had been made and had come in when it happened. Their ids are their
/// places among `touches`.
///
/// # Errors
/// More than 2 GiB of text in a column.
pub fn planned_records(touches: &[PlannedTouch], source: &str) -> Result<RecordBatch, ArrowError> {
    let mut builder = RecordBuilder::default();
    for (place, touch) in (0..).zip(touches) {
        let kind = touch.kind();
        builder.push(&RecordRow {
            kind,
            event_id: &format!("planned-{place}"),
            hcp_id: &touch.hcp_id,
            source,
            op: Op::Upsert,
            status: kind.statuses().iter().copied().find(|status| status.is_touch(kind)),
            occurred_at: Some(touch.at),
            precision: Some(Precision::Instant),
            channel: Some(touch.channel),
            origin: touch.origin,
            business_function: Some(touch.business_function),
            purpose: Some(touch.purpose),
            owner_id: touch.owner_id.as_deref(),
            product: touch.product.as_deref(),
            theme: touch.theme.as_deref(),
            plan_id: touch.plan_id.as_deref(),
            plan_step: touch.plan_step.as_deref(),
            ingested_at: touch.at,
            kafka_timestamp: touch.at,
            kafka_topic: "import:plan",
            kafka_offset: place,
            ..RecordRow::BARE
        });
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::{load_planned, planned_records};
    use touchpoint::record::RecordColumns;
    use touchpoint::{BusinessFunction, Channel, Kind, Origin, Purpose, Status};

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn what_is_left_out_is_as_in_a_record() {
        let text = "at,hcp_id,channel,origin,purpose\n\
                    2026-03-05T10:00:00+02:00,h1,email,hq,\n2026-03-06,h2,face_to_face,,service\n";
        let file = file(text);
        let touches = load_planned(file.path()).expect("sound");
        let [one, two] = &touches[..] else { panic!("two touches") };
        assert_eq!((one.channel, one.origin, one.at), (Channel::Email, Some(Origin::Hq), 1_772_697_600_000_000));
        assert_eq!((one.business_function, one.purpose), (BusinessFunction::Marketing, Purpose::Promotional));
        assert_eq!((two.kind(), two.origin, two.purpose), (Kind::Calls, None, Purpose::Service));
        let batch = planned_records(&touches, "plan").expect("a batch");
        let columns = RecordColumns::try_new(&batch).expect("columns");
        let row = columns.row(1).expect("a row");
        assert_eq!((row.hcp_id, row.source, row.status), ("h2", "plan", Some(Status::Completed)));
        assert_eq!((row.occurred_at, row.ingested_at), (Some(two.at), two.at));
    }

    #[test]
    fn every_problem_is_listed() {
        let text =
            "hcp_id,channel,at,origin\n,pigeon,tomorrow,\nh,phone,2026-03-05,rep\nh,medical_request,2026-03-05,\n";
        let file = file(text);
        let problems = load_planned(file.path()).expect_err("bad rows").0.problems;
        let mut found: Vec<_> = problems.iter().map(|p| (p.place.expect("a line").to_string(), p.column)).collect();
        found.sort();
        let line = |n: u32, column| (format!("line {n}"), Some(column));
        let expected = [line(2, "at"), line(2, "channel"), line(2, "hcp_id"), line(3, "origin"), line(4, "channel")];
        assert_eq!(found, expected);
        assert!(load_planned(self::file("hcp_id,channel,at\n").path()).is_err(), "no touch");
        assert!(load_planned(self::file("hcp,channel,at\nh,phone,2026-03-05\n").path()).is_err(), "no hcp_id");
    }
}
