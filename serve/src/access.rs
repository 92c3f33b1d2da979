//! Who may ask what: bearer tokens and the roles that they stand for.
//!
//! A token is never kept: its SHA-256 is, and what a caller sends is hashed and compared with every one of them in
//! constant time, so that neither the answer nor its time tells how near a guess was. Without tokens an API on loopback
//! takes every caller as commercial; off loopback it lets nobody in.

use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use touchpoint::Audience;

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sales, marketing, orchestrators.
    Commercial,
    /// Medical affairs.
    Medical,
    /// Who looks at numbers.
    Analyst,
    /// Who answers for the rules.
    Compliance,
    /// Who runs it.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Commercial, Self::Medical, Self::Analyst, Self::Compliance, Self::Admin];

    /// The text in token files and audit lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commercial => "commercial",
            Self::Medical => "medical",
            Self::Analyst => "analyst",
            Self::Compliance => "compliance",
            Self::Admin => "admin",
        }
    }

    /// The role named `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whose view its answers are: medical records are for those who need them.
    pub fn audience(self) -> Audience {
        match self {
            Self::Commercial | Self::Analyst => Audience::Commercial,
            Self::Medical | Self::Compliance | Self::Admin => Audience::Full,
        }
    }
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Who has it; stands in audit lines.
    pub name: String,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// What its holder is.
    pub role: Role,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Name of the token.
    pub name: String,
    /// What the caller is.
    pub role: Role,
}

/// Who asks in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Name of the user; stands in audit lines.
    pub name: String,
    /// What the reader is.
    pub role: Role,
    /// The territories whose rows are for it; `None`: all of them.
    pub territories: Option<Vec<String>>,
    /// The owner that the reader is, when it is one.
    pub owner_id: Option<String>,
}

impl Reader {
    /// Everybody on a server without users that only this machine reaches.
    pub fn loopback() -> Self {
        Self { name: "loopback".to_owned(), role: Role::Commercial, territories: None, owner_id: None }
    }
}

/// Whom the API lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Holders of these tokens.
    Tokens(Vec<Token>),
    /// Everybody, as a commercial caller: for an API that only this machine reaches.
    Loopback,
}

/// Why a caller is not let in. The caller's fault; a retry without a change does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No `Authorization: Bearer …`.
    NoToken,
    /// A token that nobody has.
    UnknownToken,
    /// Without tokens only names of this machine are answered: another name is a page of a browser that was led here.
    ForeignHost,
}

impl Access {
    /// The caller of a request with these headers, as far as they are text.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit(&self, authorization: Option<&str>, host: Option<&str>) -> Result<Caller, Refusal> {
        match self {
            Self::Loopback if host.is_some_and(is_loopback) => {
                Ok(Caller { name: "loopback".to_owned(), role: Role::Commercial })
            }
            Self::Loopback => Err(Refusal::ForeignHost),
            Self::Tokens(tokens) => {
                let token = authorization.and_then(bearer).ok_or(Refusal::NoToken)?;
                let holder = holder(tokens, token).ok_or(Refusal::UnknownToken)?;
                Ok(Caller { name: holder.name.clone(), role: holder.role })
            }
        }
    }
}

/// Whom the API lets in now: may be replaced while it serves, and holds from the next request on.
#[derive(Debug, Clone)]
pub struct SharedAccess(Arc<RwLock<Arc<Access>>>);

