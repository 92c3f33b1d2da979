//! The turn of alerts after a turn of the state: nothing where alerts are off, or nothing is owned.

use super::{Pipeline, PipelineError};
use processors::alert::Occasion;
use processors::state::hcp::Changed;
use touchpoint::{Micros, Policy};

impl Pipeline {
    /// Looks at what a turn changed.
    pub(super) fn alert(&mut self, now: Micros, changed: &[(i32, Changed)]) -> Result<(), PipelineError> {
        let Some(desk) = self.parts.alerts.as_mut().filter(|_| self.owned.is_some()) else { return Ok(()) };
        Ok(self.parts.runtime.block_on(desk.turn(now, Occasion::Stream, changed))?)
    }

    /// Looks at whom another policy, or other reference data, bear on: what begins or ends by that did not happen now.
    pub(super) fn alert_of_reload(
        &mut self,
        now: Micros,
        policy: Option<&Policy>,
        borne_on: &[(i32, Changed)],
    ) -> Result<(), PipelineError> {
        let Some(desk) = self.parts.alerts.as_mut() else { return Ok(()) };
        let runtime = &self.parts.runtime;
        if let Some(Err(refused)) = policy.map(|policy| runtime.block_on(desk.set_policy(policy))) {
            tracing::error!(%refused, "alert rules do not plan under the new policy and go on under the old borders");
        }
        if self.owned.is_none() {
            return Ok(());
        }
        Ok(runtime.block_on(desk.turn(now, Occasion::PolicyChange, borne_on))?)
    }

    /// Goes on where an earlier owner of the partitions stopped.
    pub(super) fn alert_from_start(&mut self, now: Micros) -> Result<(), PipelineError> {
        let Some(desk) = self.parts.alerts.as_mut() else { return Ok(()) };
        Ok(self.parts.runtime.block_on(desk.start(now))?)
    }

    /// The partitions are another's.
    pub(super) fn forget_alerts(&mut self) {
        if let Some(desk) = &mut self.parts.alerts {
            desk.forget();
        }
    }
}
