//! Rows as of T, from cached values and the windows that are asked for, beside those of a whole evaluation.

use super::{ChangedRows, ChangedTable, LookAt, Needs, Passing};
use crate::sample::Sample;
use crate::shards::{Ownership, Shards};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::logical_expr::{col, lit};
use touchpoint::policy::Budget;
use touchpoint::record::RecordRow;
use touchpoint::reference::Tables;
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Policy};

const NOW: Micros = 20_000 * DAY;
const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const FUNCTIONS: [BusinessFunction; 3] =
    [BusinessFunction::Sales, BusinessFunction::Marketing, BusinessFunction::Medical];
const OWNERS: [&str; 4] = ["rep", "hq", "msl", "other"];

/// Numbers that repeat from run to run (SplitMix64).
fn mix(number: u64) -> usize {
    let mixed = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (number >> 7)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as usize
}

/// Touches of six HCPs within 120 days; the last HCP has one, which is old.
fn shards() -> Shards {
    let touch = |n: u64| RecordRow {
        hcp_id: IDS[mix(n) % 5],
        owner_id: Some(OWNERS[mix(n + 1_000) % 4]),
        business_function: Some(FUNCTIONS[mix(n + 2_000) % 3]),
        request_id: (n % 11 == 0).then_some("r"),
        ..RecordRow::visit(NOW - HOUR * (mix(n + 3_000) % 2_880) as Micros)
    };
    let mut rows: Vec<RecordRow<'static>> = (0..300).map(touch).collect();
    rows.push(RecordRow { hcp_id: "f", ..RecordRow::visit(NOW - 200 * DAY) });
    let policy = Policy { budgets: vec![Budget::new("ten", Some(10), 28 * DAY)], ..Policy::default() };
    Sample { rows, policy, tables: Tables::default() }.shards(Ownership::Sole, NOW)
}

fn rows(shards: &Shards, audience: Audience, needs: &Needs) -> ChangedRows {
    let mut looks: Vec<LookAt> = (0..IDS.len() as u32).map(|hcp| LookAt { at: NOW, shard: 0, hcp }).collect();
    ChangedRows::build(shards, audience, &mut looks, needs).expect("rows")
}

/// The same rows; of real numbers as near as sums in another order are.
fn assert_same(table: ChangedTable, whole: &RecordBatch, cached: &RecordBatch) {
    assert_eq!(whole.schema(), cached.schema());
    assert!(whole.num_rows() > 5 && whole.num_rows() == cached.num_rows(), "{table:?}: {}", whole.num_rows());
    for ((field, one), other) in whole.schema().fields().iter().zip(whole.columns()).zip(cached.columns()) {
        if field.data_type() != &DataType::Float64 {
            assert_eq!(one, other, "{table:?}.{}", field.name());
            continue;
        }
        let (one, other) = (one.as_primitive::<Float64Type>(), other.as_primitive::<Float64Type>());
        assert_eq!(one.nulls(), other.nulls(), "{table:?}.{}", field.name());
        for (one, other) in one.iter().flatten().zip(other.iter().flatten()) {
            assert!((one - other).abs() <= 1e-9 * one.abs().max(1.0), "{table:?}.{}: {one} {other}", field.name());
        }
    }
}

#[test]
fn what_is_cached_is_what_an_evaluation_gives() {
    let of_windows = Passing::of(&col("window").in_list(vec![lit("7d"), lit("24h")], false));
    let mut needs = Needs::default();
    needs.add(ChangedTable::Now, None, &Passing::default());
    needs.add(ChangedTable::Windows, None, &of_windows);
    for audience in Audience::ALL {
        let mut shards = shards();
        // Records came and were not taken in yet: everybody is evaluated.
        assert!((0..IDS.len() as u32).all(|hcp| !shards.get(0).unwrap().is_cached_at(hcp, NOW)));
        let whole = rows(&shards, audience, &needs);
        shards.turn(NOW);
        assert!((0..IDS.len() as u32).all(|hcp| shards.get(0).unwrap().is_cached_at(hcp, NOW)));
        let cached = rows(&shards, audience, &needs);
        assert_same(ChangedTable::Now, &whole.now[0], &cached.now[0]);
        assert_same(ChangedTable::Windows, &whole.windows[0], &cached.windows[0]);
        assert_eq!(cached.windows[0].num_rows(), 2 * cached.now[0].num_rows(), "two windows were asked for");
    }
}

#[test]
fn touches_without_a_request_are_left_out_where_no_plan_looks_at_them() {
    let carrying = Passing::of(&col("carries_request"));
    let count = |passing: &[&Passing]| {
        let mut needs = Needs::default();
        passing.iter().for_each(|passing| needs.add(ChangedTable::Touches, None, passing));
        rows(&shards(), Audience::Full, &needs).touches[0].num_rows()
    };
    let (some, all) = (count(&[&carrying]), count(&[&carrying, &Passing::default()]));
    assert!(0 < some && some < all / 4, "{some} of {all}");
    assert_eq!(count(&[&Passing::default(), &carrying]), all, "whichever plan comes first");
}
