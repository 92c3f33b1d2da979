//! What one window shows of one HCP's live records: touches, interruptions, requests and attempts (metrics.md §1–2).

use super::metrics::Question;
use super::record::Record;
use super::vocabulary::{kind_name, touch_statuses};
use touchpoint::{Kind, Micros};

/// One hour, in microseconds.
pub(super) const HOUR: Micros = 3_600 * 1_000_000;
/// One day, in microseconds.
pub(super) const DAY: Micros = 24 * HOUR;

/// Why a touch is no interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// It answers a request.
    Request,
    /// Its purpose is service or safety.
    Exempt,
    /// It says so.
    Declared,
}

/// The live records of one HCP, as an audience knows them, and the question put to them.
pub(super) struct View<'a> {
    /// What is asked.
    pub(super) question: &'a Question<'a>,
    /// Every live record, of any age.
    pub(super) live: Vec<&'a Record>,
}

impl<'a> View<'a> {
    /// Live records with T − span < occurred_at ≤ T.
    pub(super) fn within(&self, span: Micros) -> Vec<&'a Record> {
        let at = self.question.at;
        self.live.iter().copied().filter(|r| r.occurred_at.is_some_and(|t| at - span < t && t <= at)).collect()
    }

    /// Live records of the last 400 days: what is known at T.
    pub(super) fn of_400_days(&self) -> Vec<&'a Record> {
        self.within(400 * DAY)
    }

    /// Live records of the window.
    pub(super) fn in_window(&self) -> Vec<&'a Record> {
        self.within(self.question.window.micros())
    }

    /// Touches of the window, in order.
    pub(super) fn touches(&self) -> Vec<&'a Record> {
        in_order(self.in_window().into_iter().filter(|r| is_touch(r)).collect())
    }

    /// Touches of the last 400 days, in order.
    pub(super) fn touches_of_400_days(&self) -> Vec<&'a Record> {
        in_order(self.of_400_days().into_iter().filter(|r| is_touch(r)).collect())
    }

    /// Unsolicited touches of the window, in order.
    pub(super) fn unsolicited(&self) -> Vec<&'a Record> {
        self.touches().into_iter().filter(|r| self.basis(r).is_none()).collect()
    }

    /// Unsolicited touches of the last 400 days, in order.
    pub(super) fn unsolicited_of_400_days(&self) -> Vec<&'a Record> {
        self.unsolicited_of(400 * DAY)
    }

    /// Unsolicited touches with T − span < occurred_at ≤ T, in order.
    pub(super) fn unsolicited_of(&self, span: Micros) -> Vec<&'a Record> {
        let touches = self.within(span).into_iter().filter(|r| is_touch(r));
        in_order(touches.filter(|r| self.basis(r).is_none()).collect())
    }

    /// Requests of the last 400 days that were not withdrawn.
    pub(super) fn requests(&self) -> Vec<&'a Record> {
        self.of_400_days().into_iter().filter(|r| is_request(r)).collect()
    }

    /// Requests of the window that were not withdrawn.
    pub(super) fn requests_in_window(&self) -> Vec<&'a Record> {
        self.in_window().into_iter().filter(|r| is_request(r)).collect()
    }

    /// Calls of the window without access.
    pub(super) fn attempts(&self) -> Vec<&'a Record> {
        let calls = self.in_window().into_iter().filter(|r| r.kind == Kind::Calls);
        calls.filter(|r| r.status.as_deref() == Some("no_access")).collect()
    }

    /// Why `touch` is solicited; `None` for an interruption.
    pub(super) fn basis(&self, touch: &Record) -> Option<Basis> {
        if touch.business_function.as_deref() == Some("medical") && self.answers_a_request(touch) {
            return Some(Basis::Request);
        }
        if matches!(touch.purpose.as_deref(), Some("service" | "safety")) {
            return Some(Basis::Exempt);
        }
        touch.solicited.then_some(Basis::Declared)
    }

    fn answers_a_request(&self, touch: &Record) -> bool {
        let Some(request_id) = &touch.request_id else { return false };
        self.requests().iter().any(|r| r.event_id == *request_id && r.occurred_at <= touch.occurred_at)
    }
}

pub(super) fn is_touch(record: &Record) -> bool {
    record.status.as_deref().is_some_and(|status| touch_statuses(record.kind).contains(&status))
}

pub(super) fn is_request(record: &Record) -> bool {
    record.kind == Kind::Requests && record.status.as_deref() != Some("withdrawn")
}

/// By `(occurred_at, source, event_id, kind)`, bytes.
pub(super) fn in_order(mut records: Vec<&Record>) -> Vec<&Record> {
    records.sort_by_key(|r| (r.occurred_at, r.source.as_str(), r.event_id.as_str(), kind_name(r.kind)));
    records
}

/// Event time of a record that is known to have one (everything in a [`View`]'s time ranges).
pub(super) fn instant_of(record: &Record) -> Micros {
    record.occurred_at.unwrap_or(Micros::MIN)
}
