//! Alerts: the closed words of their life, and the columns of table `alerts`, one row per transition.
//!
//! An alert is one rule about one subject from one instant on. Its id is the same whoever finds it and however often, so
//! that what is told twice can be told apart from what happened twice.

use crate::record::instant_type;
use crate::words::words;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

words! {
    /// How much an alert matters.
    Severity in "severity" {
        /// Worth knowing; nothing is wrong yet.
        Info = "info",
        /// Something is wrong, or about to be.
        Warning = "warning",
        /// A rule is broken that must not be.
        Critical = "critical",
    }
}

words! {
    /// What a transition leads to.
    AlertState in "state" {
        /// The condition holds, for less than the rule's pending time.
        Pending = "pending",
        /// The condition holds.
        Firing = "firing",
        /// Somebody accepted it, with a reason; the condition still holds.
        Acknowledged = "acknowledged",
        /// It is over.
        Resolved = "resolved",
    }
}

words! {
    /// What made an alert. Only [`AlertOrigin::Live`] ones reach pagers.
    AlertOrigin in "origin" {
        /// The condition holds now, and records or time made it so.
        Live = "live",
        /// It held at an earlier instant only, as records say that came later.
        Retrospective = "retrospective",
        /// It holds since another policy took force.
        PolicyChange = "policy_change",
    }
}

words! {
    /// Why an alert is over.
    Resolution in "resolution" {
        /// The condition no longer holds.
        Cleared = "cleared",
        /// As is known now, the condition did not hold when the alert began.
        Corrected = "corrected",
        /// It does not hold under the policy now in force.
        PolicyChange = "policy_change",
        /// Its subject is not known any more.
        Vanished = "vanished",
        /// Its rule is not there any more.
        RuleRemoved = "rule_removed",
    }
}

words! {
    /// Why somebody accepts an alert.
    AckReason in "ack_reason" {
        /// The HCP agreed to these contacts.
        AgreedWithHcp = "agreed_with_hcp",
        /// An exception was granted.
        Exception = "exception",
        /// The records are wrong and are being corrected at their source.
        DataError = "data_error",
        /// The touches to come were held, moved or reassigned.
        Handled = "handled",
    }
}

words! {
    /// The one thing to do.
    AlertAct in "act" {
        /// Touch nobody until an instant.
        Hold = "hold",
        /// Leave it to one voice.
        Reassign = "reassign",
        /// Accept it with a reason, or correct the records.
        Accept = "accept",
    }
}

words! {
    /// What an alert is about.
    SubjectKind in "subject_kind" {
        /// One HCP.
        Hcp = "hcp",
        /// One account.
        Account = "account",
        /// A rule that found too many at once: a storm, summed up.
        Rule = "rule",
    }
}

/// The columns of table `alerts`, with their meaning.
///
/// `hcp_id` and `account_id` say whom it is about, one of them; none for a storm, and for an end of one who is not known any
/// more. `from_state` is the state before, NULL with the first row of an alert. `touches` is JSON, an array of `{kind, source,
/// event_id, occurred_at}`: the records that did it, the newest ones if there are many; of alerts that were read back from the
/// alert topics `source` is empty and `event_id` a pseudonym. Alert, state and `at` together stand in one row.
pub fn alerts_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
        let instant = |name: &str, nullable: bool| Field::new(name, instant_type(), nullable);
        Arc::new(Schema::new(vec![
            text("alert_id", false),
            text("rule", false),
            text("severity", false),
            text("audience", false),
            text("subject_kind", false),
            text("hcp_id", true),
            text("account_id", true),
            text("state", false),
            text("from_state", true),
            text("origin", false),
            text("resolution", true),
            text("ack_reason", true),
            instant("since", false),
            instant("at", false),
            Field::new("value", DataType::Float64, true),
            text("binding", true),
            instant("hold_until", true),
            text("act", false),
            text("summary", false),
            text("touches", false),
            text("policy_version", false),
        ]))
    });
    SCHEMA.clone()
}
