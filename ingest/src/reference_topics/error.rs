//! Why a topic of reference data cannot be read.

/// Nothing starts without the tables that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceTopicError {
    /// The client could not be set up.
    #[error("the Kafka client for reference data cannot be set up: {cause}; look at [kafka.properties]")]
    Client {
        /// What librdkafka says.
        cause: String,
    },
    /// They are not there, or this user may not see them.
    #[error(
        "topics of reference data are missing: {topics}; create them with cleanup.policy=compact, correct [reference], or \
         let this user read them, and start again"
    )]
    Missing {
        /// The topics, with their tables.
        topics: String,
    },
    /// Nobody answers, or the cluster refuses.
    #[error(
        "topic {topic} of reference data cannot be read: {cause}; a retry helps once the cluster answers and this user may \
         read it"
    )]
    Unreadable {
        /// Its name.
        topic: String,
        /// What librdkafka says.
        cause: String,
    },
}
