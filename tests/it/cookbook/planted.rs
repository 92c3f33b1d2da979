//! What is planted in the cookbook's world: territories of which the truth is known, beside the simulated ones.
//!
//! | territory | truth |
//! |---|---|
//! | `ter-over` | of five reps one makes 18 visits to each of ten HCPs in 54 days, about `prd-01`; the others one each |
//! | `ter-wave` | after five of headquarters' waves 16 of 20 HCPs get a rep's e-mail within the week, before them 4 |
//! | `ter-late` | every call is recorded 8 to 19 days late; late records overturn one alert and raise another too late |
//! | `ter-closed` | 25 HCPs open 7 of 8 doors in the year before, 1 of 8 this year |
//! | `ter-silent` | 25 HCPs whose reps never write down a closed door |
//! | `ter-busy` | e-mail after 0, 1, 2 and 4 visits of two days: clicked when fresh, refused when tired |
//! | `ter-quiet` | two targets whom nobody touches while their account gets twelve touches; a request talked over |
//! | `ter-p01` … `ter-p08` | a pilot in the odd ones: from its start on headquarters takes up the rep's theme |
//! | `ter-n01` … `ter-n08` | the same on paper; nothing changes |
//!
//! Everything is a formula of numbers: the same lines on every machine.

use std::collections::BTreeMap;
use std::fmt::Write;

/// 2026-06-02 00:00 UTC, in days since 1970: the instant that every question is asked at.
pub(crate) const TODAY: i64 = 20_606;

/// A transition: alert, rule, HCP; state, from, origin, resolution; since and at in minutes before today.
pub(crate) type AlertRow = (&'static str, &'static str, &'static str, [&'static str; 4], i64, i64);

/// The transitions of table `alerts`.
pub(crate) const ALERTS: [AlertRow; 9] = [
    ("al-1", "over_budget", "late-h01", ["firing", "", "live", ""], 21 * 1440, 20 * 1440),
    ("al-1", "over_budget", "late-h01", ["resolved", "firing", "live", "corrected"], 21 * 1440, 12 * 1440),
    ("al-2", "over_budget", "late-h02", ["firing", "", "live", ""], 25 * 1440, 25 * 1440),
    ("al-2", "over_budget", "late-h02", ["resolved", "firing", "live", "cleared"], 25 * 1440, 18 * 1440),
    ("al-3", "over_budget", "late-h03", ["firing", "", "retrospective", ""], 22 * 1440, 9 * 1440),
    ("al-3", "over_budget", "late-h03", ["resolved", "firing", "retrospective", "cleared"], 22 * 1440, 9 * 1440 - 1),
    ("al-4", "over_budget", "over-h01", ["firing", "", "live", ""], 15 * 1440, 15 * 1440),
    ("al-5", "collision_burst", "over-h02", ["firing", "", "live", ""], 5 * 1440, 5 * 1440),
    ("al-6", "over_budget", "over-h03", ["firing", "", "live", ""], 70 * 1440, 70 * 1440),
];

/// Lines to add to the files of a simulation: by the name of the file.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    pub(crate) files: BTreeMap<&'static str, String>,
    events: u32,
}

/// One touch, request or attempt.
#[derive(Debug, Clone, Default)]
struct Act<'a> {
    file: &'static str,
    hcp: &'a str,
    owner: &'a str,
    /// Minutes before today; negative for what is planned.
    before: i64,
    status: &'a str,
    /// Further fields, as JSON with a comma in front.
    more: String,
    /// Minutes until the source system knew.
    recorded_after: i64,
}

const CALLS: &str = "calls.ndjson";
const EMAILS: &str = "emails.ndjson";
const REQUESTS: &str = "medical-requests.ndjson";

