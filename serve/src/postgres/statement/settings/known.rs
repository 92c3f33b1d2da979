//! The settings that are known, by name.

use super::SERVER_VERSION;

/// One setting.
#[derive(Debug)]
pub(super) struct Known {
    /// Name, spelt as PostgreSQL does.
    pub(super) name: &'static str,
    /// Value of a connection that set nothing.
    pub(super) default: &'static str,
    /// What values it takes.
    pub(super) kind: Kind,
    /// Whether clients hear of it without asking.
    pub(super) told: Told,
    /// What it is for.
    pub(super) about: &'static str,
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// None: it cannot be set.
    Fixed,
    /// Any text of at most so many characters.
    Text(usize),
    /// One of these words, whatever its case; the first is what the others mean.
    OneOf(&'static [&'static str]),
    /// One of these words, kept as it is.
    Among(&'static [&'static str]),
    /// A whole number in this range.
    Number(i64, i64),
    /// A time zone.
    Zone,
    /// A time, at most the server's.
    Statement,
    /// A time that nothing waits for.
    Time,
    /// Schemas.
    Path,
}

/// Whether clients hear of a setting without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// When a connection begins and whenever it changes.
    AtOnce,
    /// No.
    Asked,
}

const ON: Kind = Kind::OneOf(&["on", "true", "yes", "1"]);
const FLAG: Kind = Kind::Among(&["on", "off", "true", "false", "0", "1"]);
const ISOLATION: Kind = Kind::Among(&["read uncommitted", "read committed", "repeatable read", "serializable"]);
const LEVELS: Kind = Kind::Among(&[
    "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "info", "notice", "warning", "error",
]);
const ISO: Kind = Kind::OneOf(&["ISO, MDY", "ISO", "ISO, DMY", "ISO, YMD", "ISO,MDY", "ISO,DMY", "ISO,YMD"]);

const fn told(name: &'static str, default: &'static str, kind: Kind, about: &'static str) -> Known {
    Known { name, default, kind, told: Told::AtOnce, about }
}

const fn asked(name: &'static str, default: &'static str, kind: Kind, about: &'static str) -> Known {
    Known { name, default, kind, told: Told::Asked, about }
}

/// All of them, by name.
pub(super) const KNOWN: &[Known] = &[
    told("application_name", "", Kind::Text(64), "Name of the client program; stands in audit lines."),
    asked("bytea_output", "hex", Kind::OneOf(&["hex"]), "How bytes are written as text."),
    told("client_encoding", "UTF8", Kind::OneOf(&["UTF8", "UTF-8", "UNICODE"]), "Encoding of text."),
    asked("client_min_messages", "notice", LEVELS, "Which notices are wanted; none are sent."),
    told("DateStyle", "ISO, MDY", ISO, "How dates are written as text."),
    asked("default_table_access_method", "heap", Kind::Fixed, "Of no effect."),
    asked(
        "default_transaction_isolation",
        "read committed",
        ISOLATION,
        "Of no effect: a statement reads one snapshot.",
    ),
    told("default_transaction_read_only", "on", ON, "Everything is read-only."),
    asked("extra_float_digits", "1", Kind::Number(-15, 3), "Of no effect: the shortest exact text of a float is sent."),
    asked("idle_in_transaction_session_timeout", "0", Kind::Time, "Of no effect: nothing is locked."),
    told("in_hot_standby", "off", Kind::Fixed, "Of no effect."),
    told("integer_datetimes", "on", Kind::Fixed, "Binary times are whole microseconds."),
    told("IntervalStyle", "postgres", Kind::OneOf(&["postgres"]), "How intervals are written as text."),
    told("is_superuser", "off", Kind::Fixed, "Nobody is."),
    asked("jit", "off", FLAG, "Of no effect."),
    asked("lc_collate", "C", Kind::Fixed, "Text is ordered by its bytes."),
    asked("lc_ctype", "C", Kind::Fixed, "Letters are Unicode's."),
    asked("lock_timeout", "0", Kind::Time, "Of no effect: nothing is locked."),
    asked("max_identifier_length", "63", Kind::Fixed, "Longest name that clients need to expect."),
    asked("max_index_keys", "32", Kind::Fixed, "Of no effect: there are no indexes."),
    told("search_path", "public", Kind::Path, "Where names without a schema are looked up: the first that exists."),
    told("server_encoding", "UTF8", Kind::Fixed, "Encoding of text."),
    told("server_version", SERVER_VERSION, Kind::Fixed, "The PostgreSQL that is spoken."),
    asked("server_version_num", "160006", Kind::Fixed, "The same as a number."),
    told("session_authorization", "", Kind::Fixed, "Who is connected."),
    told("standard_conforming_strings", "on", ON, "A backslash in a text is a backslash."),
    asked(
        "statement_timeout",
        "0",
        Kind::Statement,
        "How long a statement may take; 0: as long as the server lets it.",
    ),
    told("TimeZone", "UTC", Kind::Zone, "In which days are cut and timestamps without a zone are read."),
    asked("transaction_isolation", "read committed", ISOLATION, "Of no effect: a statement reads one snapshot."),
    asked("transaction_read_only", "on", ON, "Everything is read-only."),
];
