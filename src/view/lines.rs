//! The view on plain lines: for pipes, logs and terminals too small for the screen.

use crate::summary::{counted, grouped, spoken};
use crate::view::model::{ViewModel, instant, percent, score};
use crate::view::{age, alerts, hcps, per_second, reason};

/// HCPs on plain lines.
const TOP: usize = 5;
/// Room for an id and for its reason.
const ID_WIDTH: usize = 36;
const REASON_WIDTH: usize = 60;

impl ViewModel {
    /// The same facts, a few lines, without colour or position: state, flow, places, the first HCPs, bands, rejects.
    pub fn to_lines(&self) -> Vec<String> {
        let unknown = || "–".to_owned();
        let mut lines = vec![
            format!(
                "{}: up {}, {}, newest {}, last commit {}, watermark {}",
                self.title,
                spoken(self.uptime),
                counted(self.hcps, "HCP", "HCPs"),
                age(self.freshness),
                age(self.commit_age),
                self.watermark.map_or_else(unknown, instant)
            ),
            format!(
                "in {}, accepted {}, rejected {}, lag {}",
                per_second(self.read_per_second),
                grouped(self.accepted),
                grouped(self.rejected()),
                self.lag.map_or_else(unknown, grouped)
            ),
        ];
        for (rank, hcp) in self.interrupted.iter().take(TOP).enumerate() {
            lines.push(format!(
                "#{} {}: {:.1} visits/wk, {}, {} unsolicited, collisions {} (chance {}), coherence {}: {}",
                rank + 1,
                hcps::shortened(&hcp.hcp, ID_WIDTH),
                hcp.visits_per_week,
                counted(hcp.touches.unsigned_abs(), "touch", "touches"),
                hcp.unsolicited,
                percent(hcp.collision_rate),
                percent(hcp.chance_collision_rate),
                score(hcp.coherence),
                reason::reason(hcp, REASON_WIDTH)
            ));
        }
        lines.extend(self.alerts.iter().flat_map(alerts::lines));
        let bands: Vec<_> = self.bands.iter().map(|b| format!("{} {}", b.label, grouped(b.hcps))).collect();
        if !bands.is_empty() {
            lines.push(format!("HCPs by load: {}", bands.join(", ")));
        }
        let rejects: Vec<_> =
            self.rejects_by_count().into_iter().map(|(reason, n)| format!("{reason} {}", grouped(n))).collect();
        if !rejects.is_empty() {
            lines.push(format!("rejected: {}", rejects.join(", ")));
        }
        lines
    }

    /// Where the endpoints and the tables are; worth saying once.
    pub fn place_lines(&self) -> Vec<String> {
        let endpoints = self.endpoints.iter().map(|(label, url)| format!("{label:<9} {url}"));
        endpoints.chain([format!("{:<9} {}", "tables", self.data)]).collect()
    }
}
