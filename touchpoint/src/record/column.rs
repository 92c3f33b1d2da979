//! The columns of a decoded batch: their names and storage, in the one order they stand in.

/// How a column is stored in a decoded batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `UInt8` code in a batch, lower-case text in the log.
    Word,
    /// UTF-8.
    Text,
    /// Instant.
    Instant,
    /// `Int32`.
    Int32,
    /// `Int64`.
    Int64,
    /// `Boolean`.
    Bool,
}

macro_rules! columns {
    ($($column:ident = $name:literal: $kind:ident, $nullable:literal;)+) => {
        /// A column of a decoded batch.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Column { $(#[doc = concat!("`", $name, "`")] $column),+ }

        /// Name, storage and nullability of each column of a decoded batch, in order.
        pub const RECORD_COLUMNS: &[(&str, ColumnKind, bool)] = &[$(($name, ColumnKind::$kind, $nullable)),+];
    };
}

columns! {
    Kind = "kind": Word, false;
    EventId = "event_id": Text, false;
    HcpId = "hcp_id": Text, false;
    Source = "source": Text, false;
    Version = "version": Int64, false;
    Op = "op": Word, false;
    Status = "status": Word, true;
    OccurredAt = "occurred_at": Instant, true;
    Precision = "precision": Word, true;
    Channel = "channel": Word, true;
    Origin = "origin": Word, true;
    Mode = "mode": Word, true;
    Intake = "intake": Word, true;
    BusinessFunction = "business_function": Word, true;
    Purpose = "purpose": Word, true;
    AccountId = "account_id": Text, true;
    OwnerId = "owner_id": Text, true;
    Product = "product": Text, true;
    Theme = "theme": Text, true;
    Topic = "topic": Text, true;
    PlanId = "plan_id": Text, true;
    PlanStep = "plan_step": Text, true;
    CongressId = "congress_id": Text, true;
    RequestId = "request_id": Text, true;
    Solicited = "solicited": Bool, false;
    RecordedAt = "recorded_at": Instant, true;
    StatusAt = "status_at": Instant, true;
    AnsweredAt = "answered_at": Instant, true;
    DurationS = "duration_s": Int32, true;
    Attendees = "attendees": Int32, true;
    IngestedAt = "ingested_at": Instant, false;
    KafkaTimestamp = "kafka_timestamp": Instant, false;
    KafkaTopic = "kafka_topic": Text, false;
    KafkaPartition = "kafka_partition": Int32, false;
    KafkaOffset = "kafka_offset": Int64, false;
}

pub(super) const COLUMNS: usize = RECORD_COLUMNS.len();
/// How many columns are stored as one byte, eight, four, and as text.
pub(super) const WORDS: usize = alike(COLUMNS, ColumnKind::Word);
pub(super) const LONGS: usize = alike(COLUMNS, ColumnKind::Int64);
pub(super) const INTS: usize = alike(COLUMNS, ColumnKind::Int32);
pub(super) const TEXTS: usize = alike(COLUMNS, ColumnKind::Text);

impl Column {
    /// Its place among the columns that are stored alike.
    #[inline]
    pub const fn place(self) -> usize {
        PLACES[self as usize] as usize
    }

    /// Its bit in a set of columns.
    #[inline]
    pub const fn bit(self) -> u64 {
        1 << self as u64
    }
}

const PLACES: [u8; COLUMNS] = {
    let (mut places, mut nth) = ([0; COLUMNS], 0);
    while nth < COLUMNS {
        places[nth] = alike(nth, RECORD_COLUMNS[nth].1) as u8;
        nth += 1;
    }
    places
};

/// How many of the first `count` columns are stored as `kind` is.
const fn alike(count: usize, kind: ColumnKind) -> usize {
    /// Instants are 64-bit numbers.
    const fn storage(kind: ColumnKind) -> u8 {
        match kind {
            ColumnKind::Instant => ColumnKind::Int64 as u8,
            other => other as u8,
        }
    }
    let (mut alike, mut nth) = (0, 0);
    while nth < count {
        alike += (storage(RECORD_COLUMNS[nth].1) == storage(kind)) as usize;
        nth += 1;
    }
    alike
}
