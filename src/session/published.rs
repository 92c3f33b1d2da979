//! The views that everybody may have because no number in them is that of one person: `medical_activity` and
//! `owners_pooled`, from `sql/views/published/*.sql`, and the functions that only they use.

use super::sight::Sight;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;
use touchpoint::record::instant_type;
use touchpoint::reference::UNKNOWN;
use touchpoint::{Kind, Micros, Reference, Status, Word};

const MEDICAL_ACTIVITY: &str = include_str!("../../sql/views/published/medical_activity.sql");
const OWNERS_POOLED: &str = include_str!("../../sql/views/published/owners_pooled.sql");

/// An instant as a parameter of a view.
fn instant(at: Micros) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into()))
}

/// `medical_activity` as of `now`, over the table `touchpoint_log` that the context has, which must be whole.
///
/// # Errors
/// The view does not plan: a bug.
pub(super) async fn medical_activity(
    context: &SessionContext,
    reference: &Arc<Reference>,
    now: Micros,
) -> Result<Arc<dyn TableProvider>> {
    context.register_udf(status_rank());
    context.register_udf(is_touch());
    for (name, fact) in FACTS {
        context.register_udf(hcp_fact(name, fact, reference.clone()));
    }
    let view = context.sql(MEDICAL_ACTIVITY).await?.with_param_values(vec![("now", instant(now))])?.into_view();
    let functions = ["status_rank", "is_touch"].into_iter().chain(FACTS.map(|(name, _)| name));
    functions.for_each(|name| context.deregister_udf(name));
    Ok(view)
}

/// `owners_pooled` as of `now`, over the view `touchpoints` that the context has.
///
/// # Errors
/// The view does not plan: a bug.
pub(super) async fn owners_pooled(
    context: &SessionContext,
    sight: &Arc<Sight>,
    now: Micros,
) -> Result<Arc<dyn TableProvider>> {
    context.register_udf(is_touch());
    let (of_owner, of_hcp) = (sight.clone(), sight.clone());
    let district = move |owner: &str| of_owner.district_of_pooled(owner).map(str::to_owned);
    context.register_udf(function("district_of_pooled", &[DataType::Utf8], DataType::Utf8, move |arguments| {
        let districts: StringArray = text(arguments, 0)?.iter().map(|owner| district(owner?)).collect();
        Ok(Arc::new(districts))
    }));
    context.register_udf(function("is_in_sight", &[DataType::Utf8], DataType::Boolean, move |arguments| {
        let seen: BooleanArray = text(arguments, 0)?.iter().map(|hcp_id| Some(of_hcp.sees_hcp(hcp_id?))).collect();
        Ok(Arc::new(seen))
    }));
    let view = context.sql(OWNERS_POOLED).await?.with_param_values(vec![("now", instant(now))])?;
    Ok(view.into_view())
}

/// A function of a row's values; it is known inside sessions only, never to a reader.
fn function(
    name: &str,
    arguments: &[DataType],
    returns: DataType,
    compute: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    let compute = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        Ok(ColumnarValue::Array(compute(&arrays)?))
    };
    create_udf(name, arguments.to_vec(), returns, Volatility::Stable, Arc::new(compute))
}

fn text(arguments: &[ArrayRef], place: usize) -> Result<&StringArray> {
    let found = arguments.get(place).and_then(|column| column.as_string_opt::<i32>());
    found.ok_or_else(|| exec_datafusion_err!("argument {place} is no text"))
}

fn word<W: Word>(text: Option<&str>) -> Option<W> {
    text.and_then(|text| W::parse(text.as_bytes()))
}

/// `status_rank(kind, status, op)`: the place of a record among those of its identity and version.
fn status_rank() -> ScalarUDF {
    function("status_rank", &[DataType::Utf8, DataType::Utf8, DataType::Utf8], DataType::Int64, |arguments| {
        let (kinds, statuses, ops) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
        let rank = |((kind, status), op): ((Option<&str>, Option<&str>), Option<&str>)| {
            if op == Some("delete") {
                return Some(i64::from(u8::MAX));
            }
            let rank = word::<Status>(status).zip(word::<Kind>(kind)).and_then(|(status, kind)| status.rank(kind));
            Some(rank.map_or(0, i64::from))
        };
        Ok(Arc::new(kinds.iter().zip(statuses).zip(ops).map(rank).collect::<Int64Array>()))
    })
}

