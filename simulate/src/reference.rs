//! The naive reference: every metric of metrics.md computed slowly and obviously, from the text and nothing else.
//!
//! The product's kernel is tested against this module, so the two share no rule: words, ranks, defaults, validation and
//! formulas are written out here a second time, as text and double loops, one function per column. From `touchpoint`
//! come only what cannot be wrong on one side alone: [`Kind`](touchpoint::Kind), the policy and reference data
//! (inputs), reject reasons and the list of columns.
//!
//! | module | one noun |
//! |---|---|
//! | `vocabulary` | the words of metrics.md §1 and what each means |
//! | `json` | the fields of one JSON object |
//! | `instant` | RFC 3339 instants and dates |
//! | `record` | [`Record`]: an accepted input record |
//! | `live` | [`live()`]: the live versions; [`audible`]: what an audience may know |
//! | `view` | the touches, requests and attempts of one window |
//! | `interruption` | the columns of metrics.md §3 |
//! | `coherence` | the columns of metrics.md §4 |
//! | `budgets` | the columns of metrics.md §5 |
//! | `row` | [`ReferenceRow`]: all columns, their comparison, their reading from Arrow |
//! | `metrics` | [`metrics()`]: records and a [`Question`] to a row |
//!
//! Units: instants are microseconds UTC, counts `i64`, rates `f64`. NULL is `None`. The columns of plans, consent
//! and preferences are always `None`.
//!
//! # Readings
//! Where the text leaves a choice, this is the choice:
//!
//! 1. *Record faults.* A record with several faults is rejected for the first of malformed, bad value, missing field,
//!    future timestamp. A known field given twice is a bad value for every kind. A field of another kind, and `topic`
//!    of a request, are otherwise not looked at. Lengths are bytes. A lone surrogate, and a number beyond a double
//!    anywhere in the object, are malformed; `-0` is no integer. The record's own object is nesting level 1 of at most
//!    64.
//! 2. *Instants.* `T` and `Z` may be lower case; a blank for `T`, second 60 and offsets beyond ±23:59 are bad values.
//!    The range 1970..9999 is that of the instant in UTC, for a date that of its noon.
//! 3. *Deletes.* Nothing is defaulted but source, version and `solicited`. A delete that names no function is of no
//!    function, so the commercial audience sees it.
//! 4. *Commercial audience.* A record is one version. Requests and versions of function medical (deletes that name it
//!    included) are dropped first, versions are resolved among the rest: an interaction that a later version moves from
//!    sales to medical stays with its last sales version. Anything else would let a medical record change a commercial
//!    value.
//! 5. *Order.* `kind` compares as its text, like the other parts.
//! 6. *Basis of solicitation.* `request` before `exempt` before `declared`; the request may be of any source and any
//!    age up to the touch, also older than 400 days.
//! 7. *Gap rules with g < 24 h* (collisions, follow-ups): date-only touches leave the sequence before pairs are formed,
//!    so their neighbours become consecutive. `collision_rate` still divides by u − 1 and `chance_collision_rate`
//!    counts all u. `peak_24h` and burstiness have no such g and take every touch.
//! 8. *Unknown owners* are one owner to each other: for collisions, and as one voice in `chance_collision_rate`.
//! 9. *`untimely`.* Each touch is judged in the zone valid at its instant. NULL when a touch to be judged has no zone;
//!    when there is none to judge, NULL when the zone at T is unknown.
//! 10. *`access_rate`* takes attempts and touches of the window with channel face_to_face and function sales.
//! 11. *`responsiveness`.* An answer dated before its request is in time. *`talked_past`:* strictly after the request,
//!     up to and including the answer; a request closed without `answered_at` stays open until T.
//! 12. *`coherence`.* A part of weight 0 still counts as a part and stands in the basis; NULL when the weights sum to
//!     0.
//! 13. *Existence.* A live record of any status with T − 400 d < occurred_at ≤ T makes a row, also a withdrawn request.
//! 14. *Budgets.* Without a cap there is no budget. Selectors are put to the reference row valid at T. A budget per
//!     owner or product has used what its fullest group has; the unknown one is a group of its own. Nothing used of cap
//!     0 is a use of 0. Of equal uses the policy's first budget binds.
//! 15. *`next_free_at`.* NULL when no budget with a cap and no minimum gap bears on the HCP, or one of cap 0 does.
//!     Every full group of every budget has to have room again. A gap begins at its last touch, and below 24 h at its
//!     last touch of instant precision. Quiet hours are those of the zone at T, and move T itself too; without a zone
//!     there are none.

mod budgets;
mod coherence;
mod instant;
mod interruption;
mod json;
mod live;
mod metrics;
mod record;
mod row;
mod view;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use live::{audible, by_hcp, live};
pub use metrics::{Question, metrics};
pub use record::{DEFAULT_TOLERANCE, Placement, Record};
pub use row::{Cell, ReferenceRow, RowError, RowKey};
