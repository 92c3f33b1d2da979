//! The naive reference: every metric of metrics.md computed slowly and obviously, from the text and nothing else.
//!
//! The product's kernel is tested against this module, so the two share no rule: words, ranks, defaults, validation and
//! formulas are written out here a second time, as text and double loops, one function per column. From `touchpoint`
//! come only what cannot be wrong on one side alone: [`Kind`](touchpoint::Kind), the policy and the rows of reference
//! data (inputs), reject reasons and the list of columns.
//!
//! | module | one noun |
//! |---|---|
//! | `vocabulary` | the words of metrics.md §1 and what each means |
//! | `json` | the fields of one JSON object |
//! | `instant` | RFC 3339 instants and dates |
//! | `record` | [`Record`]: an accepted input record |
//! | `live` | [`live()`]: the live versions; [`audible`]: what an audience may know; [`subjects`]: who can have a row |
//! | `facts` | what the reference tables say of the HCP: account, execution model, target |
//! | `view` | the touches, requests and attempts of one window |
//! | `interruption` | the columns of metrics.md §3 |
//! | `coherence` | the columns of metrics.md §4, but for these: |
//! | `plans` | sequence and plan |
//! | `consent` | consent conflicts |
//! | `preferences` | channel fit |
//! | `access` | [`access()`]: whether visits got through (docs/LIVEPAGE.md) |
//! | `budgets` | the columns of metrics.md §5 |
//! | `forecast` | [`forecast()`]: what planned touches come to, and which one to move (docs/FORECAST.md) |
//! | `row` | [`ReferenceRow`]: all columns, their comparison, their reading from Arrow |
//! | `metrics` | [`metrics()`]: records and a [`Question`] to a row |
//!
//! Units: instants are microseconds UTC, counts `i64`, rates `f64`. NULL is `None`.
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
//! 6. *Basis of solicitation.* `request` before `exempt` before `declared`; the request may be of any source. Requests,
//!    unsubscriptions and touches that do a step are known with T − 400 d < occurred_at, no older ones.
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
//!     So does being a target at T, for both audiences; then each column follows its definition: recall is 0 where a
//!     step was due, the budget columns are those of no touch.
//! 14. *Budgets.* Without a cap there is no budget. Selectors are put to the reference rows valid at T. A budget per
//!     owner or product has used what its fullest group has; the unknown one is a group of its own. Nothing used of cap
//!     0 is a use of 0. Of equal uses the policy's first budget binds.
//! 15. *`next_free_at`.* NULL when no budget with a cap and no minimum gap bears on the HCP, or one of cap 0 does.
//!     Every full group of every budget has to have room again. A gap begins at its last touch, and below 24 h at its
//!     last touch of instant precision. Quiet hours are those of the zone at T, and move T itself too; without a zone
//!     there are none.
//! 16. *Mapped.* Plan and step decide, whatever channel, function and owner the step names. An unknown function of a
//!     step is not medical.
//! 17. *Transitions.* Left out, `after` is the next lower position among the rows that hold at the later touch; before
//!     the lowest nothing may come, so that a second run of a plan begins with a pair that is not allowed. A pair may
//!     be neighbours only in the plan, with other touches between. Both bounds of a gap are inclusive, and each binds
//!     or does not by itself.
//! 18. *Enrolment.* A row that names HCP and account enrols the HCP alone. The row need not hold at T: it is asked for
//!     the end of the span only, which may be its very `valid_to`. The account of the HCP is that at T, also for what
//!     was due before it came there.
//! 19. *Due.* Owed once is: plan, step, start of the run, and span. A step whose row changed is due by each row that
//!     holds at the end of its own span. Done is done by any row of the step.
//! 20. *Consent.* Every touch is judged, solicited ones too. What was captured last decides though it has run out or
//!     not begun; of several captured at once all have to allow. The country is that of the row of `hcps` at the
//!     touch; a rule of a country says nothing of an HCP without one.
//! 21. *Unsubscribed.* An e-mail's own opt-out never bears on itself, that of another at the same instant does. What
//!     the audience does not know withdraws nothing.
//! 22. *`channel_fit`.* A channel that only one side has counts with share 0 on the other; a share of 0 is a row that
//!     weighs nothing.

mod access;
mod accounts;
mod budgets;
mod coherence;
mod consent;
mod facts;
mod forecast;
mod instant;
mod interruption;
mod json;
mod live;
mod metrics;
mod plans;
mod preferences;
mod record;
mod row;
mod view;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use access::{ReferenceAccess, access};
pub use accounts::{ReferenceAccount, accounts};
pub use forecast::{ReferenceChange, ReferenceForecast, ReferenceTouch, forecast};
pub use live::{audible, by_hcp, live, subjects};
pub use metrics::{Question, metrics};
pub use record::{DEFAULT_TOLERANCE, Placement, Record};
pub use row::{Cell, ReferenceRow, RowError, RowKey};
