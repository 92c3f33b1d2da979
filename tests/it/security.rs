//! TLS and SASL/SCRAM are compiled into the Kafka client: a build without them could not reach most real clusters.

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;

fn client(mechanism: &str) -> Result<BaseConsumer, rdkafka::error::KafkaError> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", "127.0.0.1:1").set("group.id", "security");
    config.set("security.protocol", "SASL_SSL").set("sasl.mechanism", mechanism);
    config.set("sasl.username", "user").set("sasl.password", "secret");
    config.create()
}

#[test]
fn tls_with_scram_can_be_configured() {
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] {
        client(mechanism).unwrap_or_else(|error| panic!("{mechanism}: {error}"));
    }
}

#[test]
fn an_unknown_mechanism_is_refused_at_start() {
    assert!(client("SCRAM-MD5").is_err());
}
