//! The lives of interactions: which records one act leaves behind, and when each is recorded.

pub(crate) mod call;
pub(crate) mod email;
pub(crate) mod invitation;
pub(crate) mod request;
