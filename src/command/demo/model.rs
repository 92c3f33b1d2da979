//! What the demo's view shows, from the live state and the numbers of the pipeline.

use super::trying::Commands;
use crate::clock::SystemClock;
use crate::pipeline::{Observer, Tally};
use crate::service::Service;
use crate::session;
use crate::view::{AlertLine, AlertPanel, InterruptedHcp, LoadBand, ViewModel};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use datafusion::prelude::SessionContext;
use processors::SharedShards;
use processors::alert::Transition;
use serve::OpenAlerts;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;
use touchpoint::{Audience, Clock, Micros};

const MOST_INTERRUPTED: &str = "SELECT hcp_id, visits_per_week, touches, unsolicited, calls, emails, invitations, \
     collisions, follow_ups, collision_rate, chance_collision_rate, peak_24h, voices, function_voices, untimely, coherence \
     FROM hcp_now WHERE unsolicited > 0 ORDER BY visits_per_week DESC, hcp_id LIMIT 20";
const BANDS: &str = "SELECT CASE WHEN visits_per_week = 0 THEN 0 WHEN visits_per_week < 0.5 THEN 1 \
     WHEN visits_per_week < 1 THEN 2 WHEN visits_per_week < 2 THEN 3 ELSE 4 END AS band, count(*) AS hcps \
     FROM hcp_now GROUP BY 1";
/// Alerts that a screen has room for.
const NEWEST: usize = 3;
const BAND_LABELS: [&str; 5] = ["none", "below 0.5", "0.5 to 1", "1 to 2", "2 and more"];

/// Makes one model after the other.
pub(super) struct Models {
    context: SessionContext,
    observer: Observer,
    http: SocketAddr,
    sql: Option<SocketAddr>,
    data: String,
    shards: SharedShards,
    alerts: Option<OpenAlerts>,
    trying: Commands,
    started: Micros,
    /// When the rate was last measured, and what had been read by then.
    last: (Micros, u64),
    read_per_second: f64,
}

impl Models {
    pub(super) fn new(service: &Service, data: &str, trying: &Commands) -> anyhow::Result<Self> {
        let started = SystemClock.now();
        Ok(Self {
            context: session::live(&service.shards, Audience::Commercial)?,
            observer: service.observer.clone(),
            http: service.http,
            sql: service.sql,
            data: data.to_owned(),
            shards: service.shards.clone(),
            alerts: service.alerts.clone(),
            trying: trying.clone(),
            started,
            last: (started, 0),
            read_per_second: 0.0,
        })
    }

    pub(super) async fn next(&mut self) -> ViewModel {
        let (now, tally) = (SystemClock.now(), self.observer.tally());
        self.measure(now, &tally);
        let since = |at: Micros| Duration::from_micros(u64::try_from(now - at).unwrap_or(0));
        // While the state is being written a query may fail; the next model, half a second later, shows the rows.
        let interrupted = self.rows(MOST_INTERRUPTED).await.iter().flat_map(interrupted).collect();
        let bands = self.bands().await;
        ViewModel {
            title: "Touchload demo".to_owned(),
            uptime: since(self.started),
            freshness: tally.newest.map(since),
            watermark: tally.watermark,
            read_per_second: self.read_per_second,
            accepted: tally.accepted,
            lag: tally.lag,
            commit_age: tally.committed_at.map(since),
            hcps: bands.iter().map(|b| b.hcps).sum(),
            endpoints: self.endpoints(),
            data: self.data.clone(),
            interrupted,
            bands,
            rejects: tally.rejected.into_iter().collect(),
            alerts: self.alerts.as_ref().map(|open| panel(open, &self.trying.told, now)),
        }
    }

