//! The words of metrics.md §1, as text: which a kind may use, in which rank, and what they mean.

use touchpoint::Kind;

/// `op` of a record that states its interaction.
pub(super) const UPSERT: &str = "upsert";
/// `op` of a record that removes its interaction.
pub(super) const DELETE: &str = "delete";
/// Both words of `op`.
pub(super) const OPS: &[&str] = &[UPSERT, DELETE];
/// The words of `business_function`.
pub(super) const FUNCTIONS: &[&str] = &["sales", "marketing", "medical", "access", "patient_services"];
/// The words of `purpose`.
pub(super) const PURPOSES: &[&str] = &["promotional", "scientific", "service", "safety"];
/// What a call may say in `channel`.
pub(super) const CALL_CHANNELS: &[&str] = &["face_to_face", "phone", "video", "chat"];
/// The words of `origin` (e-mails).
pub(super) const ORIGINS: &[&str] = &["rep", "hq"];
/// The words of `mode` (congress).
pub(super) const MODES: &[&str] = &["in_person", "virtual"];
/// The words of `intake` (requests).
pub(super) const INTAKES: &[&str] = &["phone", "rep", "email", "web"];

/// The default topic of a kind, also the default `source`.
pub(super) fn default_topic(kind: Kind) -> &'static str {
    match kind {
        Kind::Calls => "engagement.calls",
        Kind::Emails => "engagement.emails",
        Kind::Congress => "engagement.congress-invitations",
        Kind::Requests => "engagement.medical-requests",
    }
}

/// The name of a kind, as it orders.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Calls => "calls",
        Kind::Emails => "emails",
        Kind::Congress => "congress",
        Kind::Requests => "requests",
    }
}

/// The statuses of a kind, in rising rank.
pub(super) fn statuses(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Calls => &["planned", "cancelled", "no_access", "completed"],
        Kind::Emails => &[
            "scheduled",
            "sent",
            "failed",
            "delivered",
            "dropped",
            "bounced",
            "opened",
            "clicked",
            "marked_spam",
            "unsubscribed",
        ],
        Kind::Congress => &["nominated", "cancelled", "invited", "declined", "accepted", "no_show", "attended"],
        Kind::Requests => &["received", "answered", "closed", "withdrawn"],
    }
}

/// The statuses that make a touch.
pub(super) fn touch_statuses(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Calls => &["completed"],
        Kind::Emails => &["sent", "delivered", "opened", "clicked", "marked_spam", "unsubscribed"],
        Kind::Congress => &["invited", "declined", "accepted", "no_show", "attended"],
        Kind::Requests => &[],
    }
}

/// The statuses that may lie in the future beyond the tolerance (metrics.md §2).
pub(super) fn statuses_ahead(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Calls => &["planned", "cancelled"],
        Kind::Emails => &["scheduled", "failed", "dropped"],
        Kind::Congress => &["nominated"],
        Kind::Requests => &[],
    }
}

/// The function of a record that names none.
pub(super) fn default_function(kind: Kind, origin: Option<&str>) -> &'static str {
    match (kind, origin) {
        (Kind::Calls, _) => "sales",
        (Kind::Emails, Some("hq")) => "marketing",
        (Kind::Emails, _) => "sales",
        (Kind::Congress, _) => "marketing",
        (Kind::Requests, _) => "medical",
    }
}

/// The purpose of a record that names none.
pub(super) fn default_purpose(function: &str) -> &'static str {
    match function {
        "sales" | "marketing" => "promotional",
        "medical" => "scientific",
        _ => "service",
    }
}
