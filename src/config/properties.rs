//! `[kafka.properties]`: librdkafka properties passed through, except those that the source refuses
//! ([`ingest::kafka::property_problem`]).

use ingest::kafka::is_secret_property;
use std::collections::BTreeMap;
use std::fmt;

/// Names and values of librdkafka properties. Values of secrets are shown as `********`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KafkaProperties(BTreeMap<String, String>);

/// What stands in the place of a secret.
const MASK: &str = "********";

impl KafkaProperties {
    /// Names with values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names with values fit to be shown.
    pub fn masked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|(name, value)| (name, if is_secret_property(name) { MASK } else { value }))
    }

    /// Adds a property without problems.
    pub(super) fn put(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }
}

impl fmt::Debug for KafkaProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.masked()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::KafkaProperties;

    #[test]
    fn secrets_are_never_shown() {
        let mut properties = KafkaProperties::default();
        properties.put("sasl.password".to_owned(), "hunter2".to_owned());
        properties.put("sasl.username".to_owned(), "me".to_owned());
        assert_eq!(format!("{properties:?}"), "{\"sasl.password\": \"********\", \"sasl.username\": \"me\"}");
    }
}
