//! From a location to what reads and writes there: the object store, and Delta tables on it.
//!
//! | service | driver | a log entry is created once by |
//! |---|---|---|
//! | files | [`DurableFiles`] | a hard link, which fails where the name is taken |
//! | Amazon S3 | `AmazonS3` | `PUT` with `If-None-Match: *` |
//! | Google Cloud Storage | `GoogleCloudStorage` | `x-goog-if-generation-match: 0` |
//! | Azure Blob Storage | `MicrosoftAzure` | `PUT` with `If-None-Match: *` |
//!
//! All of them are compiled in with the Delta library's own kernel. Tables are built on the store that is handed to
//! them; no registry of the process is touched. A request that fails is tried again for some seconds here; after that
//! the caller decides, and a cycle of the pipeline is tried again as a whole.

use crate::durable::DurableFiles;
use crate::error::StoreError;
use crate::location::{Location, Service};
use crate::options::StoreOptions;
use deltalake::logstore::object_store::aws::AmazonS3Builder;
use deltalake::logstore::object_store::azure::MicrosoftAzureBuilder;
use deltalake::logstore::object_store::gcp::GoogleCloudStorageBuilder;
use deltalake::logstore::object_store::{BackoffConfig, ObjectStoreScheme, Result, RetryConfig};
use deltalake::logstore::{ObjectStoreRef, StorageConfig, default_logstore};
use deltalake::{DeltaTable, DeltaTableError, ObjectStoreError, Path};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How often one request is sent again: with growing pauses some six seconds in all.
const RETRIES: usize = 6;
/// No request is sent again after this long.
const RETRY_WITHIN: Duration = Duration::from_secs(60);

/// The object store at whose root paths begin. Asks nobody.
///
/// # Errors
/// An option is unknown to the service or has a value that it refuses. The user's to mend.
pub(crate) fn root_store(location: &Location) -> Result<ObjectStoreRef, StoreError> {
    for (name, value) in location.options().iter() {
        let refusal = StoreOptions::refusal(location.service(), name, value);
        if let Some(reason) = refusal.filter(|_| location.service() != Service::Files) {
            let reason = format!("the option {name} {reason}");
            return Err(StoreError::Location { location: location.to_string(), reason });
        }
    }
    let store: Result<ObjectStoreRef> = match location.service() {
        Service::Files => Ok(Arc::new(DurableFiles::default())),
        Service::AmazonS3 => amazon(location),
        Service::GoogleCloudStorage => google(location),
        Service::AzureBlobStorage => azure(location),
    };
    store.map_err(|error| StoreError::Location {
        location: location.to_string(),
        reason: format!("its options, of [store.options] or of the environment, do not fit: {error}"),
    })
}

fn amazon(location: &Location) -> Result<ObjectStoreRef> {
    let mut builder = AmazonS3Builder::from_env().with_url(location.root().as_str()).with_retry(retry());
    for (name, value) in location.options().iter() {
        builder = builder.with_config(name.parse()?, value);
    }
    Ok(Arc::new(builder.build()?))
}

fn google(location: &Location) -> Result<ObjectStoreRef> {
    let mut builder = GoogleCloudStorageBuilder::from_env().with_url(location.root().as_str()).with_retry(retry());
    for (name, value) in location.options().iter() {
        builder = builder.with_config(name.parse()?, value);
    }
    Ok(Arc::new(builder.build()?))
}

fn azure(location: &Location) -> Result<ObjectStoreRef> {
    let mut builder = MicrosoftAzureBuilder::from_env().with_url(location.root().as_str()).with_retry(retry());
    for (name, value) in location.options().iter() {
        builder = builder.with_config(name.parse()?, value);
    }
    Ok(Arc::new(builder.build()?))
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_WITHIN, backoff: BackoffConfig::default() }
}

/// The Delta table at `url`, below the root of `store`; not loaded yet.
pub(crate) fn delta_table(store: &ObjectStoreRef, url: &Url) -> Result<DeltaTable, DeltaTableError> {
    let config = StorageConfig::default();
    let below = config.decorate_store(store.clone(), url)?;
    Ok(DeltaTable::new(default_logstore(Arc::new(below), store.clone(), url, &config)))
}

/// The path of the location itself, from the root of its store.
pub(crate) fn root_path(location: &Location) -> Result<Path, StoreError> {
    match ObjectStoreScheme::parse(location.root()) {
        Ok((_, path)) => Ok(path),
        Err(error) => Err(StoreError::Location { location: location.to_string(), reason: error.to_string() }),
    }
}

/// Whose fault a failure of the store is, and whether a retry helps.
pub(crate) fn advice(error: &DeltaTableError) -> &'static str {
    let DeltaTableError::ObjectStore { source } = error else { return "trying again may help" };
    match source {
        ObjectStoreError::PermissionDenied { .. } | ObjectStoreError::Unauthenticated { .. } => {
            "the store refuses these credentials, or they lack a permission (to read, write, list and delete below this \
             prefix): trying again does not help"
        }
        ObjectStoreError::NotFound { .. } => {
            "there is no such bucket or container: create it, or correct the URL, the region or the endpoint"
        }
        _ => {
            "the store cannot be reached or answers with an error: check network, endpoint and credentials; trying again \
             may help"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::root_store;
    use crate::location::Location;
    use crate::options::StoreOptions;

    fn built(url: &str, options: &[(&str, &str)]) -> Result<String, String> {
        let location = Location::parse(url).unwrap().with_options(StoreOptions::from_iter(options.iter().copied()));
        root_store(&location).map(|store| store.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_service_has_a_driver() {
        let keys = [("access_key_id", "a"), ("secret_access_key", "b")];
        assert!(built("s3://bucket/x", &keys).unwrap().contains("AmazonS3(bucket)"));
        assert!(built("s3a://bucket/x", &keys).unwrap().contains("AmazonS3(bucket)"));
        assert!(built("gs://bucket/x", &[("skip_signature", "true")]).unwrap().contains("bucket"));
        assert!(built("az://container/x", &[("account_name", "me")]).unwrap().contains("container"));
        assert!(built("abfss://container@me.dfs.core.windows.net/x", &[]).unwrap().contains("container"));
        assert!(built("/tmp/x", &[("region", "is ignored")]).unwrap().contains("Durable"));
    }

    #[test]
    fn options_that_do_not_fit_are_named_without_their_values() {
        let unknown = built("s3://bucket/x", &[("regoin", "hunter2")]).unwrap_err();
        assert!(unknown.contains("s3://bucket/x") && unknown.contains("regoin"), "{unknown}");
        let bad = built("s3://bucket/x", &[("allow_http", "maybe")]).unwrap_err();
        assert!(bad.contains("s3://bucket/x") && bad.contains("do not fit"), "{bad}");
        assert!(!format!("{unknown}{bad}").contains("hunter2"));
    }
}
