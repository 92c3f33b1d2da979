//! Settings: values of known keys, each with its origin. Later layers lie over earlier ones.

use crate::config::keys::{KEYS, Presence};
use crate::config::problem::Problem;
use crate::config::properties::KafkaProperties;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use store::StoreOptions;

/// A value that fits its key's shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Flag(bool),
    Duration(Duration),
    Size(u64),
    Address(SocketAddr),
    Properties(KafkaProperties),
    Options(StoreOptions),
}

impl Value {
    /// Names and values of a table, fit to be shown; `None` for a plain value.
    pub(super) fn table(&self) -> Option<Vec<(&str, &str)>> {
        match self {
            Self::Properties(properties) => Some(properties.masked().collect()),
            Self::Options(options) => Some(options.masked().collect()),
            _ => None,
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// `default.toml`.
    Default,
    /// The file, at this line.
    File { line: usize },
    /// An option.
    CommandLine,
}

impl Origin {
    /// The line in the user's file.
    pub(super) fn line(self) -> Option<usize> {
        match self {
            Self::File { line } => Some(line),
            Self::Default | Self::CommandLine => None,
        }
    }
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// Settings by the path of their key.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings(BTreeMap<&'static str, Setting>);

impl Settings {
    /// Sets one.
    pub(super) fn put(&mut self, path: &'static str, setting: Setting) {
        self.0.insert(path, setting);
    }

    /// The setting of a key.
    pub(super) fn get(&self, path: &str) -> Option<&Setting> {
        self.0.get(path)
    }

    /// Lays `upper` over these.
    pub(super) fn overlay(&mut self, upper: Self) {
        self.0.extend(upper.0);
    }

    /// Keys that must be set and are not, except those whose value was already found bad.
    pub(super) fn missing(&self, found: &[Problem]) -> Vec<Problem> {
        let absent = KEYS.iter().filter(|k| !matches!(k.presence, Presence::Optional(_)) && self.get(k.path).is_none());
        let unnamed = absent.filter(|k| !found.iter().any(|p| p.path == k.path));
        unnamed
            .map(|k| Problem {
                line: None,
                path: k.path.to_owned(),
                what: format!("is required; set it to {} (expected {})", k.meaning, k.shape.expected()),
            })
            .collect()
    }
}
