//! Alert rules that are SQL files: each row of a query is a condition that holds, of one subject at one instant.
//!
//! A file is `sql/alerts/<name>.sql`, or `sql/alerts/medical/<name>.sql` for rules whose alerts only medical and
//! compliance may see: those look at every record, the others at what the commercial audience sees. Leading `--` lines
//! are its header: the first says in words what the rule is, the others are `-- key: value`.
//!
//! | key | meaning |
//! |---|---|
//! | `name` | the file's name without `.sql` |
//! | `severity` | `info`, `warning` or `critical` |
//! | `subject` | `hcp`: reads `changed`, `changed_windows`, `changed_touches`, `changed_forecast`; `account`: reads `hcp_now` |
//! | `act` | the one thing to do: `hold`, `reassign` or `accept` |
//! | `pending` | optional: how long the condition must hold before the alert fires, as `30m`, `2h`, `1d`; default none |
//! | `touches` | optional, hcp only: which touches an alert names: `budget`, `forecast`, or `all`, `unsolicited`, `on_request` with a span: `unsolicited 7d` |
//! | `summary` | one sentence; `{column}` stands for a column of the row |
//!
//! Then one read-only query. Between its two borders a condition stays as it was, so a rule gives a row for everything
//! above the lower border, and says with `fires` whether it is above the upper one.
//!
//! | column | type | |
//! |---|---|---|
//! | `hcp_id` or `account_id` | text | required: the subject |
//! | `as_of` | instant | required: that of the row it speaks of |
//! | `fires` | boolean | required: true fires, false stays, NULL and no row end |
//! | `value` | number | the number that the rule looks at |
//! | `binding` | text | what binds; required for `touches: budget` |
//! | `hold_until` | instant | when the next touch fits |
//! | any other | text, number, boolean, instant | only if the summary names it |
//!
//! Parameters are the policy's `[alerts]`: `$budget_use_above`, `$budget_use_clear` and so on. A
//! rule judges row by row: an HCP may be there at several instants, and rows of different instants are never to be mixed.
//! No column other than the subject may be computed from a personal one except by counting.
//!
//! Files are planned once for each policy, and run over whatever the tables hold then. Files that break the contract stop
//! the start, all problems of all files at once ([`RuleRefusals`]).

use crate::alert_rule::plan::PlannedRule;
use datafusion::prelude::SessionContext;
use processors::alert::Finding;
use processors::sql::{ChangedTable, Needs};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use touchpoint::{Audience, Policy};

mod ageing;
mod evidence;
mod file;
mod header;
mod plan;
mod refusal;
mod run;
mod shipped;
mod template;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, Group, Which};
pub use file::{Folder, RuleFile};
pub use refusal::{RuleFailure, RuleProblem, RuleRefusal, RuleRefusals};
pub use shipped::shipped;

/// How long one run may take.
const RUN_TIME: Duration = Duration::from_secs(20);

/// The rules of one audience, planned over its tables.
pub struct RuleSet {
    audience: Audience,
    files: Vec<Arc<RuleFile>>,
    planned: Vec<PlannedRule>,
    context: SessionContext,
}

impl RuleSet {
    /// Plans and checks those of `files` that are of `audience`, over the tables of `context`, under `policy`.
    ///
    /// # Errors
    /// Every problem of every file: the author of the file has to change it.
    pub async fn load(
        files: &[RuleFile],
        audience: Audience,
        context: SessionContext,
        policy: &Policy,
    ) -> Result<Self, RuleRefusals> {
        let mut names = HashSet::new();
        let repeated = files.iter().filter(|file| !names.insert(file.name()) && file.audience() == audience);
        let mut refusals: Vec<RuleRefusal> = repeated.map(|file| file.refused(RuleProblem::RepeatedName)).collect();
        let files: Vec<_> = files.iter().filter(|file| file.audience() == audience).cloned().map(Arc::new).collect();
        let planned = plan::all(&files, &context, policy, &mut refusals).await;
        if refusals.is_empty() { Ok(Self { audience, files, planned, context }) } else { Err(RuleRefusals(refusals)) }
    }

    /// Plans every rule anew, under another policy.
    ///
    /// # Errors
    /// A file does not plan under it; the old plans stay.
    pub async fn replan(&mut self, policy: &Policy) -> Result<(), RuleRefusals> {
        let mut refusals = Vec::new();
        let planned = plan::all(&self.files, &self.context, policy, &mut refusals).await;
        if !refusals.is_empty() {
            return Err(RuleRefusals(refusals));
        }
        self.planned = planned;
        Ok(())
    }

    /// Whose view they look at.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    /// The files, in the order in which [`RuleSet::run`] counts them.
    pub fn files(&self) -> &[Arc<RuleFile>] {
        &self.files
    }

    /// The columns of the `changed` tables that the rules read.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for planned in &self.planned {
            planned.add_needs(&mut needs);
        }
        needs
    }

    /// Whether what the rule at place `rule` says of an HCP may change although no turn looks at it.
    pub fn ages(&self, rule: usize) -> bool {
        self.planned.get(rule).is_none_or(|planned| planned.ageing == ageing::Ageing::Moves)
    }

    /// Whether every table that the rule at place `rule` reads is among `tables`.
    pub fn reads_only(&self, rule: usize, tables: &[ChangedTable]) -> bool {
        self.planned.get(rule).is_some_and(|planned| planned.reads_only(tables))
    }

    /// Whether the rule at place `rule` speaks of the present alone: it reads a forecast, and none is made of the past.
    pub fn is_of_present(&self, rule: usize) -> bool {
        self.planned.get(rule).is_some_and(|planned| planned.reads(ChangedTable::Forecast))
    }

    /// That the rule at place `rule` could not be asked.
    pub fn failed(&self, rule: usize) -> Option<RuleFailure> {
        let file = self.files.get(rule)?;
        Some(RuleFailure::Running { rule: file.name().to_owned(), class: "engine" })
    }

    /// What the rule at place `rule` finds over the tables as they are.
    ///
    /// # Errors
    /// The query failed, or gave two rows of one subject and instant; nothing is known then.
    pub async fn run(&self, rule: usize) -> Result<Vec<Finding>, RuleFailure> {
        let (Some(file), Some(planned)) = (self.files.get(rule), self.planned.get(rule)) else { return Ok(Vec::new()) };
        let run = run::run(file, planned, &self.context);
        match tokio::time::timeout(RUN_TIME, run).await {
            Ok(found) => found,
            Err(_elapsed) => Err(RuleFailure::TimedOut { rule: file.name().to_owned(), limit: RUN_TIME }),
        }
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|file| file.name()).collect();
        f.debug_struct("RuleSet").field("audience", &self.audience).field("files", &names).finish_non_exhaustive()
    }
}
