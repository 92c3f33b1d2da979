//! The options of `touch`.

use clap::{Args, ValueEnum};
use touchpoint::{Channel, Origin};

/// The product that touches are about unless another is named; the policy of `demo` has a budget for it.
pub const TRIED_PRODUCT: &str = "demo-launch";

/// How somebody is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum TouchChannel {
    /// A visit
    FaceToFace,
    /// A telephone call
    Phone,
    /// A video call
    Video,
    /// A chat
    Chat,
    /// An e-mail by a rep
    RepEmail,
    /// An e-mail by headquarters
    HqEmail,
    /// A congress invitation
    Congress,
}

impl TouchChannel {
    /// The channel, and of an e-mail its origin.
    pub fn channel(self) -> (Channel, Option<Origin>) {
        match self {
            Self::FaceToFace => (Channel::FaceToFace, None),
            Self::Phone => (Channel::Phone, None),
            Self::Video => (Channel::Video, None),
            Self::Chat => (Channel::Chat, None),
            Self::RepEmail => (Channel::Email, Some(Origin::Rep)),
            Self::HqEmail => (Channel::Email, Some(Origin::Hq)),
            Self::Congress => (Channel::Congress, None),
        }
    }
}

/// Options of `touch`.
#[derive(Debug, Args)]
pub struct TouchArgs {
    /// Address of Kafka, HOST:PORT; a demo prints that of its own
    #[arg(long, value_name = "BOOTSTRAP")]
    pub brokers: String,
    /// The HCP
    #[arg(long, value_name = "ID")]
    pub hcp: String,
    /// How
    #[arg(long, value_enum, default_value_t = TouchChannel::Phone)]
    pub channel: TouchChannel,
    /// How often, a second apart, the last one now
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub count: u32,
    /// About which product
    #[arg(long, value_name = "PRODUCT", default_value = TRIED_PRODUCT)]
    pub product: String,
    /// Who touches
    #[arg(long, value_name = "ID", default_value = "you")]
    pub owner: String,
}
