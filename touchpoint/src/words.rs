//! The closed vocabularies of a record. Each word is one byte in a decoded batch and lower-case text in tables.

mod lexicon;

pub use lexicon::{Lexicon, WordKey};

/// A closed set of words: a dense `u8` code in memory, lower-case text at every border.
pub trait Word: Copy + Eq + Sized + 'static {
    /// Every word, in code order.
    const ALL: &'static [Self];
    /// The name of the field that carries the word, as users write it.
    const FIELD: &'static str;
    /// Finds the code of a text.
    const LEXICON: &'static Lexicon;
    /// Position in [`Word::ALL`].
    fn code(self) -> u8;
    /// The text used in records, tables, labels and SQL.
    fn as_str(self) -> &'static str;
    /// The word written as `text`, exactly (lower case).
    fn parse(text: &[u8]) -> Option<Self>;
    /// The word of a code, if there is one.
    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident in $field:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $crate::words::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const FIELD: &'static str = $field;
            const LEXICON: &'static $crate::words::Lexicon = {
                static LEXICON: $crate::words::Lexicon = $crate::words::Lexicon::of(&[$($text),+]);
                &LEXICON
            };
            #[inline]
            fn code(self) -> u8 { self as u8 }
            #[inline]
            fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            #[inline]
            fn parse(text: &[u8]) -> Option<Self> {
                Self::from_code(Self::LEXICON.code(&$crate::words::WordKey::of(text)?)?)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str($crate::words::Word::as_str(*self)) }
        }
    };
}

pub(crate) use words;

words! {
    /// Which of the four feeds a record belongs to; part of its identity.
    Kind in "kind" {
        /// Field and remote calls.
        Calls = "calls",
        /// E-mails by reps and by headquarters.
        Emails = "emails",
        /// Congress invitations.
        Congress = "congress",
        /// Inbound medical information requests.
        Requests = "requests",
    }
}

impl Kind {
    /// The topic a kind is read from unless configured otherwise, and the default `source` of its records.
    pub fn default_topic(self) -> &'static str {
        match self {
            Self::Calls => "engagement.calls",
            Self::Emails => "engagement.emails",
            Self::Congress => "engagement.congress-invitations",
            Self::Requests => "engagement.medical-requests",
        }
    }

    /// The statuses a record of this kind may have, in rising rank.
    pub const fn statuses(self) -> &'static [Status] {
        use Status as S;
        match self {
            Self::Calls => &[S::Planned, S::Cancelled, S::NoAccess, S::Completed],
            Self::Emails => &[
                S::Scheduled,
                S::Sent,
                S::Failed,
                S::Delivered,
                S::Dropped,
                S::Bounced,
                S::Opened,
                S::Clicked,
                S::MarkedSpam,
                S::Unsubscribed,
            ],
            Self::Congress => {
                &[S::Nominated, S::Cancelled, S::Invited, S::Declined, S::Accepted, S::NoShow, S::Attended]
            }
            Self::Requests => &[S::Received, S::Answered, S::Closed, S::Withdrawn],
        }
    }

    /// The first of its statuses that makes a touch; `None` for requests.
    pub fn first_touch(self) -> Option<Status> {
        self.statuses().iter().copied().find(|status| status.is_touch(self))
    }
}

words! {
    /// How a touch reaches the HCP. E-mail splits by [`Origin`] where weights differ.
    Channel in "channel" {
        /// In person.
        FaceToFace = "face_to_face",
        /// Telephone.
        Phone = "phone",
        /// Video call.
        Video = "video",
        /// Chat or messenger.
        Chat = "chat",
        /// E-mail.
        Email = "email",
        /// Congress invitation.
        Congress = "congress",
        /// Inbound medical request (never a touch).
        MedicalRequest = "medical_request",
    }
}

words! {
    /// Who sent an e-mail.
    Origin in "origin" {
        /// A field representative.
        Rep = "rep",
        /// Headquarters.
        Hq = "hq",
    }
}

words! {
    /// How a congress is attended.
    Mode in "mode" {
        /// On site.
        InPerson = "in_person",
        /// Online.
        Virtual = "virtual",
    }
}

words! {
    /// How a medical request came in.
    Intake in "intake" {
        /// Call centre.
        Phone = "phone",
        /// Through a representative.
        Rep = "rep",
        /// By e-mail.
        Email = "email",
        /// Web form.
        Web = "web",
    }
}

