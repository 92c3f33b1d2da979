//! The version of reference data: which rows were in force when a number was made.
//!
//! The sum of one hash per row, and one per table that was given, so that neither the order of rows nor that of files nor
//! their format counts. A row is hashed as the canonical bytes of its fields in the order of its struct: a text with its
//! length before it, a number as eight bytes, what is unknown as one byte. The hash is FNV-1a of 64 bits with the finaliser
//! of SplitMix64: fixed by this file, the same on every machine and in every release. It tells data apart; it does not
//! protect them from anybody.

use super::account::AccountRow;
use super::affiliation::AffiliationRow;
use super::consent::{ConsentRow, ConsentRuleRow};
use super::hcp::HcpRow;
use super::panel::PanelRow;
use super::person::PersonRow;
use super::plan::{PlanRow, PlanStepRow};
use super::preference::PreferenceRow;
use super::tables::Tables;
use super::validity::Validity;
use crate::words::Word;

/// The version while no table is given.
pub(super) const NONE: &str = "none";

/// 16 hex digits over all rows, or [`NONE`].
pub(super) fn version(tables: &Tables) -> String {
    let sums = [
        table("hcps", tables.hcps.as_deref()),
        table("accounts", tables.accounts.as_deref()),
        table("affiliations", tables.affiliations.as_deref()),
        table("people", tables.people.as_deref()),
        table("panels", tables.panels.as_deref()),
        table("plans", tables.plans.as_deref()),
        table("plan_steps", tables.plan_steps.as_deref()),
        table("consents", tables.consents.as_deref()),
        table("consent_rules", tables.consent_rules.as_deref()),
        table("preferences", tables.preferences.as_deref()),
    ];
    let given = sums.into_iter().flatten().reduce(u64::wrapping_add);
    given.map_or_else(|| NONE.to_owned(), |sum| format!("{sum:016x}"))
}

fn table<R: Row>(name: &str, rows: Option<&[R]>) -> Option<u64> {
    let start = Digest::default().text(name);
    let hashes = rows?.iter().map(|row| row.digest(start).finish());
    Some(hashes.fold(start.finish(), u64::wrapping_add))
}

/// FNV-1a over what was handed in.
#[derive(Debug, Clone, Copy)]
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn text(self, text: &str) -> Self {
        self.number(text.len() as i64).bytes(text.as_bytes())
    }

    fn number(self, number: i64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    fn known<T>(self, value: Option<T>, known: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => known(self.bytes(&[1]), value),
            None => self.bytes(&[0]),
        }
    }

    fn maybe_text(self, text: Option<&String>) -> Self {
        self.known(text, |digest, text| digest.text(text))
    }

    fn maybe_word<W: Word>(self, word: Option<W>) -> Self {
        self.known(word, |digest, word| digest.text(word.as_str()))
    }

    fn maybe_number(self, number: Option<impl Into<i64>>) -> Self {
        self.known(number, |digest, number| digest.number(number.into()))
    }

    fn validity(self, validity: &Validity) -> Self {
        self.number(validity.from).number(validity.to)
    }

    fn finish(self) -> u64 {
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A row takes itself apart, so that a new field is not forgotten.
trait Row {
    fn digest(&self, start: Digest) -> Digest;
}

impl Row for HcpRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { hcp_id, specialty, segment, territory, country, time_zone, account_id, validity } = self;
        let digest = start.text(hcp_id).maybe_text(specialty.as_ref()).maybe_text(segment.as_ref());
        let digest = digest.maybe_text(territory.as_ref()).maybe_text(country.as_ref());
        let digest = digest.known(*time_zone, |digest, zone| digest.text(zone.name()));
        digest.maybe_text(account_id.as_ref()).validity(validity)
    }
}

impl Row for AccountRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self {
            account_id,
            parent_account_id,
            kind,
            territory,
            country,
            sites,
            decision_makers,
            formulary_control,
            pathway_control,
            access_status,
            therapy_complexity,
            declared_model,
            required_override,
            validity,
        } = self;
        let digest = start.text(account_id).maybe_text(parent_account_id.as_ref()).maybe_text(kind.as_ref());
        let digest = digest.maybe_text(territory.as_ref()).maybe_text(country.as_ref());
        let digest = digest.maybe_number(*sites).maybe_number(*decision_makers);
        let digest = digest.maybe_number(*formulary_control).maybe_number(*pathway_control);
        let digest = digest.maybe_word(*access_status).maybe_number(*therapy_complexity);
        digest.maybe_word(*declared_model).maybe_word(*required_override).validity(validity)
    }
}

impl Row for AffiliationRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { hcp_id, account_id, is_primary, validity } = self;
        start.text(hcp_id).text(account_id).number((*is_primary).into()).validity(validity)
    }
}

impl Row for PersonRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { owner_id, function, role, manager_id, district, validity } = self;
        let digest = start.text(owner_id).maybe_word(*function).maybe_word(*role);
        digest.maybe_text(manager_id.as_ref()).maybe_text(district.as_ref()).validity(validity)
    }
}

impl Row for PanelRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { owner_id, hcp_id, is_target, min_touches, max_touches, validity } = self;
        let digest = start.text(owner_id).text(hcp_id).number((*is_target).into());
        digest.maybe_number(*min_touches).maybe_number(*max_touches).validity(validity)
    }
}

impl Row for PlanRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { plan_id, hcp_id, account_id, author_id, revised_at, decision_id, validity } = self;
        let digest = start.text(plan_id).maybe_text(hcp_id.as_ref()).maybe_text(account_id.as_ref());
        let digest = digest.maybe_text(author_id.as_ref()).maybe_number(*revised_at);
        digest.maybe_text(decision_id.as_ref()).validity(validity)
    }
}

impl Row for PlanStepRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { plan_id, step, position, function, channel, owner_id, after, min_gap, max_gap, due, validity } =
            self;
        let digest = start.text(plan_id).text(step).number((*position).into());
        let digest = digest.maybe_word(*function).maybe_word(*channel).maybe_text(owner_id.as_ref());
        let digest = after.iter().fold(digest.number(after.len() as i64), |digest, step| digest.text(step));
        let digest = digest.maybe_number(*min_gap).maybe_number(*max_gap);
        digest.known(*due, |digest, due| digest.number(due.from).number(due.to)).validity(validity)
    }
}

impl Row for ConsentRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { hcp_id, channel, opts_in, captured_at, validity } = self;
        let digest = start.text(hcp_id).maybe_word(*channel).number((*opts_in).into());
        digest.number(*captured_at).validity(validity)
    }
}

impl Row for ConsentRuleRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { country, channel, regime, validity } = self;
        let digest = start.maybe_text(country.as_ref()).maybe_word(*channel);
        digest.text(regime.as_str()).validity(validity)
    }
}

impl Row for PreferenceRow {
    fn digest(&self, start: Digest) -> Digest {
        let Self { hcp_id, channel, share, validity } = self;
        // Zero of either sign is the same share.
        let share = if *share == 0.0 { 0.0_f64 } else { *share };
        start.text(hcp_id).text(channel.as_str()).bytes(&share.to_bits().to_le_bytes()).validity(validity)
    }
}