impl SharedAccess {
    /// To begin with.
    pub fn new(access: Access) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(access))))
    }

    /// From now on.
    pub fn replace(&self, access: Access) {
        // What is under the lock is replaced whole, so that a panic elsewhere leaves nothing half written.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
    }

    /// What holds now.
    pub fn now(&self) -> Arc<Access> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Access {
    /// 16 hex digits that tell one set of tokens from another, in whatever order they stand; `none` without any.
    pub fn version(&self) -> String {
        let Self::Tokens(tokens) = self else { return "none".to_owned() };
        let mut lines: Vec<String> = tokens
            .iter()
            .map(|token| format!("{:?} {} {:?}\n", token.sha256, token.role.as_str(), token.name))
            .collect();
        lines.sort_unstable();
        let hash = lines.iter().fold(Sha256::new(), |hash, line| hash.chain_update(line)).finalize();
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The token of `Bearer TOKEN`.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The one whose hash is that of `token`; every one is compared in full.
fn holder<'a>(tokens: &'a [Token], token: &str) -> Option<&'a Token> {
    let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let (mut found, mut place) = (Choice::from(0), 0_u32);
    for (n, known) in (0_u32..).zip(tokens) {
        let equal = known.sha256.ct_eq(&given);
        place.conditional_assign(&n, equal);
        found |= equal;
    }
    if bool::from(found) { tokens.get(usize::try_from(place).ok()?) } else { None }
}

/// Whether a `Host` header names this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Access, Refusal, Role, SharedAccess, Token};
    use sha2::{Digest, Sha256};
    use touchpoint::Audience;

    fn token(name: &str, secret: &str, role: Role) -> Token {
        Token { name: name.into(), sha256: Sha256::digest(secret).into(), role }
    }

    #[test]
    fn a_token_admits_its_holder_and_nobody_else() {
        let access = Access::Tokens(vec![
            token("crm", "one", Role::Commercial),
            token("msl desk", "two", Role::Medical),
            token("audit", "three", Role::Compliance),
        ]);
        let name = |authorization| access.admit(authorization, Some("any.host")).map(|caller| caller.name);
        assert_eq!(name(Some("Bearer one")).as_deref(), Ok("crm"));
        assert_eq!(name(Some("bearer  two ")).as_deref(), Ok("msl desk"));
        assert_eq!(name(Some("Bearer three")).as_deref(), Ok("audit"));
        for wrong in ["Bearer four", "Bearer onee", "Bearer ONE"] {
            assert_eq!(name(Some(wrong)), Err(Refusal::UnknownToken), "{wrong}");
        }
        for none in [None, Some(""), Some("one"), Some("Basic one"), Some("Bearer "), Some("Bearer")] {
            assert_eq!(name(none), Err(Refusal::NoToken), "{none:?}");
        }
        assert_eq!(Access::Tokens(Vec::new()).admit(Some("Bearer one"), None), Err(Refusal::UnknownToken));
    }

    #[test]
    fn what_is_replaced_holds_from_the_next_question_on() {
        let of =
            |names: &[&str]| Access::Tokens(names.iter().map(|name| token(name, name, Role::Commercial)).collect());
        let shared = SharedAccess::new(of(&["one", "two"]));
        let elsewhere = shared.clone();
        let admits = |secret: &str| elsewhere.now().admit(Some(&format!("Bearer {secret}")), None).is_ok();
        assert!(admits("one") && admits("two") && !admits("three"));
        shared.replace(of(&["two", "three"]));
        assert!(!admits("one") && admits("two") && admits("three"));
        assert_eq!(of(&["two", "three"]).version(), of(&["three", "two"]).version());
        assert_ne!(of(&["two", "three"]).version(), of(&["two"]).version());
        assert_eq!((of(&["two"]).version().len(), Access::Loopback.version().as_str()), (16, "none"));
    }

    #[test]
    fn without_tokens_this_machine_is_commercial() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:80", "127.9.9.9", "[::1]:8080"] {
            let caller = Access::Loopback.admit(None, Some(host)).expect(host);
            assert_eq!(caller.role, Role::Commercial);
        }
        for host in ["evil.example:8080", "localhost.evil.example", "10.0.0.1", "", "127.0.0.1.evil.example"] {
            assert_eq!(Access::Loopback.admit(None, Some(host)), Err(Refusal::ForeignHost), "{host}");
        }
        assert_eq!(Access::Loopback.admit(None, None), Err(Refusal::ForeignHost));
    }

    #[test]
    fn medical_records_are_for_three_roles() {
        let full: Vec<Role> = Role::ALL.into_iter().filter(|role| role.audience() == Audience::Full).collect();
        assert_eq!(full, [Role::Medical, Role::Compliance, Role::Admin]);
        assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
    }
}
