//! The known fields of a record: their names, the kinds that read them, and what each must hold.

mod form;
mod spelling;

pub(crate) use form::Form;
pub(crate) use spelling::SPELLING;

use touchpoint::Kind;
use touchpoint::record::Column;

macro_rules! fields {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// A known field. The text fields come first, so that a field is a place in their array.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Field { $($field),+ }
        impl Field {
            /// As it is written in a record.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$field => $name),+ }
            }
            /// The column it is stored in, which has the same name.
            #[inline]
            pub(crate) const fn column(self) -> Column {
                match self { $(Self::$field => Column::$field),+ }
            }
            pub(crate) const ALL: &'static [Self] = &[$(Self::$field),+];
        }
    };
}

fields! {
    EventId = "event_id", HcpId = "hcp_id", Source = "source", AccountId = "account_id", OwnerId = "owner_id",
    Product = "product", Theme = "theme", Topic = "topic", PlanId = "plan_id", PlanStep = "plan_step",
    CongressId = "congress_id", RequestId = "request_id",
    Version = "version", Op = "op", Status = "status", Channel = "channel", Origin = "origin", Mode = "mode",
    Intake = "intake", BusinessFunction = "business_function", Purpose = "purpose", Solicited = "solicited",
    OccurredAt = "occurred_at", RecordedAt = "recorded_at", StatusAt = "status_at", AnsweredAt = "answered_at",
    DurationS = "duration_s", Attendees = "attendees",
}

/// How many of the fields, from the first, hold text.
pub(crate) const TEXT_FIELDS: usize = Field::RequestId as usize + 1;

impl Field {
    /// The field called `name`. Length and two letters leave one candidate, so that one comparison decides.
    #[inline]
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let [first, second, ..] = *name else { return None };
        let is = |expected: &[u8], field| (name == expected).then_some(field);
        match (name.len(), first, second) {
            (2, b'o', _) => is(b"op", Self::Op),
            (4, b'm', _) => is(b"mode", Self::Mode),
            (5, b't', b'h') => is(b"theme", Self::Theme),
            (5, b't', _) => is(b"topic", Self::Topic),
            (6, b'h', _) => is(b"hcp_id", Self::HcpId),
            (6, b's', b't') => is(b"status", Self::Status),
            (6, b's', _) => is(b"source", Self::Source),
            (6, b'o', _) => is(b"origin", Self::Origin),
            (6, b'i', _) => is(b"intake", Self::Intake),
            (7, b'c', _) => is(b"channel", Self::Channel),
            (7, b'v', _) => is(b"version", Self::Version),
            (7, b'p', b'r') => is(b"product", Self::Product),
            (7, b'p', b'u') => is(b"purpose", Self::Purpose),
            (7, b'p', _) => is(b"plan_id", Self::PlanId),
            (8, b'e', _) => is(b"event_id", Self::EventId),
            (8, b'o', _) => is(b"owner_id", Self::OwnerId),
            (9, b'p', _) => is(b"plan_step", Self::PlanStep),
            (9, b's', b'o') => is(b"solicited", Self::Solicited),
            (9, b's', _) => is(b"status_at", Self::StatusAt),
            (9, b'a', _) => is(b"attendees", Self::Attendees),
            (10, b'a', _) => is(b"account_id", Self::AccountId),
            (10, b'r', _) => is(b"request_id", Self::RequestId),
            (10, b'd', _) => is(b"duration_s", Self::DurationS),
            (11, b'o', _) => is(b"occurred_at", Self::OccurredAt),
            (11, b'r', _) => is(b"recorded_at", Self::RecordedAt),
            (11, b'a', _) => is(b"answered_at", Self::AnsweredAt),
            (11, b'c', _) => is(b"congress_id", Self::CongressId),
            (17, b'b', _) => is(b"business_function", Self::BusinessFunction),
            _ => None,
        }
    }

    /// Whether records of `kind` have the field; where they have not, it is skipped like an unknown one.
    pub(crate) const fn is_read_for(self, kind: Kind) -> bool {
        match self {
            Self::Channel | Self::DurationS | Self::Attendees => matches!(kind, Kind::Calls),
            Self::Origin => matches!(kind, Kind::Emails),
            Self::Mode => matches!(kind, Kind::Congress),
            Self::Intake | Self::AnsweredAt => matches!(kind, Kind::Requests),
            Self::Topic => !matches!(kind, Kind::Requests),
            _ => true,
        }
    }

    /// The field's place in a set of fields.
    #[inline]
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The set of the fields that records of `kind` have.
    #[inline]
    pub(crate) fn read_for(kind: Kind) -> u32 {
        const fn set(kind: Kind) -> u32 {
            let (mut set, mut nth) = (0, 0);
            while nth < Field::ALL.len() {
                if Field::ALL[nth].is_read_for(kind) {
                    set |= Field::ALL[nth].bit();
                }
                nth += 1;
            }
            set
        }
        match kind {
            Kind::Calls => const { set(Kind::Calls) },
            Kind::Emails => const { set(Kind::Emails) },
            Kind::Congress => const { set(Kind::Congress) },
            Kind::Requests => const { set(Kind::Requests) },
        }
    }

    /// What the field must hold, in a fixed sentence.
    pub(crate) fn expected(self, kind: Kind) -> &'static str {
        match self {
            Self::Status => match kind {
                Kind::Calls => "one of planned, cancelled, no_access, completed",
                Kind::Emails => {
                    "one of scheduled, sent, failed, delivered, dropped, bounced, opened, clicked, marked_spam, \
                     unsubscribed"
                }
                Kind::Congress => "one of nominated, cancelled, invited, declined, accepted, no_show, attended",
                Kind::Requests => "one of received, answered, closed, withdrawn",
            },
            Self::Channel => "one of face_to_face, phone, video, chat",
            Self::Origin => "rep or hq",
            Self::Mode => "in_person or virtual",
            Self::Intake => "one of phone, rep, email, web",
            Self::BusinessFunction => "one of sales, marketing, medical, access, patient_services",
            Self::Purpose => "one of promotional, scientific, service, safety",
            Self::Op => "upsert or delete",
            Self::Solicited => "true or false",
            Self::Version => "an integer of 64 bits, without fraction and exponent",
            Self::DurationS => "an integer from 0 to 86400",
            Self::Attendees => "an integer from 1 to 1000",
            Self::OccurredAt => "an RFC 3339 instant or a date YYYY-MM-DD, from 1970 to 9999 and without leap second",
            Self::RecordedAt | Self::StatusAt | Self::AnsweredAt => {
                "an RFC 3339 instant from 1970 to 9999 and without leap second"
            }
            _ => "a string of 1 to 128 bytes",
        }
    }
}

#[cfg(test)]
mod tests {
    //! The switch knows every field and nothing else.
    use super::Field;

    #[test]
    fn every_name_finds_its_field_and_no_near_miss_does() {
        for field in Field::ALL {
            let name = field.name();
            assert_eq!(Field::named(name.as_bytes()), Some(*field));
            for at in 0..name.len() {
                let mut miss = name.as_bytes().to_vec();
                miss[at] ^= 1;
                let known = Field::ALL.iter().find(|f| f.name().as_bytes() == miss).copied();
                assert_eq!(Field::named(&miss), known, "{name} with byte {at} changed");
            }
            assert_eq!(Field::named(format!("{name}x").as_bytes()), None);
            assert_eq!(Field::named(&name.as_bytes()[1..]), None);
        }
        assert_eq!(Field::named(b""), None);
        assert_eq!(Field::named(b"x"), None);
    }
}