/// `is_touch(kind, status)`.
fn is_touch() -> ScalarUDF {
    function("is_touch", &[DataType::Utf8, DataType::Utf8], DataType::Boolean, |arguments| {
        let is_touch = |(kind, status): (Option<&str>, Option<&str>)| {
            let known = word::<Status>(status).zip(word::<Kind>(kind));
            Some(known.is_some_and(|(status, kind)| status.is_touch(kind)))
        };
        let touches: BooleanArray = text(arguments, 0)?.iter().zip(text(arguments, 1)?).map(is_touch).collect();
        Ok(Arc::new(touches))
    })
}

/// What reference data say of an HCP at an instant.
type Fact = for<'r> fn(&'r Reference, &str, Micros) -> Option<&'r str>;

const FACTS: [(&str, Fact); 3] = [
    ("hcp_country", |reference, hcp_id, at| {
        Some(reference.hcp(hcp_id, at).and_then(|row| row.country.as_deref()).unwrap_or(UNKNOWN))
    }),
    ("hcp_specialty", |reference, hcp_id, at| {
        Some(reference.hcp(hcp_id, at).and_then(|row| row.specialty.as_deref()).unwrap_or(UNKNOWN))
    }),
    // Whoever has no account adds none to those that a cell is counted by.
    ("hcp_account", |reference, hcp_id, at| reference.account_of(hcp_id, at)),
];

fn hcp_fact(name: &str, fact: Fact, reference: Arc<Reference>) -> ScalarUDF {
    function(name, &[DataType::Utf8, instant_type()], DataType::Utf8, move |arguments| {
        let instants = arguments.get(1).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        let instants = instants.ok_or_else(|| exec_datafusion_err!("argument 1 is no instant"))?;
        let known = text(arguments, 0)?.iter().zip(instants);
        let facts = known.map(|(hcp_id, at)| fact(&reference, hcp_id?, at?)).collect::<StringArray>();
        Ok(Arc::new(facts))
    })
}

#[cfg(test)]
mod tests {
    use super::{Micros, medical_activity};
    use arrow::array::{BooleanArray, RecordBatch};
    use datafusion::prelude::SessionContext;
    use std::sync::Arc;
    use touchpoint::log::from_record;
    use touchpoint::record::{RecordBuilder, RecordRow};
    use touchpoint::reference::{HcpRow, Tables};
    use touchpoint::time::{DAY, SECOND};
    use touchpoint::{BusinessFunction, Channel, Kind, Reference, Status};

    /// 2026-01-15 00:00 UTC.
    const JANUARY: Micros = 1_768_435_200 * SECOND;
    /// The instant at which January is published: 2026-03-08 00:00 UTC.
    const PUBLISHED: Micros = 1_772_928_000 * SECOND;

