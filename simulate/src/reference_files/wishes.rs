//! What HCPs agreed to, refused, and would rather have.

use crate::config::Span;
use crate::id::Named;
use crate::seed::Purpose;
use crate::world::{AccessBand, World};
use touchpoint::Micros;
use touchpoint::reference::{ConsentRow, ConsentRuleRow, PreferenceRow, Regime, Validity};
use touchpoint::time::{DAY, EARLIEST, LATEST};
use touchpoint::words::Channel;

/// Of the HCPs that headquarters may not write to: who agreed to e-mail all the same, by their rep, and who refused it.
const AGREED_TO_REP: f64 = 0.90;
const REFUSED_EMAIL: f64 = 0.04;
/// Shares of HCPs whose agreement expires within the span, who refuse the telephone, who refuse everything within the span.
const EXPIRES: f64 = 0.03;
const REFUSED_PHONE: f64 = 0.03;
const REFUSED_ALL: f64 = 0.005;
/// Share of HCPs whose preferences are known.
const PREFERS: f64 = 0.7;
/// Earliest capture before the span, days.
const CAPTURED_BEFORE: u64 = 900;

/// What is drawn for an HCP; the numbers are part of every world.
#[derive(Debug, Clone, Copy)]
enum Draw {
    Email,
    EmailDay,
    Expiry,
    ExpiryDay,
    Phone,
    PhoneDay,
    All,
    AllDay,
}

/// Every HCP's captures.
pub(super) fn consents(world: &World) -> impl Iterator<Item = ConsentRow> {
    (0..world.hcps()).flat_map(move |hcp| {
        let wishes = Wishes { world, hcp };
        [wishes.email(), wishes.phone(), wishes.everything()].into_iter().flatten()
    })
}

/// E-mail has to be agreed to, except in the United States.
pub(super) fn rules() -> impl Iterator<Item = ConsentRuleRow> + use<> {
    let rule = |country: Option<&str>, channel, regime| ConsentRuleRow {
        country: country.map(Into::into),
        channel,
        regime,
        validity: Validity::ALWAYS,
    };
    let email = Some(Channel::Email);
    [rule(None, None, Regime::OptOut), rule(None, email, Regime::OptIn), rule(Some("US"), email, Regime::OptOut)]
        .into_iter()
}

/// The preferences of those whose are known.
pub(super) fn preferences(world: &World) -> impl Iterator<Item = PreferenceRow> {
    let known = move |hcp: &u32| world.seed().unit(Purpose::Preference, u64::from(*hcp), 0) < PREFERS;
    (0..world.hcps()).filter(known).flat_map(move |hcp| {
        shares(world.access(hcp)).into_iter().zip(1..).map(move |((channel, share), draw)| {
            let bent = share * (0.5 + world.seed().unit(Purpose::Preference, u64::from(hcp), draw));
            let share = (bent * 100.0).round() / 100.0;
            PreferenceRow { hcp_id: Named::Hcp(hcp).id(), channel, share, validity: Validity::ALWAYS }
        })
    })
}

/// Who sees nobody reads the more.
fn shares(access: AccessBand) -> [(Channel, f64); 5] {
    let [visit, email, phone, video, chat] = match access {
        AccessBand::Accessible => [0.50, 0.25, 0.10, 0.10, 0.05],
        AccessBand::Restricted => [0.30, 0.35, 0.10, 0.20, 0.05],
        AccessBand::Severe => [0.05, 0.55, 0.15, 0.20, 0.05],
    };
    [
        (Channel::FaceToFace, visit),
        (Channel::Email, email),
        (Channel::Phone, phone),
        (Channel::Video, video),
        (Channel::Chat, chat),
    ]
}

/// The wishes of one HCP.
#[derive(Clone, Copy)]
struct Wishes<'a> {
    world: &'a World,
    hcp: u32,
}

impl Wishes<'_> {
    /// Whom headquarters writes to, in waves or in plans, has agreed; most others have told their rep that it may.
    fn email(self) -> Option<ConsentRow> {
        let captured_at = self.day_before(Draw::EmailDay);
        let asked = self.world.has_consented(self.hcp) || self.world.is_enrolled(self.hcp);
        let u = self.unit(Draw::Email);
        if !asked && u >= AGREED_TO_REP {
            let refused = u < AGREED_TO_REP + REFUSED_EMAIL;
            return refused.then(|| self.row(Some(Channel::Email), Regime::OptOut, captured_at));
        }
        let mut row = self.row(Some(Channel::Email), Regime::OptIn, captured_at);
        if self.unit(Draw::Expiry) < EXPIRES {
            row.validity.to = self.day_within(Draw::ExpiryDay);
        }
        Some(row)
    }

    fn phone(self) -> Option<ConsentRow> {
        let refused = self.unit(Draw::Phone) < REFUSED_PHONE;
        refused.then(|| self.row(Some(Channel::Phone), Regime::OptOut, self.day_before(Draw::PhoneDay)))
    }

    fn everything(self) -> Option<ConsentRow> {
        let refused = self.unit(Draw::All) < REFUSED_ALL;
        refused.then(|| self.row(None, Regime::OptOut, self.day_within(Draw::AllDay)))
    }

    fn row(self, channel: Option<Channel>, said: Regime, captured_at: Micros) -> ConsentRow {
        let validity = Validity { from: captured_at, to: LATEST + 1 };
        let hcp_id = Named::Hcp(self.hcp).id();
        ConsentRow { hcp_id, channel, opts_in: said == Regime::OptIn, captured_at, validity }
    }

    fn unit(self, draw: Draw) -> f64 {
        self.world.seed().unit(Purpose::Capture, u64::from(self.hcp), draw as u64)
    }

    fn below(self, draw: Draw, days: u64) -> i64 {
        self.world.seed().below(Purpose::Capture, u64::from(self.hcp), draw as u64, days) as i64
    }

    /// 00:00 UTC of some day before the span.
    fn day_before(self, draw: Draw) -> Micros {
        let first = self.world.config().span.from.div_euclid(DAY);
        ((first - 1 - self.below(draw, CAPTURED_BEFORE)) * DAY).max(EARLIEST)
    }

    /// 00:00 UTC of some day within the span, after any day before it.
    fn day_within(self, draw: Draw) -> Micros {
        let Span { from, to } = self.world.config().span;
        let days = ((to - from) / DAY).max(1).unsigned_abs();
        (from.div_euclid(DAY) + 1 + self.below(draw, days)) * DAY
    }
}
