//! What a new user types beside a running demo: touch an HCP too often, and ask when they are free again.

use crate::cli::{DemoArgs, TRIED_PRODUCT};
use processors::check::{Asked, Proposal, Verdict, check};
use processors::kernel::Scratch;
use processors::{Ownership, Shards};
use std::collections::{BTreeSet, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Audience, Channel, Micros, Policy, Reference};

/// The channel of the touches; nobody has to agree to it, as far as the simulated data go.
const CHANNEL: Channel = Channel::Phone;
/// The HCP of the commands where reference data name nobody who may be touched.
const STRANGER: &str = "hcp-of-yours";
/// Where `touchload check` asks unless it is told.
const USUAL: &str = "127.0.0.1:8080";

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Commands {
    /// Touches an HCP more often than the demo's policy allows.
    pub(super) touch: String,
    check: String,
    /// Who is told of alerts.
    pub(super) told: String,
    /// Where the policy in force comes from.
    pub(super) policy: String,
}

impl Commands {
    /// Commands for a demo whose broker is at `servers`, after a history in which `touched` were touched.
    pub(super) fn new(
        servers: &str,
        args: &DemoArgs,
        (policy, reference): (&Arc<Policy>, &Arc<Reference>),
        touched: &HashSet<String>,
        now: Micros,
    ) -> Self {
        let hcp = somebody((policy, reference), touched, now).unwrap_or_else(|| STRANGER.to_owned());
        let told = match args.alertmanager.as_slice() {
            [] => "nobody; --alertmanager URL tells one".to_owned(),
            replicas => replicas.join(", "),
        };
        Self {
            touch: format!("touchload touch --brokers {servers} --hcp {hcp}"),
            check: format!("touchload check --hcp {hcp} --channel {CHANNEL} --product {TRIED_PRODUCT}"),
            told,
            policy: match &args.policy {
                Some(file) => format!("of {}", file.display()),
                None => "the demo's own (touchload policy template demo); --policy takes another".to_owned(),
            },
        }
    }

    /// Asks whether the HCP may be touched again, of the demo that listens at `http`.
    pub(super) fn check(&self, http: SocketAddr) -> String {
        if http.to_string() == USUAL { self.check.clone() } else { format!("{} --url http://{http}", self.check) }
    }
}

/// An HCP who may be touched now, and in four weeks: not one who has not agreed, or is left alone for another reason. One
/// who was not touched yet, so that what follows is the reader's own doing.
fn somebody(
    (policy, reference): (&Arc<Policy>, &Arc<Reference>),
    touched: &HashSet<String>,
    now: Micros,
) -> Option<String> {
    let mut shards = Shards::new(policy.clone(), reference.clone());
    shards.assign(Ownership::Sole, []);
    let hcps: BTreeSet<&str> = reference.hcp_rows().map(|row| row.hcp_id.as_str()).collect();
    let mut scratch = Scratch::default();
    let mut is_free = |hcp: &str, at: Micros| {
        let proposal = Proposal { product: Some(TRIED_PRODUCT.to_owned()), ..Proposal::new(hcp, CHANNEL) };
        check(&shards, &proposal, Asked { audience: Audience::Commercial, now: at }, &mut scratch).verdict
            != Verdict::Deny
    };
    let (known, fresh): (Vec<&str>, Vec<&str>) = hcps.into_iter().partition(|hcp| touched.contains(*hcp));
    let mut in_order = fresh.into_iter().chain(known);
    in_order.find(|hcp| is_free(hcp, now) && is_free(hcp, now + 29 * DAY)).map(str::to_owned)
}