    fn request(at: Micros) -> RecordRow<'static> {
        RecordRow {
            kind: Kind::Requests,
            status: Some(Status::Received),
            channel: Some(Channel::MedicalRequest),
            business_function: Some(BusinessFunction::Medical),
            ..RecordRow::visit(at)
        }
    }

    /// The rows, each of another HCP unless it says whose it is, in a log.
    fn log(rows: &[RecordRow<'_>]) -> RecordBatch {
        let mut builder = RecordBuilder::default();
        for (n, row) in rows.iter().enumerate() {
            let hcp_id = if row.hcp_id.is_empty() { format!("h{n}") } else { row.hcp_id.to_owned() };
            builder.push(&RecordRow { event_id: &hcp_id, hcp_id: &hcp_id, kafka_offset: n as i64, ..*row });
        }
        let flags = || BooleanArray::from(vec![false; rows.len()]);
        from_record(&builder.finish().unwrap(), flags(), flags()).unwrap()
    }

    /// The cells at `now`: month, activity, HCPs and records.
    async fn cells(rows: &[RecordRow<'_>], accounts: usize, now: Micros) -> Vec<String> {
        let hcp = |n: usize| HcpRow {
            hcp_id: format!("h{n}"),
            account_id: Some(format!("acc-{}", n % accounts)),
            ..HcpRow::default()
        };
        let tables = Tables { hcps: Some((0..rows.len()).map(hcp).collect()), ..Tables::default() };
        let reference = Arc::new(Reference::try_new(tables).unwrap());
        let context = SessionContext::new();
        context.register_batch("touchpoint_log", log(rows)).unwrap();
        let view = medical_activity(&context, &reference, now).await.unwrap();
        context.register_table("medical_activity", view).unwrap();
        let sql = "SELECT to_char(month, '%Y-%m') || ' ' || activity || ' ' || hcps_at_least || ' ' || records_at_least \
                   FROM medical_activity ORDER BY 1";
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        let texts = batches.iter().flat_map(|batch| {
            let text = |row| arrow::util::display::array_value_to_string(batch.column(0), row).unwrap();
            (0..batch.num_rows()).map(text).collect::<Vec<_>>()
        });
        texts.collect()
    }

    #[tokio::test]
    async fn a_cell_is_there_once_its_month_is_published_and_full_enough() {
        let rows = |n: usize| vec![request(JANUARY); n];
        assert_eq!(cells(&rows(10), 3, PUBLISHED).await, ["2026-01 requests 10 10"]);
        assert_eq!(cells(&rows(14), 3, PUBLISHED + 900 * DAY).await, ["2026-01 requests 10 10"]);
        assert!(cells(&rows(10), 3, PUBLISHED - 1).await.is_empty());
        assert!(cells(&rows(9), 3, PUBLISHED).await.is_empty(), "too few HCPs");
        assert!(cells(&rows(15), 2, PUBLISHED).await.is_empty(), "too few accounts");
        let withdrawn = RecordRow { status: Some(Status::Withdrawn), ..request(JANUARY) };
        assert!(cells(&vec![withdrawn; 12], 3, PUBLISHED).await.is_empty());
        let visit = RecordRow { business_function: Some(BusinessFunction::Medical), ..RecordRow::visit(JANUARY) };
        assert_eq!(cells(&[rows(9), vec![visit; 10]].concat(), 3, PUBLISHED).await, ["2026-01 medical_touches 10 10"]);
    }

    #[tokio::test]
    async fn what_comes_in_later_changes_no_published_cell() {
        let mut rows = vec![request(JANUARY); 10];
        let before = cells(&rows, 3, PUBLISHED).await;
        // Five more of other HCPs, and one of the ten withdrawn and another moved to the next month.
        rows.extend(vec![RecordRow { ingested_at: PUBLISHED, ..request(JANUARY) }; 5]);
        let corrected = |status, at, hcp_id| {
            let row = RecordRow { version: 1, status: Some(status), ..request(at) };
            RecordRow { ingested_at: PUBLISHED + DAY, hcp_id, ..row }
        };
        rows.push(corrected(Status::Withdrawn, JANUARY, "h0"));
        rows.push(corrected(Status::Received, JANUARY + 20 * DAY, "h1"));
        assert_eq!(cells(&rows, 3, PUBLISHED + 100 * DAY).await, before);
        // In time they do.
        let in_time = rows.iter().map(|row| RecordRow { ingested_at: row.ingested_at.min(PUBLISHED - 1), ..*row });
        assert_eq!(cells(&in_time.collect::<Vec<_>>(), 3, PUBLISHED).await, ["2026-01 requests 10 10"]);
        let imported = rows.iter().map(|row| RecordRow { kafka_topic: "import:1", ..*row });
        assert_eq!(cells(&imported.collect::<Vec<_>>(), 3, PUBLISHED).await, ["2026-01 requests 10 10"], "13 are left");
    }
}
