//! The users of the server.

use super::verifier::Verifier;
use crate::access::Reader;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// One user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What proves the password.
    pub verifier: Verifier,
    /// Who it is then.
    pub reader: Reader,
}

/// Every user, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<String, User>);

impl Users {
    /// These users; of two with one name the later one.
    pub fn new(users: impl IntoIterator<Item = User>) -> Self {
        Self(users.into_iter().map(|user| (user.reader.name.clone(), user)).collect())
    }

    /// The user of a name.
    pub fn get(&self, name: &str) -> Option<&User> {
        self.0.get(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody can log in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 16 hex digits that tell one set of users from another.
    pub fn version(&self) -> String {
        let line = |user: &User| format!("{} {:?}\n", user.verifier.text(), user.reader);
        let hash = self.0.values().map(line).fold(Sha256::new(), |hash, line| hash.chain_update(line)).finalize();
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The users now: may be replaced while the server runs, and hold from the next login on.
#[derive(Debug, Clone)]
pub struct SharedUsers {
    now: Arc<RwLock<Arc<Users>>>,
    /// Makes the salts of users that are not there.
    secret: Arc<[u8; 32]>,
}

impl SharedUsers {
    /// To begin with.
    ///
    /// # Errors
    /// The operating system gave no random bytes; a retry may help.
    pub fn new(users: Users) -> std::io::Result<Self> {
        let mut secret = [0; 32];
        let failed = |_| std::io::Error::other("the operating system gave no random bytes");
        SystemRandom::new().fill(&mut secret).map_err(failed)?;
        Ok(Self { now: Arc::new(RwLock::new(Arc::new(users))), secret: Arc::new(secret) })
    }

    /// From now on.
    pub fn replace(&self, users: Users) {
        // What is under the lock is replaced whole, so that a panic elsewhere leaves nothing half written.
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(users);
    }

    /// Who can log in now.
    pub fn now(&self) -> Arc<Users> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What proves the password of `name`, and who that is; for a name that nobody has, what nobody can prove.
    pub(super) fn verifier(&self, name: &str) -> (Verifier, Option<Reader>) {
        // Both are made, so that a name which is there takes no less time than one which is not.
        let nobody = Verifier::of_nobody(name, &self.secret);
        match self.now().get(name) {
            Some(user) => (user.verifier.clone(), Some(user.reader.clone())),
            None => (nobody, None),
        }
    }
}

/// Whom the server lets in.
#[derive(Debug, Clone)]
pub enum Admission {
    /// Users with their passwords.
    Users(SharedUsers),
    /// Everybody, under any name and without a password, as a commercial reader: for a server that only this machine
    /// reaches.
    Loopback,
}
