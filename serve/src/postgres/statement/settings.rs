//! The settings of one connection: PostgreSQL's names, those of them that clients set or ask for, and nothing of the
//! server's.
//!
//! Each name is listed with the values that it takes. What has an effect: `TimeZone` and `search_path` (on the session's
//! planning), `statement_timeout` (it may be lowered, never raised past the server's), `application_name` (audit lines).
//! The rest says how values are sent, in the one way that this server sends them; other values are refused, so that no
//! client waits for what does not come. `SET LOCAL` holds until the transaction ends; what a transaction sets stays when it
//! is rolled back.

mod known;
mod values;

use super::command::Extent;
use crate::postgres::{Fault, SqlState};
use datafusion::prelude::SessionContext;
use known::{KNOWN, Kind, Known, Told};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The PostgreSQL that this server speaks as.
pub const SERVER_VERSION: &str = concat!("16.6 (Touchload ", env!("CARGO_PKG_VERSION"), ")");

/// See the module. Shared between a connection and the functions of its session.
pub struct Settings {
    held: RwLock<Held>,
    apply: Box<dyn Fn(&Effect) + Send + Sync>,
}

#[derive(Default)]
struct Held {
    session: BTreeMap<&'static str, String>,
    transaction: BTreeMap<&'static str, String>,
    defaults: BTreeMap<&'static str, String>,
    longest_statement: Option<Duration>,
    backend: i32,
}

/// What a setting does to the session.
enum Effect {
    Zone(String),
    Path(Vec<String>),
}

