//! The turn of alerts after a turn of the state, and their way into the table: nothing where alerts are off, or nothing is
//! owned.

use super::commit::InFlight;
use super::{Pipeline, PipelineError};
use crate::alerts::{AlertRows, Stored};
use processors::alert::Occasion;
use processors::state::hcp::Changed;
use touchpoint::{Micros, Policy};

impl Pipeline {
    /// Looks at what a turn changed.
    pub(super) fn alert(&mut self, now: Micros, changed: &[(i32, Changed)]) -> Result<(), PipelineError> {
        let Some(desk) = self.parts.alerts.as_mut().filter(|_| self.owned.is_some()) else { return Ok(()) };
        let began = self.parts.clock.now();
        self.parts.runtime.block_on(desk.turn(now, Occasion::Stream, changed))?;
        desk.took(self.parts.clock.now() - began);
        self.note_alert_rows(now);
        Ok(())
    }

    /// Takes up what was accepted since the last event.
    pub(super) fn accept_alerts(&mut self, now: Micros) -> Result<(), PipelineError> {
        let Some(desk) = self.parts.alerts.as_mut().filter(|_| self.owned.is_some()) else { return Ok(()) };
        self.parts.runtime.block_on(desk.accept(now))?;
        self.note_alert_rows(now);
        Ok(())
    }

    /// Transitions wait for a cycle as records do. Where none waits, and none is on its way, everything until now is stored.
    fn note_alert_rows(&mut self, now: Micros) {
        let Some(desk) = &self.parts.alerts else { return };
        if desk.has_unwritten() {
            self.pending.since.get_or_insert(now);
        } else if !self.in_flight.as_ref().is_some_and(InFlight::has_alerts) {
            desk.written_until().set(now);
        }
    }

    /// The transitions that go with the next cycle.
    pub(super) fn take_alert_rows(&mut self) -> Result<AlertRows, PipelineError> {
        match &mut self.parts.alerts {
            Some(desk) => Ok(desk.take_unwritten()?),
            None => Ok(AlertRows::default()),
        }
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
        runtime.block_on(desk.turn(now, Occasion::PolicyChange, borne_on))?;
        self.note_alert_rows(now);
        Ok(())
    }

    /// Goes on where an earlier owner of the partitions stopped.
    pub(super) fn alert_from_start(&mut self, now: Micros) -> Result<(), PipelineError> {
        let numbers = self.owned_numbers();
        let (store, owner) = (&self.parts.store, &self.parts.owner);
        let Some(desk) = self.parts.alerts.as_mut() else { return Ok(()) };
        self.parts.runtime.block_on(async {
            let marks = store.acquire_alerts(owner, &numbers).await?;
            let stored = Stored::read(store, &marks).await?;
            desk.start(now, marks, stored).await?;
            Ok::<_, PipelineError>(())
        })?;
        self.note_alert_rows(now);
        Ok(())
    }

    /// The partitions are another's.
    pub(super) fn forget_alerts(&mut self) {
        if let Some(desk) = &mut self.parts.alerts {
            desk.forget();
            self.parts.runtime.block_on(self.parts.store.release_alerts());
        }
    }
}
