//! Opaque ids: a prefix and a number. No name, no place, no speciality is in them.
//!
//! Ids of interactions are unique over history, live traffic and load tests of one world, because each series marks
//! its own: `c-20510-17` (day and running number), `c-l5f3a-17` (live, the instant it began), `c-f2-17` (load run 2),
//! `x-20510-4` (a bad record).

use touchpoint::words::Kind;
use touchpoint::{BusinessFunction, Micros};

/// Which stream of interactions an id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Series {
    /// Interactions that begin on a simulated day (days since 1970).
    History(i64),
    /// Live traffic that began at an instant.
    Live(Micros),
    /// A load run.
    Load(u32),
}

/// The id of an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EventId {
    pub(crate) prefix: u8,
    pub(crate) series: Series,
    pub(crate) number: u32,
}

impl EventId {
    pub(crate) fn new(kind: Kind, series: Series, number: u32) -> Self {
        let prefix = match kind {
            Kind::Calls => b'c',
            Kind::Emails => b'e',
            Kind::Congress => b'i',
            Kind::Requests => b'r',
        };
        Self { prefix, series, number }
    }

    /// The same number, marked as a record that must be rejected.
    pub(crate) fn poisoned(self, number: u32) -> Self {
        Self { prefix: b'x', number, ..self }
    }

    pub(crate) fn push(self, out: &mut Vec<u8>) {
        out.push(self.prefix);
        out.push(b'-');
        match self.series {
            Series::History(day) => push_number(out, day.unsigned_abs(), 1),
            Series::Live(start) => {
                out.push(b'l');
                push_hex(out, start.unsigned_abs() / 1000);
            }
            Series::Load(run) => {
                out.push(b'f');
                push_number(out, u64::from(run), 1);
            }
        }
        out.push(b'-');
        push_number(out, u64::from(self.number), 1);
    }
}

/// The seat of whoever acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sales representative.
    Rep,
    /// Medical science liaison.
    Msl,
    /// Brand team at headquarters.
    Hq,
    /// Market-access manager.
    Access,
    /// Patient services.
    PatientServices,
    /// Medical information.
    MedicalInformation,
}

impl Role {
    /// The function that the role belongs to.
    pub fn function(self) -> BusinessFunction {
        match self {
            Self::Rep => BusinessFunction::Sales,
            Self::Hq => BusinessFunction::Marketing,
            Self::Msl | Self::MedicalInformation => BusinessFunction::Medical,
            Self::Access => BusinessFunction::Access,
            Self::PatientServices => BusinessFunction::PatientServices,
        }
    }

    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Rep => b"rep-",
            Self::Msl => b"msl-",
            Self::Hq => b"hq-",
            Self::Access => b"acm-",
            Self::PatientServices => b"psv-",
            Self::MedicalInformation => b"mi-",
        }
    }
}

/// Desks of medical information.
pub(crate) const MEDICAL_DESKS: u32 = 8;

/// A person who acts for the company, from 0 within the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Seat.
    pub role: Role,
    /// Number within the role.
    pub number: u32,
}

impl Owner {
    /// The `owner_id`.
    pub fn id(self) -> String {
        text(|out| self.push(out))
    }

    pub(crate) fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.role.prefix());
        push_number(out, u64::from(self.number), 4);
    }
}

/// Things with a number for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Hcp(u32),
    Account(u32),
    Territory(u32),
    Product(u32),
    Theme(u32),
    Topic(u32),
    MedicalTopic(u32),
    Plan(u32),
    Step(u32),
    Congress(u32),
}

impl Named {
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        let (prefix, number, width): (&[u8], u32, usize) = match self {
            Self::Hcp(n) => (b"hcp-", n, 6),
            Self::Account(n) => (b"acc-", n, 5),
            Self::Territory(n) => (b"ter-", n, 3),
            Self::Product(n) => (b"prd-", n, 2),
            Self::Theme(n) => (b"thm-", n, 2),
            Self::Topic(n) => (b"top-", n, 3),
            Self::MedicalTopic(n) => (b"mtop-", n, 3),
            Self::Plan(n) => (b"pln-", n, 2),
            Self::Step(n) => (b"s", n, 1),
            Self::Congress(n) => (b"cgr-", n, 6),
        };
        out.extend_from_slice(prefix);
        push_number(out, u64::from(number), width);
    }

    pub(crate) fn id(self) -> String {
        text(|out| self.push(out))
    }
}

fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(16);
    push(&mut out);
    // Only ASCII is pushed, so nothing is ever replaced.
    String::from_utf8_lossy(&out).into_owned()
}

/// Decimal digits, zero-padded to `width` (at most 20).
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if value == 0 && used >= width.max(1) {
            break;
        }
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
    }
    out.extend_from_slice(digits.get(20 - used..).unwrap_or_default());
}

fn push_hex(out: &mut Vec<u8>, value: u64) {
    let digits = (64 - value.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let digit = ((value >> (place * 4)) & 15) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
}
