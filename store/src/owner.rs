//! Whose offsets: the names under which a Delta table keeps them (application transactions).
//!
//! | what | app id |
//! |---|---|
//! | next offset of a Kafka partition | `{pipeline}/{cluster id}/{topic}/{partition}` |
//! | lines of an imported file | `import/{sha256}/0`, whoever imports it: the file's content is its identity |
//! | last midnight written for a partition number | `{pipeline}/{cluster id}/day/{partition}`, days since 1970 |
//! | under what it was written | `{pipeline}/{cluster id}/facts/{partition}`, that day above 32 bits of the pipeline's own |
//!
//! The cluster id makes another cluster, with other offsets under the same topic names, another source.

use touchpoint::TopicPartition;

/// The prefix of the topic of an imported file: `import:<sha256>`.
pub const IMPORT_TOPIC: &str = "import:";

/// A pipeline on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The pipeline's name; processes of one group share it.
    pub pipeline: String,
    /// The Kafka cluster id.
    pub cluster_id: String,
}

impl Owner {
    /// A pipeline on a cluster.
    pub fn new(pipeline: impl Into<String>, cluster_id: impl Into<String>) -> Self {
        Self { pipeline: pipeline.into(), cluster_id: cluster_id.into() }
    }

    /// The app id of a partition's next offset.
    pub fn app_id(&self, partition: &TopicPartition) -> String {
        match partition.topic.strip_prefix(IMPORT_TOPIC) {
            Some(sha256) => format!("import/{sha256}/{}", partition.partition),
            None => format!("{}/{}/{}/{}", self.pipeline, self.cluster_id, partition.topic, partition.partition),
        }
    }

    /// The app id of the last midnight written for a partition number.
    pub fn day_id(&self, partition: i32) -> String {
        format!("{}/{}/day/{partition}", self.pipeline, self.cluster_id)
    }

    /// The app id of what the last midnight was written under.
    pub fn facts_id(&self, partition: i32) -> String {
        format!("{}/{}/facts/{partition}", self.pipeline, self.cluster_id)
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;
    use touchpoint::TopicPartition;

    #[test]
    fn app_ids_name_pipeline_cluster_topic_partition_and_imports_their_content() {
        let owner = Owner::new("touchload", "c1");
        assert_eq!(owner.app_id(&TopicPartition::new("engagement.calls", 3)), "touchload/c1/engagement.calls/3");
        assert_eq!(owner.app_id(&TopicPartition::new("import:ab12", 0)), "import/ab12/0");
        assert_eq!((owner.day_id(3), owner.facts_id(3)), ("touchload/c1/day/3".into(), "touchload/c1/facts/3".into()));
    }
}
