//! Topics of a mock cluster: from the beginning, followed, begun again, and missing.

use super::{ReferenceTopicError, ReferenceTopics, TopicsReader};
use crate::kafka::KafkaConfig;
use crate::reference_files::{ReferenceFiles, ReferenceTable, Taken, load_all};
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

struct Cluster {
    mock: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
}

impl Cluster {
    fn new(topics: &[(&str, i32)]) -> Self {
        let mock = MockCluster::new(1).unwrap();
        topics.iter().for_each(|(topic, partitions)| mock.create_topic(topic, *partitions, 1).unwrap());
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", mock.bootstrap_servers());
        Self { producer: config.create().unwrap(), mock }
    }

    fn kafka(&self) -> KafkaConfig {
        KafkaConfig::new(self.mock.bootstrap_servers())
    }

    /// A row of `people`, or without a district its end.
    fn person(&self, owner: &str, district: Option<&str>) {
        let key = format!("{{\"owner_id\":\"{owner}\"}}");
        let value = district.map(|district| format!("{{\"owner_id\":\"{owner}\",\"district\":\"{district}\"}}"));
        let mut record: BaseRecord<'_, str, str> = BaseRecord::to("people").key(key.as_str());
        if let Some(value) = &value {
            record = record.payload(value.as_str());
        }
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(PATIENCE).unwrap();
    }
}

fn people() -> ReferenceTopics {
    BTreeMap::from([(ReferenceTable::People, "people".to_owned())])
}

/// The district of a person, as the topics have it now.
fn district(reader: &TopicsReader, owner: &str) -> Option<String> {
    let reference = load_all(&ReferenceFiles::default(), reader.tables()?).unwrap();
    reference.person(owner, 0)?.district.clone()
}

fn follow_until(reader: &mut TopicsReader, is_so: impl Fn(&TopicsReader) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so(reader) {
        assert!(Instant::now() < deadline, "waited in vain");
        reader.follow();
    }
}

#[test]
fn topics_are_read_to_their_end_and_followed() {
    let cluster = Cluster::new(&[("people", 3), ("panels", 2)]);
    for n in 0..40 {
        cluster.person(&format!("rep-{n}"), Some("old"));
    }
    cluster.person("rep-1", Some("new"));
    cluster.person("rep-2", None);
    let mut topics = people();
    topics.insert(ReferenceTable::Panels, "panels".to_owned());
    let mut reader = TopicsReader::open(&cluster.kafka(), &topics).unwrap();
    assert_eq!(
        ["rep-0", "rep-1", "rep-2"].map(|owner| district(&reader, owner)),
        [Some("old".to_owned()), Some("new".to_owned()), None]
    );
    let counts = reader.take_counts();
    assert_eq!(counts.get(&(ReferenceTable::People, Taken::Stated)), Some(&41));
    assert_eq!(counts.get(&(ReferenceTable::People, Taken::Withdrawn)), Some(&1));
    let seen = reader.seen();
    reader.follow();
    assert_eq!(reader.seen(), seen, "nothing came");
    cluster.person("rep-0", Some("newest"));
    cluster.person("rep-1", None);
    follow_until(&mut reader, |reader| reader.seen() == seen + 2);
    assert_eq!(["rep-0", "rep-1"].map(|owner| district(&reader, owner)), [Some("newest".to_owned()), None]);

    // Another process, or the next run, comes to the same.
    let again = TopicsReader::open(&cluster.kafka(), &topics).unwrap();
    let version = |reader: &TopicsReader| {
        load_all(&ReferenceFiles::default(), reader.tables().unwrap()).unwrap().version().to_owned()
    };
    assert_eq!(version(&again), version(&reader));
    reader.start_over();
    assert!(reader.tables().is_none(), "half a topic is no table");
    follow_until(&mut reader, |reader| reader.tables().is_some());
    assert_eq!(version(&again), version(&reader));
    assert!(reader.seen() > seen + 2, "who has looked before looks again");
}

#[test]
fn missing_topics_are_all_named() {
    let cluster = Cluster::new(&[("people", 1)]);
    let mut topics = people();
    topics.insert(ReferenceTable::Hcps, "no-hcps".to_owned());
    topics.insert(ReferenceTable::Plans, "no-plans".to_owned());
    let error = TopicsReader::open(&cluster.kafka(), &topics).unwrap_err();
    assert_eq!(error, ReferenceTopicError::Missing { topics: "no-hcps (hcps), no-plans (plans)".to_owned() });
}

#[test]
fn properties_are_those_of_the_cluster() {
    let cluster = Cluster::new(&[("people", 1)]);
    let mut kafka = cluster.kafka();
    kafka.properties.insert("security.protocol".to_owned(), "nonsense".to_owned());
    let error = TopicsReader::open(&kafka, &people()).unwrap_err();
    assert!(matches!(&error, ReferenceTopicError::Client { cause } if cause.contains("security.protocol")), "{error}");
}
