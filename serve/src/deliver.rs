//! Alerts out of the house: to every replica of an Alertmanager, to webhooks, and as a daily digest.
//!
//! A transition comes here when it is durable, never before. Delivery is **at least once**: what is told twice has the
//! same alert id, state and instant, and receivers go by these.
//!
//! | receiver | what it gets | what makes it complete |
//! |---|---|---|
//! | Alertmanager | firing and ended live alerts, to each replica by itself | the state: everything that fires is sent again and again, long before it would expire |
//! | webhook | every transition that is to be told, in order per alert | the log of transitions: an offset moves on only when the receiver said yes |
//! | digest | what a day brought, reports included, one document per orchestrator | the log of transitions |
//!
//! Alerts of audience full go to receivers of audience full only; a receiver is commercial unless its configuration says
//! otherwise. Ids are keyed pseudonyms unless a receiver is told to get plain ones. Nothing follows a redirect, and no
//! answer is read beyond its status.
//!
//! | module | one noun |
//! |---|---|
//! | [`document`] | a transition as JSON: the value of the topic, the body of a webhook |
//! | [`naming`] | pseudonyms or ids |
//! | [`board`] | what one Alertmanager replica is still to be told |
//! | [`alertmanager`] | the API v2 form of an alert, and the loop that keeps a replica informed |
//! | [`webhook`] | a signed POST, tried again until it is taken |
//! | [`digest`] | a day, per orchestrator |
//! | [`backoff`] | how long to wait before the next try |
//! | [`client`] | the HTTP client |

pub mod alertmanager;
pub mod backoff;
pub mod board;
pub mod client;
pub mod digest;
pub mod document;
pub mod naming;
pub mod webhook;

pub use alertmanager::{Alertmanager, Posted};
pub use backoff::Backoff;
pub use board::{Board, Resending};
pub use client::{Client, PostError};
pub use digest::Digest;
pub use document::{Document, DocumentError};
pub use naming::{Ids, Naming};
pub use webhook::Webhook;