/// RFC 3339 of an instant, minutes before today.
pub(crate) fn instant(before: i64) -> String {
    let minutes = TODAY * 1440 - before;
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

/// Year, month and day of a day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

impl Planted {
    /// Everything of the table above.
    pub(crate) fn new() -> Self {
        let mut planted = Self::default();
        planted.over_touched();
        planted.waves();
        planted.late();
        planted.doors();
        planted.tired();
        planted.quiet();
        for unit in 1..=8 {
            planted.pilot(&format!("p{unit:02}"), unit % 2 == 1);
            planted.pilot(&format!("n{unit:02}"), false);
        }
        planted
    }

    fn line(&mut self, file: &'static str, line: &str) {
        let text = self.files.entry(file).or_default();
        text.push_str(line);
        text.push('\n');
    }

    /// A territory of one account, five reps with a manager, and HCPs who are their targets in turn.
    fn territory(&mut self, name: &str, hcps: u32) {
        self.line("accounts.csv", &format!("acc-{name},,clinic,ter-{name},ES,1,3,0,1,open,0,coverage,,,"));
        self.line("people.csv", &format!("mgr-{name},sales,manager,,dis-{name},,"));
        for rep in 1..=5 {
            self.line("people.csv", &format!("rep-{name}-{rep},sales,rep,mgr-{name},dis-{name},,"));
        }
        for number in 1..=hcps {
            let hcp = format!("{name}-h{number:02}");
            self.line("hcps.csv", &format!("{hcp},cardiology,A,ter-{name},ES,Europe/Madrid,acc-{name},,"));
            self.line("affiliations.csv", &format!("{hcp},acc-{name},true,,"));
            self.line("panels.csv", &format!("rep-{name}-{},{hcp},true,2,8,,", number % 5 + 1));
            self.line("consents.csv", &format!("{hcp},email,opt_in,2020-01-01,,"));
        }
    }

    fn act(&mut self, act: &Act<'_>) {
        self.events += 1;
        let mut line = format!(
            r#"{{"event_id":"planted-{:05}","hcp_id":"{}","occurred_at":"{}","status":"{}","recorded_at":"{}""#,
            self.events,
            act.hcp,
            instant(act.before),
            act.status,
            instant(act.before - act.recorded_after),
        );
        if !act.owner.is_empty() {
            let _ = write!(line, r#","owner_id":"{}""#, act.owner);
        }
        line.push_str(&act.more);
        line.push('}');
        self.line(act.file, &line);
    }

    /// A visit, `days` and `minutes` before today.
    fn visit(&mut self, (hcp, owner): (&str, &str), before: i64, status: &str, more: &str) {
        let more = format!(r#","channel":"face_to_face"{more}"#);
        self.act(&Act { file: CALLS, hcp, owner, before, status, more, recorded_after: 120 });
    }

    fn email(&mut self, (hcp, owner): (&str, &str), before: i64, status: &str, more: &str) {
        let origin = if owner.starts_with("hq") { "hq" } else { "rep" };
        let more = format!(r#","origin":"{origin}"{more}"#);
        self.act(&Act { file: EMAILS, hcp, owner, before, status, more, recorded_after: 5 });
    }

    fn over_touched(&mut self) {
        self.territory("over", 10);
        for number in 1..=10_i64 {
            let hcp = format!("over-h{number:02}");
            for turn in 0..18 {
                let about = r#","product":"prd-01","theme":"thm-01""#;
                self.visit((&hcp, "rep-over-1"), (1 + 3 * turn) * 1440 - 600 - number, "completed", about);
            }
            let other = format!("rep-over-{}", 2 + number % 4);
            let about = r#","product":"prd-02","theme":"thm-07""#;
            self.visit((&hcp, &other), (2 + number % 3) * 1440 - 600, "completed", about);
        }
    }

    fn waves(&mut self) {
        self.territory("wave", 20);
        for wave in 0..5_i64 {
            let day = (20 + 28 * wave) * 1440;
            for number in 1..=20_i64 {
                let hcp = format!("wave-h{number:02}");
                let rep = format!("rep-wave-{}", number % 5 + 1);
                let about = r#","product":"prd-09","theme":"thm-wave""#;
                self.email((&hcp, "hq-0000"), day - 480, "delivered", about);
                if number <= 16 {
                    self.email((&hcp, &rep), day - 3 * 1440 - 600, "delivered", about);
                }
                for earlier in [5, 12] {
                    if (number + wave + earlier) % 5 == 0 {
                        self.email((&hcp, &rep), day + earlier * 1440 - 600, "delivered", about);
                    }
                }
            }
        }
    }

    fn late(&mut self) {
        self.territory("late", 10);
        for turn in 0..20_i64 {
            for number in 1..=10_i64 {
                let hcp = format!("late-h{number:02}");
                let owner = format!("rep-late-{}", number % 5 + 1);
                self.act(&Act {
                    file: CALLS,
                    hcp: &hcp,
                    owner: &owner,
                    before: (20 + 5 * turn) * 1440 - 600 - number,
                    status: "completed",
                    more: r#","channel":"face_to_face","product":"prd-02""#.into(),
                    recorded_after: (8 + (turn + number) % 12) * 1440,
                });
            }
        }
        // What overturned: a visit that had been written down was none; another one came to light.
        for (event, version, status, before, known) in [
            ("planted-late-1", 0, "completed", 21 * 1440, 20 * 1440 + 60),
            ("planted-late-1", 1, "cancelled", 21 * 1440, 12 * 1440 + 30),
            ("planted-late-3", 0, "completed", 22 * 1440, 9 * 1440 + 30),
        ] {
            let hcp = if event.ends_with('1') { "late-h01" } else { "late-h03" };
            self.line(
                CALLS,
                &format!(
                    r#"{{"event_id":"{event}","hcp_id":"{hcp}","version":{version},"occurred_at":"{}","status":"{status}","recorded_at":"{}","channel":"face_to_face","owner_id":"rep-late-1"}}"#,
                    instant(before),
                    instant(known)
                ),
            );
        }
    }

    fn doors(&mut self) {
        for (name, reported) in [("closed", true), ("silent", false)] {
            self.territory(name, 25);
            for number in 1..=25_i64 {
                let hcp = format!("{name}-h{number:02}");
                let owner = format!("rep-{name}-{}", number % 5 + 1);
                for (year, opened) in [(0, 1), (1, 7)] {
                    for attempt in 0..8 {
                        let before = (year * 365 + 20 + 40 * attempt + number % 5) * 1440 - 600;
                        let seen = !reported || attempt < opened;
                        let status = if seen { "completed" } else { "no_access" };
                        self.visit((&hcp, &owner), before, status, "");
                    }
                }
            }
        }
    }

    fn tired(&mut self) {
        self.territory("busy", 40);
        for number in 1..=40_i64 {
            let hcp = format!("busy-h{number:02}");
            let rep = format!("rep-busy-{}", number % 5 + 1);
            for episode in 0..4_i64 {
                let (day, visits) = ((20 + 60 * episode) * 1440, [0, 1, 2, 4][((number + episode) % 4) as usize]);
                for visit in 0..visits {
                    self.visit((&hcp, &rep), day + 60 + 600 * visit, "completed", r#","product":"prd-02""#);
                }
                let turn = (number + 3 * episode) % 10;
                let answered = match visits {
                    0 if turn < 5 => "clicked",
                    1 if turn < 3 => "clicked",
                    4 if turn < 5 => "marked_spam",
                    _ => "delivered",
                };
                self.email((&hcp, "hq-0001"), day, answered, r#","product":"prd-02""#);
                let answered = if visits == 0 && turn < 8 { "clicked" } else { "delivered" };
                self.email((&hcp, &rep), day - 60, answered, r#","product":"prd-02""#);
            }
        }
    }

    fn quiet(&mut self) {
        self.territory("quiet", 5);
        let about = r#","product":"prd-01""#;
        self.visit(("quiet-h01", "rep-quiet-2"), 100 * 1440, "completed", about);
        for turn in 0..12_i64 {
            let hcp = format!("quiet-h{:02}", 3 + turn % 3);
            self.visit((&hcp, "rep-quiet-4"), (3 + 7 * turn) * 1440 - 600, "completed", about);
        }
        for (days, answer) in [(20, Some(15)), (5, None)] {
            let status = if answer.is_some() { "answered" } else { "received" };
            let answered = answer.map(|day| format!(r#","answered_at":"{}""#, instant(day * 1440)));
            let more = format!(r#","intake":"web"{about}{}"#, answered.unwrap_or_default());
            let before = days * 1440;
            self.act(&Act { file: REQUESTS, hcp: "quiet-h03", owner: "", before, status, more, recorded_after: 10 });
        }
        for days in [18, 16, 4, 14] {
            self.email(("quiet-h03", "rep-quiet-4"), days * 1440 - 60, "delivered", about);
        }
        for day in [2, 5, 6, 9] {
            self.visit(("quiet-h04", "rep-quiet-4"), -day * 1440 - 600, "planned", about);
        }
    }

    /// Six HCPs, six touches each in the 56 days before the start and six after the washout; rep and headquarters in
    /// turn, nine days apart. With `together` headquarters takes up the rep's theme after the start, mostly.
    fn pilot(&mut self, name: &str, together: bool) {
        self.territory(name, 6);
        let unit: i64 = name[1..].parse().unwrap_or_default();
        let salt = i64::from(name.starts_with('n')) * 32_452_843;
        let rep = format!("rep-{name}-1");
        for number in 1..=6_i64 {
            let hcp = format!("{name}-h{number:02}");
            for (post, last) in [(false, 71), (true, 1)] {
                for turn in 0..6_i64 {
                    let before = (last + 9 * turn) * 1440 - 600;
                    let draw = number * 7_919 + unit * 104_729 + turn * 1_299_709 + i64::from(post) * 15_485_863;
                    let odd = (draw + salt) * 2_654_435_761 % 4_294_967_296 < 1_073_741_824;
                    let joined = (together && post) != odd;
                    let theme = if turn % 2 == 0 || joined { "thm-a" } else { "thm-b" };
                    let about = format!(r#","product":"prd-03","theme":"{theme}""#);
                    if turn % 2 == 0 {
                        self.visit((&hcp, &rep), before, "completed", &about);
                    } else {
                        self.email((&hcp, "hq-0002"), before, "delivered", &about);
                    }
                }
            }
        }
    }
}
