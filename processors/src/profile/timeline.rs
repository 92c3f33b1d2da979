//! The records of an HCP, as people read them.

use crate::kernel::touches::Source;
use crate::kernel::{Entry, Texts};
use touchpoint::policy::Basis;
use touchpoint::time::{DAY, Micros};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Precision, Purpose, Status};

/// One live record. What the record does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Feed.
    pub kind: Kind,
    /// Id of the interaction in its source.
    pub event_id: String,
    /// Event time.
    pub occurred_at: Micros,
    /// How exactly that is known.
    pub precision: Precision,
    /// The UTC day on which this version came in, as its first instant.
    pub ingested_on: Micros,
    /// Version.
    pub version: i64,
    /// State.
    pub status: Option<Status>,
    /// Channel.
    pub channel: Option<Channel>,
    /// Who sent an e-mail.
    pub origin: Option<Origin>,
    /// Acting function.
    pub business_function: Option<BusinessFunction>,
    /// Purpose.
    pub purpose: Option<Purpose>,
    /// Acting person.
    pub owner_id: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Campaign.
    pub theme: Option<String>,
    /// Engagement plan.
    pub plan_id: Option<String>,
    /// Step of it.
    pub plan_step: Option<String>,
    /// The request it answers.
    pub request_id: Option<String>,
    /// When a request was answered.
    pub answered_at: Option<Micros>,
    /// Of a touch whether and why it is solicited; `None` of what is no touch.
    pub basis: Option<Basis>,
}

pub(crate) fn happening<T: Texts>(source: &Source<'_, T>, entry: &Entry) -> Happening {
    let word = |number: u32| (number != 0).then(|| source.texts.word(number).to_owned());
    let text = |reference: u32| String::from_utf8_lossy(source.texts.text(reference)).into_owned();
    Happening {
        kind: entry.kind(),
        event_id: text(entry.event_id),
        occurred_at: entry.occurred_at,
        precision: if entry.is_date_only() { Precision::Date } else { Precision::Instant },
        ingested_on: Micros::from(entry.ingested_day) * DAY,
        version: entry.version,
        status: entry.status(),
        channel: entry.channel(),
        origin: entry.origin(),
        business_function: entry.function(),
        purpose: entry.purpose(),
        owner_id: word(entry.owner),
        product: word(entry.product),
        theme: word(entry.theme),
        plan_id: word(entry.plan()),
        plan_step: word(entry.plan_step()),
        request_id: request_id(source, entry),
        answered_at: if entry.is_request() { entry.answered_at() } else { None },
        basis: entry.is_touch().then(|| source.basis(entry)),
    }
}

fn request_id<T: Texts>(source: &Source<'_, T>, entry: &Entry) -> Option<String> {
    let id = entry.request_id(&source.texts);
    (!id.is_empty()).then(|| String::from_utf8_lossy(id).into_owned())
}