/// A setting as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its name, spelt as PostgreSQL does.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it is for.
    pub about: &'static str,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Settings {
    /// The settings of a fresh connection of `user` over `context`, which they take effect on.
    pub fn new(context: &SessionContext, user: &str) -> Self {
        let catalog = context.state().config_options().catalog.clone();
        let weak = context.state_weak_ref();
        let home = catalog.default_schema.clone();
        let apply = move |effect: &Effect| {
            let Some(state) = weak.upgrade() else { return };
            let mut state = state.write();
            match effect {
                Effect::Zone(zone) => state.config_mut().options_mut().execution.time_zone = Some(zone.clone()),
                Effect::Path(path) => {
                    let default = state.config_options().catalog.default_catalog.clone();
                    let Some(catalog) = state.catalog_list().catalog(&default) else { return };
                    let found = path.iter().find(|schema| catalog.schema(schema).is_some()).unwrap_or(&home).clone();
                    state.config_mut().options_mut().catalog.default_schema = found;
                }
            }
        };
        let mut held = Held { backend: 1, ..Held::default() };
        held.defaults.insert("session_authorization", user.to_owned());
        held.defaults.insert("search_path", catalog.default_schema);
        Self { held: RwLock::new(held), apply: Box::new(apply) }
    }

    /// Those of the session `context`, once its catalogues are installed.
    pub fn of(context: &SessionContext) -> Option<Arc<Self>> {
        context.state().config().get_extension::<Self>()
    }

    /// No statement may take longer than this, whatever a client sets.
    pub fn limit_statements(&self, longest: Duration) {
        self.write().longest_statement = Some(longest);
    }

    /// The number that cancels this connection's statements, which `pg_backend_pid()` tells.
    pub fn name_backend(&self, number: i32) {
        self.write().backend = number;
    }

    /// See [`Self::name_backend`].
    pub fn backend(&self) -> i32 {
        self.read().backend
    }

    /// How long a statement may take; `None`: as long as it likes.
    pub fn statement_timeout(&self) -> Option<Duration> {
        let set = self.value("statement_timeout").and_then(|text| values::duration(&text));
        let longest = self.read().longest_statement;
        match (set.filter(|time| !time.is_zero()), longest) {
            (Some(set), Some(longest)) => Some(set.min(longest)),
            (set, longest) => set.or(longest),
        }
    }

    /// Sets `name`; without a value to its default. Says what a client must be told of at once.
    ///
    /// # Errors
    /// 42704 for an unknown name, 55P02 for one that cannot be set, 22023 for a value that it does not take.
    pub fn set(&self, name: &str, value: Option<&str>, extent: Extent) -> Result<Option<Shown>, Fault> {
        let known = find(name)?;
        let value = match value {
            Some(value) => known.taken(value, self.read().longest_statement)?,
            None if matches!(known.kind, Kind::Fixed) => return Err(known.fixed()),
            None => self.default(known),
        };
        {
            let mut held = self.write();
            let place = match extent {
                Extent::Session => {
                    held.transaction.remove(known.name);
                    &mut held.session
                }
                Extent::Transaction => &mut held.transaction,
            };
            place.insert(known.name, value.clone());
        }
        self.effect(known, &value);
        Ok((known.told == Told::AtOnce).then(|| Shown { name: known.name, value, about: known.about }))
    }

    /// Sets `name` to its default, or all of them. Says what a client must be told of.
    ///
    /// # Errors
    /// 42704 for an unknown name, 55P02 for one that cannot be set.
    pub fn reset(&self, name: Option<&str>) -> Result<Vec<Shown>, Fault> {
        if let Some(name) = name {
            return self.set(name, None, Extent::Session).map(|told| told.into_iter().collect());
        }
        let changed: Vec<&'static str> = {
            let mut held = self.write();
            let names = held.session.keys().chain(held.transaction.keys()).copied().collect();
            held.session.clear();
            held.transaction.clear();
            names
        };
        Ok(self.again(&changed))
    }

    /// What `SET LOCAL` set is over. Says what a client must be told of.
    pub fn end_transaction(&self) -> Vec<Shown> {
        let ended = std::mem::take(&mut self.write().transaction);
        self.again(&ended.into_keys().collect::<Vec<_>>())
    }

    fn again(&self, names: &[&'static str]) -> Vec<Shown> {
        let known = KNOWN.iter().filter(|known| names.contains(&known.name));
        let now = known.map(|known| (known, self.shown(known)));
        now.inspect(|(known, shown)| self.effect(known, &shown.value))
            .filter(|(known, _)| known.told == Told::AtOnce)
            .map(|(_, shown)| shown)
            .collect()
    }

    /// One setting.
    ///
    /// # Errors
    /// 42704 for an unknown name.
    pub fn show(&self, name: &str) -> Result<Shown, Fault> {
        find(name).map(|known| self.shown(known))
    }

    /// Every setting, by name.
    pub fn all(&self) -> Vec<Shown> {
        KNOWN.iter().map(|known| self.shown(known)).collect()
    }

    /// What a client is told when its connection begins.
    pub fn reported(&self) -> Vec<Shown> {
        KNOWN.iter().filter(|known| known.told == Told::AtOnce).map(|known| self.shown(known)).collect()
    }

    /// The value of `name`, if it is known.
    pub fn value(&self, name: &str) -> Option<String> {
        self.show(name).ok().map(|shown| shown.value)
    }

    fn shown(&self, known: &Known) -> Shown {
        let held = self.read();
        let set = held.transaction.get(known.name).or_else(|| held.session.get(known.name)).cloned();
        drop(held);
        Shown { name: known.name, value: set.unwrap_or_else(|| self.default(known)), about: known.about }
    }

    fn default(&self, known: &Known) -> String {
        self.read().defaults.get(known.name).cloned().unwrap_or_else(|| known.default.to_owned())
    }

    fn effect(&self, known: &Known, value: &str) {
        match known.kind {
            Kind::Zone => (self.apply)(&Effect::Zone(value.to_owned())),
            Kind::Path => (self.apply)(&Effect::Path(values::path(value))),
            _ => {}
        }
    }

    // A value is put in whole, so that a panic elsewhere leaves none half written.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(name: &str) -> Result<&'static Known, Fault> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        Fault::new(SqlState::UndefinedObject, format!("unrecognized configuration parameter \"{name}\""))
            .with_hint("SHOW ALL lists the parameters of a connection.")
    })
}
