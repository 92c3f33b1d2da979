//! A touch that somebody means to make.

use touchpoint::{BusinessFunction, Channel, Kind, Micros, Origin, Purpose, Status};

/// See the module. What is `None` has the default of a record (metrics.md §1), or is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Whom it would reach.
    pub hcp_id: String,
    /// How. `medical_request` is no touch: whoever takes in proposals refuses it.
    pub channel: Channel,
    /// Who would send an e-mail; a rep when unknown.
    pub origin: Option<Origin>,
    /// How many a call would reach at once; the HCP alone when unknown.
    pub attendees: Option<i32>,
    /// Who would act.
    pub owner_id: Option<String>,
    /// The function that would act.
    pub business_function: Option<BusinessFunction>,
    /// Why.
    pub purpose: Option<Purpose>,
    /// About which product.
    pub product: Option<String>,
    /// Of which campaign.
    pub theme: Option<String>,
    /// Of which engagement plan.
    pub plan_id: Option<String>,
    /// Which step of it.
    pub plan_step: Option<String>,
    /// The medical request that it would answer.
    pub request_id: Option<String>,
    /// Whether the HCP is said to have asked for it.
    pub solicited: bool,
    /// When; now when unknown.
    pub at: Option<Micros>,
    /// Whether nobody means to act on the answer.
    pub dry: bool,
}

impl Proposal {
    /// A touch of which nothing more is known.
    pub fn new(hcp_id: impl Into<String>, channel: Channel) -> Self {
        Self {
            hcp_id: hcp_id.into(),
            channel,
            origin: None,
            attendees: None,
            owner_id: None,
            business_function: None,
            purpose: None,
            product: None,
            theme: None,
            plan_id: None,
            plan_step: None,
            request_id: None,
            solicited: false,
            at: None,
            dry: false,
        }
    }

    /// The feed that its record would come from.
    pub fn kind(&self) -> Kind {
        match self.channel {
            Channel::FaceToFace | Channel::Phone | Channel::Video | Channel::Chat => Kind::Calls,
            Channel::Email => Kind::Emails,
            Channel::Congress => Kind::Congress,
            Channel::MedicalRequest => Kind::Requests,
        }
    }

    /// The function that would act.
    pub fn function(&self) -> BusinessFunction {
        self.business_function.unwrap_or_else(|| BusinessFunction::default_of(self.kind(), self.origin))
    }

    /// Why it would act.
    pub fn purpose(&self) -> Purpose {
        self.purpose.unwrap_or_else(|| self.function().default_purpose())
    }

    /// The first status that makes its record a touch.
    pub(super) fn status(&self) -> Option<Status> {
        self.kind().first_touch()
    }
}

#[cfg(test)]
mod tests {
    use super::Proposal;
    use touchpoint::{BusinessFunction, Channel, Origin, Purpose, Status, Word};

    #[test]
    fn what_is_left_out_is_as_in_a_record() {
        let of = |channel, origin| {
            let proposal = Proposal { origin, ..Proposal::new("h", channel) };
            (proposal.function(), proposal.purpose(), proposal.status())
        };
        let (sales, marketing) = (BusinessFunction::Sales, BusinessFunction::Marketing);
        let promotional = Purpose::Promotional;
        assert_eq!(of(Channel::Chat, None), (sales, promotional, Some(Status::Completed)));
        assert_eq!(of(Channel::Email, None), (sales, promotional, Some(Status::Sent)));
        assert_eq!(of(Channel::Email, Some(Origin::Hq)), (marketing, promotional, Some(Status::Sent)));
        assert_eq!(of(Channel::Congress, None), (marketing, promotional, Some(Status::Invited)));
        let medical =
            Proposal { business_function: Some(BusinessFunction::Medical), ..Proposal::new("h", Channel::Phone) };
        assert_eq!(medical.purpose(), Purpose::Scientific);
    }

    #[test]
    fn every_channel_but_the_request_makes_a_touch() {
        for channel in Channel::ALL {
            let proposal = Proposal::new("h", *channel);
            assert_eq!(proposal.status().is_some(), *channel != Channel::MedicalRequest, "{channel}");
        }
    }
}
