//! How a field is written, and which words it may be.

use super::Field;
use touchpoint::words::{Lexicon, WordKey};
use touchpoint::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Purpose, Status, Word};

/// How the value of a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A string of 1 to 128 bytes.
    Text,
    /// A string out of a closed set.
    Word,
    /// An instant.
    Instant,
    /// An instant or a date.
    Occurred,
    /// An integer.
    Integer,
    /// `true` or `false`.
    Flag,
}

/// What no code is in.
const NO_WORDS: u32 = 0;

impl Field {
    /// How its value is written.
    #[inline]
    pub(crate) const fn form(self) -> Form {
        match self {
            Self::Op | Self::Status | Self::Channel | Self::Origin | Self::Mode | Self::Intake => Form::Word,
            Self::BusinessFunction | Self::Purpose => Form::Word,
            Self::RecordedAt | Self::StatusAt | Self::AnsweredAt => Form::Instant,
            Self::OccurredAt => Form::Occurred,
            Self::Version | Self::DurationS | Self::Attendees => Form::Integer,
            Self::Solicited => Form::Flag,
            _ => Form::Text,
        }
    }

    /// The code of the word with this key, if the field may be that word in a record of `kind`.
    #[inline]
    pub(crate) fn code(self, kind: Kind, key: &WordKey) -> Option<u8> {
        let code = LEXICONS.get(self as usize).copied().flatten()?.code(key)?;
        let allowed = *ALLOWED.get(kind as usize)?.get(self as usize)?;
        (allowed >> code & 1 != 0).then_some(code)
    }

    const fn lexicon(self) -> Option<&'static Lexicon> {
        Some(match self {
            Self::Op => Op::LEXICON,
            Self::Status => Status::LEXICON,
            Self::Channel => Channel::LEXICON,
            Self::Origin => Origin::LEXICON,
            Self::Mode => Mode::LEXICON,
            Self::Intake => Intake::LEXICON,
            Self::BusinessFunction => BusinessFunction::LEXICON,
            Self::Purpose => Purpose::LEXICON,
            _ => return None,
        })
    }

    /// The set of the codes that the field may have in a record of `kind`.
    const fn allowed(self, kind: Kind) -> u32 {
        match self {
            Self::Status => {
                let (mut set, mut nth) = (NO_WORDS, 0);
                while nth < kind.statuses().len() {
                    set |= 1 << kind.statuses()[nth] as u32;
                    nth += 1;
                }
                set
            }
            // The channels of e-mails, congresses and requests are those of their kind, and no call has them.
            Self::Channel => {
                1 << Channel::FaceToFace as u32
                    | 1 << Channel::Phone as u32
                    | 1 << Channel::Video as u32
                    | 1 << Channel::Chat as u32
            }
            _ => !NO_WORDS,
        }
    }
}

const FIELDS: usize = Field::ALL.len();

static LEXICONS: [Option<&Lexicon>; FIELDS] = {
    let (mut lexicons, mut nth) = ([None; FIELDS], 0);
    while nth < FIELDS {
        lexicons[nth] = Field::ALL[nth].lexicon();
        nth += 1;
    }
    lexicons
};

static ALLOWED: [[u32; FIELDS]; Kind::ALL.len()] = {
    let (mut allowed, mut kind) = ([[NO_WORDS; FIELDS]; Kind::ALL.len()], 0);
    while kind < Kind::ALL.len() {
        let mut nth = 0;
        while nth < FIELDS {
            allowed[kind][nth] = Field::ALL[nth].allowed(Kind::ALL[kind]);
            nth += 1;
        }
        kind += 1;
    }
    allowed
};

#[cfg(test)]
mod tests {
    use super::{Field, Form, Kind, Word, WordKey};
    use touchpoint::record::{ColumnKind, RECORD_COLUMNS};
    use touchpoint::{Channel, Status};

    #[test]
    fn a_form_fits_its_column_and_the_first_fields_are_the_first_text_columns() {
        for (nth, field) in Field::ALL.iter().enumerate() {
            let (name, kind, _) = RECORD_COLUMNS[field.column() as usize];
            assert_eq!(name, field.name());
            let stored = match field.form() {
                Form::Text => ColumnKind::Text,
                Form::Word => ColumnKind::Word,
                Form::Instant | Form::Occurred => ColumnKind::Instant,
                Form::Integer if *field == Field::Version => ColumnKind::Int64,
                Form::Integer => ColumnKind::Int32,
                Form::Flag => ColumnKind::Bool,
            };
            assert_eq!(kind, stored, "{name}");
            assert!(kind != ColumnKind::Text || field.column().place() == nth, "{name}");
        }
    }

    #[test]
    fn statuses_and_channels_are_those_of_the_kind() {
        let code = |field: Field, kind, text: &str| field.code(kind, &WordKey::of(text.as_bytes()).unwrap());
        for kind in Kind::ALL {
            for status in Status::ALL {
                let expected = status.rank(*kind).map(|_| status.code());
                assert_eq!(code(Field::Status, *kind, status.as_str()), expected, "{kind} {status}");
            }
        }
        for channel in Channel::ALL {
            let is_of_calls = !["email", "congress", "medical_request"].contains(&channel.as_str());
            assert_eq!(code(Field::Channel, Kind::Calls, channel.as_str()), is_of_calls.then_some(channel.code()));
        }
        assert_eq!(code(Field::Theme, Kind::Calls, "rep"), None);
    }
}
