//! HCPs that a shard knows before anything is heard of them: targets have a row all the same (ADR 5).
//!
//! Whether an HCP is a target at T is asked at each evaluation; here it is only made known, for as long as the shard lives,
//! if it is a target at any time. The wheel then brings its row when a panel begins to hold, and takes it away after.

use super::shard::Shard;
use touchpoint::Reference;

impl Shard {
    /// Makes known every HCP that is a target at some time and is `wanted`.
    pub fn seed_targets(&mut self, wanted: impl Fn(&str) -> bool) {
        let reference = self.reference().clone();
        for hcp_id in targets(&reference).into_iter().filter(|hcp_id| wanted(hcp_id)) {
            self.make_known(hcp_id);
        }
    }
}

/// In the order of their ids, so that two processes number them alike.
fn targets(reference: &Reference) -> Vec<&str> {
    let mut targets: Vec<&str> = reference.targets().collect();
    targets.sort_unstable();
    targets
}

#[cfg(test)]
mod tests {
    use super::super::Shard;
    use std::sync::Arc;
    use touchpoint::reference::{PanelRow, PlanRow, PlanStepRow, Tables, Validity};
    use touchpoint::time::{DAY, Micros};
    use touchpoint::{Audience, BusinessFunction, Policy, Reference};

    const T: Micros = 1_000 * DAY;

    fn panel(hcp_id: &str, is_target: bool, from: Micros, to: Micros) -> PanelRow {
        let validity = Validity { from, to };
        PanelRow {
            owner_id: "rep".into(),
            hcp_id: hcp_id.into(),
            is_target,
            min_touches: None,
            max_touches: None,
            validity,
        }
    }

    fn shard(tables: Tables) -> Shard {
        let mut shard =
            Shard::new(Arc::new(Policy::default()), Arc::new(Reference::try_new(tables).expect("no faults")));
        shard.seed_targets(|hcp_id| hcp_id != "elsewhere");
        shard
    }

    /// HCPs with a row at `now`.
    fn rows(shard: &mut Shard, now: Micros, audience: Audience) -> Vec<String> {
        shard.advance(now);
        shard.evaluate();
        let snapshot = shard.snapshot();
        snapshot.cells().filter(|c| c.headline(audience).is_some()).map(|c| c.id.to_string()).collect()
    }

    #[test]
    fn a_row_comes_and_goes_with_the_panel() {
        let panels = vec![
            panel("b", true, T + DAY, T + 3 * DAY),
            panel("b", true, T + 5 * DAY, T + 6 * DAY),
            panel("a", true, T, T + 2 * DAY),
            panel("c", false, T, T + 9 * DAY),
            panel("elsewhere", true, T, T + 9 * DAY),
        ];
        for audience in Audience::ALL {
            let mut shard = shard(Tables { panels: Some(panels.clone()), ..Tables::default() });
            let found: Vec<String> = (0..7).map(|day| rows(&mut shard, T + day * DAY, audience).join("")).collect();
            assert_eq!(found, ["a", "ab", "b", "", "", "b", ""]);
            assert_eq!((shard.hcp_count(), shard.heard_of_count()), (2, 0));
        }
    }

    #[test]
    fn who_has_no_records_is_left_alone_while_nothing_changes() {
        let panels = Some(vec![panel("a", true, T, T + 9 * DAY)]);
        let mut shard = shard(Tables { panels, ..Tables::default() });
        let mut evaluated = |now: Micros| {
            shard.advance(now);
            shard.evaluate().len()
        };
        let found = [T, T + DAY, T + 9 * DAY, T + 99 * DAY].map(&mut evaluated);
        assert_eq!(found, [1, 0, 1, 0]);
    }

    #[test]
    fn the_audiences_of_a_target_on_a_plan_with_medical_steps_are_told_apart() {
        let step = PlanStepRow {
            plan_id: "p".into(),
            step: "m".into(),
            position: 1,
            function: Some(BusinessFunction::Medical),
            due: Some(touchpoint::reference::Due { from: 0, to: DAY }),
            ..PlanStepRow::default()
        };
        let validity = Validity { from: T, ..Validity::ALWAYS };
        let run = PlanRow { plan_id: "p".into(), hcp_id: Some("a".into()), validity, ..PlanRow::default() };
        let mut shard = shard(Tables {
            panels: Some(vec![panel("a", true, T, T + 99 * DAY)]),
            plans: Some(vec![run]),
            plan_steps: Some(vec![step]),
            ..Tables::default()
        });
        let mut recall = |now: Micros, audience| {
            rows(&mut shard, now, audience);
            let snapshot = shard.snapshot();
            let cell = snapshot.cells().next().expect("the target");
            cell.headline(audience).expect("a row").values.plan_recall.get()
        };
        assert_eq!(recall(T, Audience::Full), None);
        assert_eq!(recall(T + DAY, Audience::Full), Some(0.0));
        assert_eq!(recall(T + DAY, Audience::Commercial), None);
        assert_eq!(recall(T + 29 * DAY, Audience::Full), None);
    }

    #[test]
    fn a_reload_brings_and_takes_targets_with_a_day_row_each() {
        let data = |panels: Vec<PanelRow>| {
            Arc::new(Reference::try_new(Tables { panels: Some(panels), ..Tables::default() }).expect("no faults"))
        };
        let mut shard = shard(Tables::default());
        rows(&mut shard, T + DAY / 2, Audience::Full);
        shard.start_days(None, T + DAY / 2);
        let mut day = |number: i64, panels: Option<Vec<PanelRow>>| {
            if let Some(panels) = panels {
                shard.set_reference(data(panels));
                shard.seed_targets(|_| true);
            }
            let found = rows(&mut shard, T + number * DAY, Audience::Full);
            let written = shard.close_days(T + number * DAY).expect("rows").map_or(0, |batch| batch.num_rows());
            (found.join(""), written)
        };
        assert_eq!(day(1, None), (String::new(), 0));
        assert_eq!(day(2, Some(vec![panel("a", true, 0, T + 99 * DAY)])), ("a".into(), 1));
        assert_eq!(day(3, None), ("a".into(), 0));
        assert_eq!(day(4, Some(Vec::new())), (String::new(), 1), "the last row takes it back");
        assert_eq!(day(5, None), (String::new(), 0));
    }
}
