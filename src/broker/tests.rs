//! A broker that serves, fails on order, and stops.

use super::{BrokerError, EmbeddedBroker, Fault};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::Duration;
use touchpoint::Kind;
use touchpoint::words::Word;

fn client(broker: &EmbeddedBroker) -> BaseConsumer {
    ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap()
}

#[test]
fn it_has_the_four_topics() {
    let broker = EmbeddedBroker::start(3).unwrap();
    let metadata = client(&broker).fetch_metadata(None, Duration::from_secs(10)).unwrap();
    for kind in Kind::ALL {
        let topic = metadata.topics().iter().find(|t| t.name() == kind.default_topic()).unwrap();
        assert_eq!(topic.partitions().len(), 3);
    }
}

#[test]
fn down_is_down_and_up_is_up() {
    let broker = EmbeddedBroker::start(1).unwrap();
    broker.inject(Fault::Down).unwrap();
    assert!(client(&broker).fetch_metadata(None, Duration::from_secs(1)).is_err());
    broker.inject(Fault::Up).unwrap();
    broker.inject(Fault::RoundTrip(Duration::from_millis(5))).unwrap();
    assert!(client(&broker).fetch_metadata(None, Duration::from_secs(10)).is_ok());
}

#[test]
fn a_broker_without_partitions_is_refused() {
    assert!(matches!(EmbeddedBroker::start(0), Err(BrokerError::Partitions(0))));
}

#[test]
fn a_dropped_broker_is_gone() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let address = broker.bootstrap_servers().to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(broker);
    assert!(std::net::TcpStream::connect(&address).is_err());
}
