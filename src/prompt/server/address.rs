//! Which server, as a URL: `postgres://USER@HOST:PORT/DATABASE?sslmode=MODE&sslrootcert=FILE`.
//!
//! | `sslmode` | |
//! |---|---|
//! | `disable` | not encrypted; the default on loopback |
//! | `verify-full` | encrypted, with the certificate and its name checked; the default elsewhere |
//!
//! The modes between them look safe and are not: whoever stands between could read everything. They are refused.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where a server listens that is not told otherwise.
const PORT: u16 = 5432;

/// A URL that names no server. The user's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "--server {0}; expected postgres://USER@HOST:PORT, optionally with ?sslmode=disable or verify-full and &sslrootcert=FILE"
)]
pub struct AddressError(String);

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrecy {
    /// Not at all.
    Plain,
    /// With a certificate that is checked against these roots, or those of the system.
    Verified(Option<PathBuf>),
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who.
    pub user: String,
    /// Which database; servers of Touchload have one.
    pub database: String,
    /// How it is encrypted.
    pub secrecy: Secrecy,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|error| AddressError(format!("is no URL ({error})")))?;
        let mut problems = Vec::new();
        if !["postgres", "postgresql"].contains(&url.scheme()) {
            problems.push(format!("has the scheme {}", url.scheme()));
        }
        let host = decoded(url.host_str().unwrap_or_default()).trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            problems.push("names no host".to_owned());
        }
        let user = decoded(url.username());
        if user.is_empty() {
            problems.push("names no user".to_owned());
        }
        if url.password().is_some() {
            problems.push(
                "holds a password, which every list of processes shows: use PGPASSWORD, ~/.pgpass or the prompt"
                    .to_owned(),
            );
        }
        let (mut mode, mut roots) = (None, None);
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(PathBuf::from(value.as_ref())),
                other => problems.push(format!("has the unknown option {other}")),
            }
        }
        let secrecy = match (mode.as_deref(), roots) {
            (Some("disable"), None) => Secrecy::Plain,
            (Some("disable"), Some(_)) => {
                problems.push("has certificates for a connection that is not encrypted".to_owned());
                Secrecy::Plain
            }
            (None, None) if is_loopback(&host) => Secrecy::Plain,
            (Some("verify-full") | None, roots) => Secrecy::Verified(roots),
            (Some(other), roots) => {
                problems.push(format!("has sslmode={other}, which does not check who answers"));
                Secrecy::Verified(roots)
            }
        };
        if !problems.is_empty() {
            return Err(AddressError(problems.join(", ")));
        }
        let database = Some(decoded(url.path().trim_start_matches('/'))).filter(|name| !name.is_empty());
        let database = database.unwrap_or_else(|| "touchload".to_owned());
        Ok(Self { host, port: url.port().unwrap_or(PORT), user, database, secrecy })
    }

    /// Host and port, for people.
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Address, Secrecy};
    use std::path::PathBuf;

    fn read(url: &str) -> Address {
        Address::read(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn off_loopback_nothing_goes_in_the_clear_unless_asked() {
        assert_eq!(read("postgres://ana@localhost").secrecy, Secrecy::Plain);
        assert_eq!(read("postgres://ana@127.0.0.1:7000/").secrecy, Secrecy::Plain);
        assert_eq!(read("postgres://ana@[::1]").host, "::1");
        assert_eq!(read("postgres://ana@sql.example").secrecy, Secrecy::Verified(None));
        assert_eq!(read("postgres://ana@sql.example?sslmode=disable").secrecy, Secrecy::Plain);
        let rooted = read("postgresql://ana@127.0.0.1?sslmode=verify-full&sslrootcert=/etc/ca.pem");
        assert_eq!(rooted.secrecy, Secrecy::Verified(Some(PathBuf::from("/etc/ca.pem"))));
    }

    #[test]
    fn names_are_decoded_and_defaults_filled_in() {
        let address = read("postgres://ana%40work@sql.example:7432/other%20one?sslmode=disable");
        assert_eq!((address.user.as_str(), address.port, address.database.as_str()), ("ana@work", 7432, "other one"));
        assert_eq!(read("postgres://ana@h?sslmode=disable").database, "touchload");
        assert_eq!(read("postgres://ana@h?sslmode=disable").place(), "h:5432");
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let told = Address::read("mysql://:secret@h/x?sslmode=require&pool=3").unwrap_err().to_string();
        for problem in ["scheme mysql", "no user", "holds a password", "unknown option pool"] {
            assert!(told.contains(problem), "{problem}: {told}");
        }
        assert!(!told.contains("secret"), "{told}");
        assert!(Address::read("postgres://a@h?sslmode=prefer").unwrap_err().to_string().contains("sslmode=prefer"));
        assert!(Address::read("host=localhost").is_err());
    }
}
