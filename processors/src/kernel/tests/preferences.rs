//! Preferred channels against those that were used.

use super::{Case, DAY, HCP, Sent, T, assert_real, hours};
use touchpoint::reference::{PreferenceRow, Tables, Validity};
use touchpoint::time::Micros;
use touchpoint::{Audience, Channel, WindowLength};

fn prefers(channel: Channel, share: f64, validity: Validity) -> PreferenceRow {
    PreferenceRow { hcp_id: HCP.into(), channel, share, validity }
}

fn case(rows: Vec<PreferenceRow>, touches: &[Sent<'_>]) -> Case {
    Case::new(Tables { preferences: Some(rows), ..Tables::default() }, touches)
}

#[test]
fn shares_are_weights_over_their_sum_and_half_the_distance_counts() {
    let rows = || {
        let always = Validity::ALWAYS;
        vec![prefers(Channel::Email, 3.0, always), prefers(Channel::Video, 1.0, always)]
    };
    let fit = |touches: &[Sent<'_>]| case(rows(), touches).headline().channel_fit;
    let video = Sent::before(hours(5), Channel::Video);
    assert_real(fit(&[Sent::email(DAY), Sent::email(hours(3)), Sent::email(hours(2)), video]), Some(1.0));
    assert_real(fit(&[Sent::visit(DAY)]), Some(0.0));
    assert_real(fit(&[Sent::email(DAY)]), Some(0.75));
    assert_real(fit(&[Sent::email(DAY), Sent::visit(DAY)]), Some(0.5));
    // No touch in the window, though there was one before.
    assert_real(fit(&[Sent::email(50 * DAY)]), None);
}

#[test]
fn without_a_preference_at_t_nothing_is_said() {
    let touches = [Sent::email(DAY)];
    let of = |rows: Vec<PreferenceRow>| case(rows, &touches).headline().channel_fit;
    assert_real(of(Vec::new()), None);
    assert_real(of(vec![prefers(Channel::Email, 0.0, Validity::ALWAYS)]), None);
    assert_real(Case::new(Tables::default(), &touches).headline().channel_fit, None);
}

#[test]
fn a_preference_begins_and_ends_with_time_alone() {
    let validity = Validity { from: T + DAY, to: T + 2 * DAY };
    let case = case(vec![prefers(Channel::Phone, 1.0, validity)], &[Sent::email(DAY)]);
    let fit = |at: Micros| case.at(at, WindowLength::HEADLINE, Audience::Full).expect("a row").channel_fit;
    for (at, expected) in [(T, None), (T + DAY, Some(0.0)), (T + 2 * DAY - 1, Some(0.0)), (T + 2 * DAY, None)] {
        assert_real(fit(at), expected);
    }
    assert_eq!(case.next_change(T), Some(T + DAY));
    assert_eq!(case.next_change(T + DAY), Some(T + 2 * DAY));
}
