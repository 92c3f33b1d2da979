//! Options of an object store: endpoint, region, credentials, time-outs.
//!
//! Names are those of the `object_store` crate, with or without the provider's prefix (`region` or `aws_region`), in any
//! case. What is not set here is taken from the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`), and credentials that are
//! set nowhere from the machine's own identity. Values that may be secret are masked wherever options are shown.

use crate::location::Service;
use deltalake::logstore::object_store::aws::AmazonS3ConfigKey;
use deltalake::logstore::object_store::azure::AzureConfigKey;
use deltalake::logstore::object_store::gcp::GoogleConfigKey;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Names and values, sorted by name; names in lower case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreOptions(BTreeMap<String, String>);

/// What stands in the place of a value that may be secret.
const MASK: &str = "********";

/// Parts of a name that say its value may be a secret.
const SECRET_PARTS: &[&str] = &["secret", "token", "password", "key", "sas", "credential", "service_account"];

/// Options that cannot be given, and why.
const RESERVED: &[(&str, &str)] = &[
    ("bucket", URL),
    ("bucket_name", URL),
    ("container_name", URL),
    ("conditional_put", "commits rest on conditional puts"),
];
const URL: &str = "the URL of the tables names it";

/// The prefixes that names may have.
const PREFIXES: &[&str] = &["aws_", "google_", "azure_storage_", "azure_"];

impl StoreOptions {
    /// Sets one; a later value replaces an earlier one.
    pub fn put(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_ascii_lowercase(), value.into());
    }

    /// Names with values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names with values fit to be shown.
    pub fn masked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|(name, value)| (name, if is_secret(name, value) { MASK } else { value }))
    }

    /// Why an option cannot be set for a store of `service`, if it cannot; for [`Service::Files`] it must be an option
    /// of some service. Never quotes the value.
    pub fn refusal(service: Service, name: &str, value: &str) -> Option<String> {
        let name = name.to_ascii_lowercase();
        let bare = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(&name);
        if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| *reserved == bare) {
            return Some(format!("cannot be set here: {reason}; remove it"));
        }
        if value.contains("://") && value.contains('@') {
            return Some("has credentials in a URL; set them as options of their own".to_owned());
        }
        let known = match service {
            Service::AmazonS3 => AmazonS3ConfigKey::from_str(&name).is_ok(),
            Service::GoogleCloudStorage => GoogleConfigKey::from_str(&name).is_ok(),
            Service::AzureBlobStorage => AzureConfigKey::from_str(&name).is_ok(),
            Service::Files => {
                AmazonS3ConfigKey::from_str(&name).is_ok()
                    || GoogleConfigKey::from_str(&name).is_ok()
                    || AzureConfigKey::from_str(&name).is_ok()
            }
        };
        let of = if service == Service::Files { "any object store" } else { service.name() };
        (!known).then(|| format!("is no option of {of}; correct the name or remove it"))
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for StoreOptions {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut options = Self::default();
        for (name, value) in pairs {
            options.put(name.as_ref(), value);
        }
        options
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.masked()).finish()
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    SECRET_PARTS.iter().any(|part| name.contains(part)) || value.contains('@')
}

#[cfg(test)]
mod tests {
    use super::{Service, StoreOptions};

    #[test]
    fn options_are_known_by_service_and_reserved_ones_refused() {
        let refusal = |service, name| StoreOptions::refusal(service, name, "x");
        for name in ["region", "AWS_REGION", "endpoint", "allow_http", "secret_access_key", "timeout"] {
            assert_eq!(refusal(Service::AmazonS3, name), None, "{name}");
            assert_eq!(refusal(Service::Files, name), None, "{name}");
        }
        assert_eq!(refusal(Service::AzureBlobStorage, "azure_storage_account_name"), None);
        assert_eq!(refusal(Service::GoogleCloudStorage, "service_account"), None);
        assert!(refusal(Service::GoogleCloudStorage, "region").unwrap().contains("Google Cloud Storage"));
        assert!(refusal(Service::AmazonS3, "regoin").unwrap().contains("no option of Amazon S3"));
        assert!(refusal(Service::Files, "regoin").unwrap().contains("any object store"));
        for name in ["bucket", "aws_bucket_name", "AZURE_CONTAINER_NAME", "aws_conditional_put"] {
            assert!(refusal(Service::AmazonS3, name).unwrap().contains("cannot be set here"), "{name}");
        }
        let refused = StoreOptions::refusal(Service::AmazonS3, "endpoint", "http://u:hunter2@h").unwrap();
        assert!(refused.contains("credentials") && !refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn values_that_may_be_secret_are_masked() {
        let secret = ["aws_secret_access_key", "session_token", "sas_key", "account_key", "google_service_account_key"];
        let mut options: StoreOptions = secret.iter().map(|name| (*name, "hunter2")).collect();
        options.put("proxy_url", "http://me:hunter2@proxy");
        options.put("Region", "eu-1");
        let shown = format!("{options:?}");
        assert!(!shown.contains("hunter2") && shown.contains("\"region\": \"eu-1\""), "{shown}");
        assert!(options.iter().any(|(_, value)| value == "hunter2"), "the store gets it");
    }
}