    fn endpoints(&self) -> Vec<(&'static str, String)> {
        let mut endpoints = vec![("page", format!("http://{}/", self.http)), ("policy", self.policy())];
        let psql = |at: SocketAddr| ("sql", format!("psql -h {} -p {} -U demo touchload", at.ip(), at.port()));
        endpoints.extend([("touch", self.trying.touch.clone()), ("check", self.trying.check(self.http))]);
        endpoints.extend(self.sql.map(psql));
        endpoints.extend([
            ("metrics", format!("http://{}/metrics", self.http)),
            ("health", format!("http://{}/readyz", self.http)),
        ]);
        endpoints
    }

    /// Which policy is in force: its file may change meanwhile.
    fn policy(&self) -> String {
        // A writer that panicked has not touched the policy.
        let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
        format!("{}, {}", shards.policy().version, self.trying.policy)
    }

    fn measure(&mut self, now: Micros, tally: &Tally) {
        let (at, read) = self.last;
        let seconds = (now - at) as f64 / 1e6;
        if seconds >= 2.0 {
            self.read_per_second = tally.read.saturating_sub(read) as f64 / seconds;
            self.last = (now, tally.read);
        }
    }

    async fn rows(&self, sql: &str) -> Vec<RecordBatch> {
        match self.context.sql(sql).await {
            Ok(frame) => frame.collect().await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    async fn bands(&self) -> Vec<LoadBand> {
        let mut hcps = [0_u64; BAND_LABELS.len()];
        for batch in self.rows(BANDS).await {
            let (bands, counts) =
                (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
            for (band, count) in bands.iter().zip(counts.iter()) {
                let slot = band.and_then(|b| usize::try_from(b).ok()).and_then(|b| hcps.get_mut(b));
                if let (Some(slot), Some(count)) = (slot, count) {
                    *slot += u64::try_from(count).unwrap_or(0);
                }
            }
        }
        let band = |(label, hcps): (&str, u64)| LoadBand { label: label.to_owned(), hcps };
        BAND_LABELS.into_iter().zip(hcps).map(band).collect()
    }
}

/// The alerts that began last.
fn panel(open: &OpenAlerts, told: &str, now: Micros) -> AlertPanel {
    let newest = open.list(Audience::Commercial, |_| true);
    let line = |transition: &Transition| AlertLine {
        rule: transition.alert.rule.name.to_string(),
        subject: transition.alert.subject.id.to_string(),
        age: Duration::from_micros(u64::try_from(now - transition.at).unwrap_or(0)),
        act: transition.alert.rule.act.to_string(),
        until: transition.alert.facts.hold_until,
        summary: transition.alert.facts.summary.to_string(),
    };
    let (open, told) = (newest.len() as u64, told.to_owned());
    AlertPanel { open, told, newest: newest.iter().take(NEWEST).map(line).collect() }
}

fn interrupted(batch: &RecordBatch) -> Vec<InterruptedHcp> {
    let count = |name: &str, row: usize| {
        let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
        column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
    };
    let real = |name: &str, row: usize| {
        let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Float64Type>());
        column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
    };
    let id = |row: usize| batch.column_by_name("hcp_id").and_then(|c| c.as_string_opt::<i32>()).map(|c| c.value(row));
    let hcp = |row: usize| InterruptedHcp {
        hcp: id(row).unwrap_or_default().to_owned(),
        visits_per_week: real("visits_per_week", row).unwrap_or(0.0),
        touches: count("touches", row).unwrap_or(0),
        unsolicited: count("unsolicited", row).unwrap_or(0),
        calls: count("calls", row).unwrap_or(0),
        emails: count("emails", row).unwrap_or(0),
        invitations: count("invitations", row).unwrap_or(0),
        collisions: count("collisions", row).unwrap_or(0),
        follow_ups: count("follow_ups", row).unwrap_or(0),
        collision_rate: real("collision_rate", row),
        chance_collision_rate: real("chance_collision_rate", row),
        peak_24h: count("peak_24h", row).unwrap_or(0),
        voices: real("voices", row),
        function_voices: real("function_voices", row),
        untimely: count("untimely", row),
        coherence: real("coherence", row),
    };
    (0..batch.num_rows()).map(hcp).collect()
}
