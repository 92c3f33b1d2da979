//! Column `channel_fit` of metrics.md §4, as docs/REFERENCE.md makes it exact.

use super::facts::holds;
use super::view::View;
use touchpoint::Word;

/// 1 − ½ Σ |actual share − preferred share| over channels; `None` without touches, or without a preference that weighs
/// anything at T.
pub(super) fn channel_fit(view: &View<'_>) -> Option<f64> {
    let touches = view.touches();
    let mut preferred = Vec::new();
    for row in view.question.reference.rows().preferences(view.question.hcp_id) {
        if holds(row.validity, view.question.at) {
            preferred.push((row.channel.as_str(), row.share));
        }
    }
    let sum: f64 = preferred.iter().map(|(_, share)| share).sum();
    if touches.is_empty() || sum <= 0.0 {
        return None;
    }
    let mut distance = 0.0;
    for channel in ["face_to_face", "phone", "video", "chat", "email", "congress"] {
        let on_it = touches.iter().filter(|touch| touch.channel.as_deref() == Some(channel)).count();
        let actual = on_it as f64 / touches.len() as f64;
        let wanted: f64 = preferred.iter().filter(|(name, _)| *name == channel).map(|(_, share)| share / sum).sum();
        distance += (actual - wanted).abs();
    }
    Some(1.0 - distance / 2.0)
}
