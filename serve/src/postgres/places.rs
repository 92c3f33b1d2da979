//! How many connections there may be, and which ones there are.
//!
//! A client that is not known yet takes a place at the door, of which there are few and each for a short time; a known one
//! takes a place of the server and of its user. Every known connection has a number and a secret, with which another
//! connection may end what it runs.

use super::fault::{Fault, SqlState};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;
use tokio_util::sync::CancellationToken;

/// Connections at the door.
const AT_THE_DOOR: usize = 256;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxConnections {
    /// In all.
    pub total: usize,
    /// Of one user.
    pub per_user: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Places {
    max: MaxConnections,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    at_the_door: usize,
    last: i32,
    backends: HashMap<i32, Backend>,
}

#[derive(Debug)]
struct Backend {
    user: String,
    secret: [u8; 4],
    runs: Option<CancellationToken>,
}

impl Places {
    pub(super) fn new(max: MaxConnections) -> Arc<Self> {
        Arc::new(Self { max, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Each change is one insert or one removal: a panic elsewhere leaves nothing half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place at the door.
    pub(super) fn at_the_door(self: &Arc<Self>) -> Result<AtTheDoor, Fault> {
        let mut taken = self.taken();
        if taken.at_the_door >= AT_THE_DOOR {
            return Err(Fault::new(SqlState::TooManyConnections, "too many clients are logging in; try again"));
        }
        taken.at_the_door += 1;
        Ok(AtTheDoor(self.clone()))
    }

    /// A place of the server for `user`.
    pub(super) fn enter(self: &Arc<Self>, user: &str) -> Result<Place, Fault> {
        let mut secret = [0; 4];
        let unavailable = |_| Fault::new(SqlState::InternalError, "the operating system gave no random bytes");
        SystemRandom::new().fill(&mut secret).map_err(unavailable)?;
        let mut taken = self.taken();
        if taken.backends.len() >= self.max.total {
            let fault = Fault::new(SqlState::TooManyConnections, "sorry, too many clients already");
            return Err(fault.with_detail(format!("The server has {} connections.", self.max.total)));
        }
        if taken.backends.values().filter(|backend| backend.user == user).count() >= self.max.per_user {
            let fault = Fault::new(SqlState::TooManyConnections, format!("too many connections for role \"{user}\""));
            return Err(fault.with_detail(format!("A user may have {} connections.", self.max.per_user)));
        }
        let mut number = taken.last;
        loop {
            number = if number == i32::MAX { 1 } else { number + 1 };
            if !taken.backends.contains_key(&number) {
                break;
            }
        }
        taken.last = number;
        taken.backends.insert(number, Backend { user: user.to_owned(), secret, runs: None });
        Ok(Place { places: self.clone(), number, secret })
    }

    /// Ends what a connection runs, if `secret` is its secret. Nobody is told whether it was.
    pub(super) fn cancel(&self, number: i32, secret: &[u8]) {
        let taken = self.taken();
        let Some(backend) = taken.backends.get(&number) else { return };
        if let Some(runs) = backend.runs.as_ref().filter(|_| bool::from(backend.secret.ct_eq(secret))) {
            runs.cancel();
        }
    }

    /// Known connections.
    pub(super) fn count(&self) -> usize {
        self.taken().backends.len()
    }
}

/// A place at the door, given back when dropped.
#[derive(Debug)]
pub(super) struct AtTheDoor(Arc<Places>);

impl Drop for AtTheDoor {
    fn drop(&mut self) {
        self.0.taken().at_the_door -= 1;
    }
}

/// A place of the server, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    /// The number that a client is told.
    pub(super) number: i32,
    /// The secret that it is told.
    pub(super) secret: [u8; 4],
}

impl Place {
    /// A statement runs from now on, until [`Self::rest`]; the token is cancelled when somebody asks for its end.
    pub(super) fn run(&self) -> CancellationToken {
        let token = CancellationToken::new();
        self.set(Some(token.clone()));
        token
    }

    /// Nothing runs: who asks for an end now asks for that of nothing.
    pub(super) fn rest(&self) {
        self.set(None);
    }

    fn set(&self, runs: Option<CancellationToken>) {
        if let Some(backend) = self.places.taken().backends.get_mut(&self.number) {
            backend.runs = runs;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().backends.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_THE_DOOR, MaxConnections, Places};
    use crate::postgres::fault::SqlState;

    #[test]
    fn places_end_and_are_given_back() {
        let places = Places::new(MaxConnections { total: 3, per_user: 2 });
        let full = |user: &str| places.enter(user).err().map(|fault| fault.state);
        let (one, _two) = (places.enter("anna").expect("a place"), places.enter("anna").expect("a place"));
        assert_eq!(full("anna"), Some(SqlState::TooManyConnections));
        let _three = places.enter("bert").expect("a place");
        assert_eq!(full("carl"), Some(SqlState::TooManyConnections));
        drop(one);
        assert_eq!(full("carl"), None);
        let door: Vec<_> = (0..AT_THE_DOOR).map(|_| places.at_the_door().expect("a place")).collect();
        assert!(places.at_the_door().is_err());
        drop(door);
        assert!(places.at_the_door().is_ok());
    }

    #[test]
    fn only_what_runs_is_cancelled_and_only_with_its_secret() {
        let places = Places::new(MaxConnections { total: 3, per_user: 3 });
        let place = places.enter("anna").expect("a place");
        places.cancel(place.number, &place.secret);
        let token = place.run();
        let wrong = place.secret.map(|byte| !byte);
        places.cancel(place.number, &wrong);
        places.cancel(place.number + 1, &place.secret);
        places.cancel(place.number, &[]);
        assert!(!token.is_cancelled());
        places.cancel(place.number, &place.secret);
        assert!(token.is_cancelled());
        place.rest();
        assert!(!place.run().is_cancelled());
    }
}
