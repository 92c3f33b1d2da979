//! Where the tables lie: a local folder or a prefix of an object store, with one sub-folder per table.
//!
//! | text | place |
//! |---|---|
//! | `./data`, `/srv/data`, `C:\data`, `file:///srv/data` | a folder |
//! | `s3://bucket/prefix`, `s3a://…` | Amazon S3, or a store that speaks its protocol |
//! | `gs://bucket/prefix` | Google Cloud Storage |
//! | `az://container/prefix`, also `azure`, `adl`, `abfs`, `abfss`; `abfss://container@account.dfs.core.windows.net/prefix` | Azure Blob Storage |
//!
//! Whatever has no `://` is a path, but for `s3:/…` and the like, which are typing errors. A URL carries no credentials
//! and no query: those are [`StoreOptions`] or environment variables, so that a location can be shown as it is. Its path
//! needs no percent-encoding, since readers of Delta tables differ in how they undo it.

use crate::durable;
use crate::error::StoreError;
use crate::options::StoreOptions;
use crate::table::Table;
use std::path::PathBuf;
use url::Url;

/// What keeps the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A folder of this machine or of a mounted volume.
    Files,
    /// Amazon S3 and what speaks its protocol.
    AmazonS3,
    /// Google Cloud Storage.
    GoogleCloudStorage,
    /// Azure Blob Storage.
    AzureBlobStorage,
}

/// The folder or prefix that holds the tables, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    root: Url,
    service: Service,
    options: StoreOptions,
}

/// Schemes by service; what the message about an unknown one lists.
const SCHEMES: &[(&str, Service)] = &[
    ("file", Service::Files),
    ("s3", Service::AmazonS3),
    ("s3a", Service::AmazonS3),
    ("gs", Service::GoogleCloudStorage),
    ("az", Service::AzureBlobStorage),
    ("azure", Service::AzureBlobStorage),
    ("adl", Service::AzureBlobStorage),
    ("abfs", Service::AzureBlobStorage),
    ("abfss", Service::AzureBlobStorage),
];

impl Service {
    fn of_scheme(scheme: &str) -> Option<Self> {
        SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, service)| *service)
    }

    /// Its name as its provider writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::AmazonS3 => "Amazon S3",
            Self::GoogleCloudStorage => "Google Cloud Storage",
            Self::AzureBlobStorage => "Azure Blob Storage",
        }
    }
}

impl Location {
    /// A local path (made absolute) or a URL. Creates nothing and asks nobody.
    ///
    /// # Errors
    /// The text is neither, names no known kind of store, or is a URL with credentials, a query or a path that needs
    /// encoding. The user's to mend; the message shows no credentials.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let refused = |reason| StoreError::Location { location: without_secrets(text), reason };
        Self::read(text).map_err(refused)
    }

    fn read(text: &str) -> Result<Self, String> {
        match scheme(text) {
            Scheme::Slashes("file") => {
                let path = Url::parse(text).map_err(|e| e.to_string())?.to_file_path();
                Self::of_path(path.map_err(|()| "it is not a file URL of this machine")?)
            }
            Scheme::Slashes(_) => Self::of_url(text),
            Scheme::Typo(scheme) => {
                Err(format!("write {scheme}:// before the name, or ./{text} for a folder of that name"))
            }
            Scheme::None if text.is_empty() => Err("it is empty".to_owned()),
            Scheme::None => Self::of_path(std::path::absolute(text).map_err(|e| e.to_string())?),
        }
    }

    fn of_path(path: PathBuf) -> Result<Self, String> {
        let mut root = Url::from_directory_path(path).map_err(|()| "it is not a path that a URL can hold")?;
        end_with_slash(&mut root);
        Ok(Self { root, service: Service::Files, options: StoreOptions::default() })
    }

    fn of_url(text: &str) -> Result<Self, String> {
        let mut root = Url::parse(text).map_err(|e| e.to_string())?;
        let Some(service) = Service::of_scheme(root.scheme()) else {
            let known: Vec<String> = SCHEMES.iter().map(|(scheme, _)| format!("{scheme}://")).collect();
            return Err(format!("no such kind of store is known; give a folder or one of {}", known.join(", ")));
        };
        if root.host_str().is_none_or(str::is_empty) {
            return Err(format!("it names no bucket or container; write {}://bucket/prefix", root.scheme()));
        }
        if root.port().is_some() {
            return Err("a bucket has no port; set store.options.endpoint for a store of your own".to_owned());
        }
        let names_container = service == Service::AzureBlobStorage && !root.username().is_empty();
        if root.password().is_some() || !(root.username().is_empty() || names_container) {
            return Err(
                "credentials do not belong into a URL; set them in [store.options] or the environment".to_owned()
            );
        }
        if root.query().is_some() || root.fragment().is_some() {
            return Err("a query or fragment has no meaning here; options belong into [store.options]".to_owned());
        }
        if root.path().contains("//") || !root.path().bytes().all(is_plain) {
            return Err("its path needs encoding; use letters, digits and - _ . = between single slashes".to_owned());
        }
        end_with_slash(&mut root);
        Ok(Self { root, service, options: StoreOptions::default() })
    }

    /// The same place, reached with `options` over what the environment says. A folder needs none and ignores them.
    pub fn with_options(self, options: StoreOptions) -> Self {
        Self { options, ..self }
    }

    /// What keeps the tables.
    pub fn service(&self) -> Service {
        self.service
    }

    /// The local folder, `None` for an object store.
    pub fn local_path(&self) -> Option<PathBuf> {
        (self.service == Service::Files).then(|| self.root.to_file_path().ok()).flatten()
    }

    /// The URL of a table's folder.
    ///
    /// # Errors
    /// The URL cannot have parts below it.
    pub fn table_url(&self, table: Table) -> Result<Url, StoreError> {
        let joined = self.root.join(&format!("{}/", table.name()));
        joined.map_err(|e| StoreError::Location { location: self.to_string(), reason: e.to_string() })
    }

    pub(crate) fn root(&self) -> &Url {
        &self.root
    }

    pub(crate) fn options(&self) -> &StoreOptions {
        &self.options
    }

    pub(crate) fn create_folder(&self, table: Table) -> Result<(), StoreError> {
        let Some(path) = self.local_path() else { return Ok(()) };
        let path = path.join(table.name());
        durable::create_folder(&path)
            .map_err(|source| StoreError::Folder { folder: path.display().to_string(), source })
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.local_path() {
            Some(path) => write!(f, "{}", path.display()),
            None => f.write_str(self.root.as_str().trim_end_matches('/')),
        }
    }
}