words! {
    /// The state of an interaction. Which are allowed, and their rank, depend on the [`Kind`].
    Status in "status" {
        /// Call: in the calendar.
        Planned = "planned",
        /// Call or invitation: called off.
        Cancelled = "cancelled",
        /// Call: attempted, the HCP was not seen.
        NoAccess = "no_access",
        /// Call: held.
        Completed = "completed",
        /// E-mail: queued for later.
        Scheduled = "scheduled",
        /// E-mail: handed to the mail system.
        Sent = "sent",
        /// E-mail: could not be sent.
        Failed = "failed",
        /// E-mail: accepted by the recipient's server.
        Delivered = "delivered",
        /// E-mail: suppressed by the mail system.
        Dropped = "dropped",
        /// E-mail: refused by the recipient's server.
        Bounced = "bounced",
        /// E-mail: opened, by a person or a machine.
        Opened = "opened",
        /// E-mail: a link was followed.
        Clicked = "clicked",
        /// E-mail: reported as spam.
        MarkedSpam = "marked_spam",
        /// E-mail: the HCP opted out.
        Unsubscribed = "unsubscribed",
        /// Invitation: proposed, not sent.
        Nominated = "nominated",
        /// Invitation: sent.
        Invited = "invited",
        /// Invitation: refused.
        Declined = "declined",
        /// Invitation: accepted.
        Accepted = "accepted",
        /// Invitation: accepted, not attended.
        NoShow = "no_show",
        /// Invitation: attended.
        Attended = "attended",
        /// Request: came in.
        Received = "received",
        /// Request: answered.
        Answered = "answered",
        /// Request: closed.
        Closed = "closed",
        /// Request: taken back; does not count.
        Withdrawn = "withdrawn",
    }
}

/// Rank of each status, by kind and by code.
const RANKS: [[Option<u8>; Status::ALL.len()]; Kind::ALL.len()] =
    [ranks(Kind::Calls), ranks(Kind::Emails), ranks(Kind::Congress), ranks(Kind::Requests)];

const fn ranks(kind: Kind) -> [Option<u8>; Status::ALL.len()] {
    let (mut ranks, mut rank) = ([None; Status::ALL.len()], 0);
    while rank < kind.statuses().len() {
        ranks[kind.statuses()[rank] as usize] = Some(rank as u8);
        rank += 1;
    }
    ranks
}

impl Status {
    /// Rank among the statuses of `kind` (metrics.md §1), `None` when the kind does not know the status.
    #[inline]
    pub fn rank(self, kind: Kind) -> Option<u8> {
        RANKS.get(kind as usize)?.get(self as usize).copied().flatten()
    }

    /// Whether an interaction in this state is a touch that is still to be made: in a calendar, queued, nominated.
    pub fn is_planned(self) -> bool {
        matches!(self, Self::Planned | Self::Scheduled | Self::Nominated)
    }

    /// Whether an interaction of `kind` in this state is a touch: something that reached the HCP.
    pub fn is_touch(self, kind: Kind) -> bool {
        use Status as S;
        match kind {
            Kind::Calls => self == S::Completed,
            Kind::Emails => {
                matches!(self, S::Sent | S::Delivered | S::Opened | S::Clicked | S::MarkedSpam | S::Unsubscribed)
            }
            Kind::Congress => matches!(self, S::Invited | S::Declined | S::Accepted | S::NoShow | S::Attended),
            Kind::Requests => false,
        }
    }

    /// Whether a record in this state may lie in the future beyond the tolerance (metrics.md §2).
    pub fn may_lie_ahead(self, kind: Kind) -> bool {
        use Status as S;
        match kind {
            Kind::Calls => matches!(self, S::Planned | S::Cancelled),
            Kind::Emails => matches!(self, S::Scheduled | S::Failed | S::Dropped),
            Kind::Congress => self == S::Nominated,
            Kind::Requests => false,
        }
    }
}

words! {
    /// The part of the company that acts.
    BusinessFunction in "business_function" {
        /// Sales.
        Sales = "sales",
        /// Marketing.
        Marketing = "marketing",
        /// Medical affairs: hidden from the commercial audience.
        Medical = "medical",
        /// Market access.
        Access = "access",
        /// Patient services.
        PatientServices = "patient_services",
    }
}

impl BusinessFunction {
    /// The purpose of a record that names none.
    pub fn default_purpose(self) -> Purpose {
        match self {
            Self::Sales | Self::Marketing => Purpose::Promotional,
            Self::Medical => Purpose::Scientific,
            Self::Access | Self::PatientServices => Purpose::Service,
        }
    }

    /// The function of a record that names none.
    pub fn default_of(kind: Kind, origin: Option<Origin>) -> Self {
        match (kind, origin) {
            (Kind::Calls, _) | (Kind::Emails, Some(Origin::Rep) | None) => Self::Sales,
            (Kind::Emails, Some(Origin::Hq)) | (Kind::Congress, _) => Self::Marketing,
            (Kind::Requests, _) => Self::Medical,
        }
    }
}

words! {
    /// Why the company acts.
    Purpose in "purpose" {
        /// Promotion.
        Promotional = "promotional",
        /// Scientific exchange.
        Scientific = "scientific",
        /// Service; never an interruption.
        Service = "service",
        /// Safety; never an interruption.
        Safety = "safety",
    }
}

words! {
    /// What a record does to its interaction.
    Op in "op" {
        /// States it.
        Upsert = "upsert",
        /// Removes it.
        Delete = "delete",
    }
}

words! {
    /// How exactly `occurred_at` is known.
    Precision in "precision" {
        /// To the microsecond.
        Instant = "instant",
        /// To the day; placed at 12:00 in the HCP's time zone.
        Date = "date",
    }
}