enum Scheme<'a> {
    None,
    /// Before `://`.
    Slashes(&'a str),
    /// A known scheme before a colon that `//` should follow.
    Typo(&'a str),
}

fn scheme(text: &str) -> Scheme<'_> {
    match text.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") => Scheme::Slashes(scheme),
        // One letter is a drive.
        Some((scheme, _)) if scheme.len() > 1 && Service::of_scheme(scheme).is_some() => Scheme::Typo(scheme),
        _ => Scheme::None,
    }
}

/// What every reader of the table takes for itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'/')
}

fn end_with_slash(url: &mut Url) {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
}

/// A text that may be a URL, without what stands before an `@` or behind a `?`.
fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, behind)| behind);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::{Location, Service};
    use crate::table::Table;

    fn refusal(text: &str) -> String {
        Location::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn paths_hold_tables_below_them() {
        let local = Location::parse("/tmp/some folder").unwrap();
        assert_eq!(local.local_path().unwrap().to_str(), Some("/tmp/some folder/"));
        assert_eq!(local.table_url(Table::DeadLetters).unwrap().path(), "/tmp/some%20folder/dead_letters/");
        assert_eq!(Location::parse("file:///tmp/some%20folder").unwrap(), local);
        let here = std::path::absolute("data").unwrap();
        for relative in ["data", "./data", "data/"] {
            assert_eq!(Location::parse(relative).unwrap().local_path().unwrap(), here, "{relative}");
        }
        for odd in ["C:\\data", "C:/data", "a:b", "s3", "gs/x", "-"] {
            assert_eq!(Location::parse(odd).unwrap().service(), Service::Files, "{odd}");
        }
    }

    #[test]
    fn urls_of_known_stores_hold_tables_below_them() {
        for (text, service) in [
            ("s3://bucket", Service::AmazonS3),
            ("s3a://bucket/a/b/", Service::AmazonS3),
            ("gs://bucket/a=1/b.c", Service::GoogleCloudStorage),
            ("az://container/a", Service::AzureBlobStorage),
            ("abfss://container@account.dfs.core.windows.net/a", Service::AzureBlobStorage),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!((location.service(), location.local_path()), (service, None), "{text}");
            assert_eq!(location.to_string(), text.trim_end_matches('/'));
            let below = location.table_url(Table::TouchpointLog).unwrap();
            assert_eq!(below.as_str(), format!("{}/touchpoint_log/", text.trim_end_matches('/')));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_write() {
        for (text, part) in [
            ("", "empty"),
            ("ftp://host/x", "s3://, s3a://, gs://, az://"),
            ("https://account.blob.core.windows.net/c/x", "give a folder or one of"),
            ("memory:///", "no such kind"),
            ("s3:///prefix", "s3://bucket/prefix"),
            ("s3:bucket/x", "write s3:// before"),
            ("s3:/bucket/x", "./s3:/bucket/x"),
            ("s3://bucket:9000/x", "endpoint"),
            ("s3://bucket/a b", "encoding"),
            ("s3://bucket/a//b", "encoding"),
            ("gs://bucket/~a", "encoding"),
            ("file://elsewhere/x", "this machine"),
        ] {
            assert!(refusal(text).contains(part), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn secrets_in_a_url_are_refused_and_never_shown() {
        for text in [
            "s3://user:hunter2@bucket/a",
            "s3://hunter2@bucket/a",
            "az://container:hunter2@account.dfs.core.windows.net/a",
            "az://container/a?sig=hunter2",
            "gs://bucket/a#hunter2",
            "ftp://user:hunter2@host/a",
            "s3://user:hunter2@bucket:x/a",
        ] {
            let message = refusal(text);
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert!(refusal("s3://user:hunter2@bucket/a").contains("s3://bucket/a"));
    }
}
