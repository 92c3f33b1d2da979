//! What Grafana's PostgreSQL data source makes of the macros in a panel's query, and of the variables that come with every query.
//!
//! Written from the documented behaviour of the data source; the texts that it sends matter, since a server sees nothing else:
//! instants are literals in RFC 3339, groups are arithmetic on `extract(epoch from …)`, and a group that a comma follows is
//! called `time`. Arguments cannot hold a closing bracket.

use chrono::{DateTime, SecondsFormat, Utc};
use touchpoint::Micros;
use touchpoint::time::SECOND;

/// The time range of a dashboard and the interval that it comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    pub(crate) interval_seconds: u64,
}

impl Panel {
    /// The statement that is sent for `sql`.
    ///
    /// # Errors
    /// A macro that there is not, or whose arguments do not fit.
    pub(crate) fn expand(&self, sql: &str) -> Result<String, String> {
        // Longer names first: one is the beginning of the other.
        let sql = sql
            .replace("$__interval_ms", &(self.interval_seconds * 1_000).to_string())
            .replace("$__interval", &format!("{}s", self.interval_seconds));
        let mut sent = String::new();
        let mut rest = sql.as_str();
        while let Some((before, after)) = rest.split_once("$__") {
            sent.push_str(before);
            let (name, after) = after.split_once('(').ok_or_else(|| format!("no bracket behind $__{after}"))?;
            let (arguments, after) = after.split_once(')').ok_or_else(|| format!("$__{name} is not closed"))?;
            let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
            let is_old_group = name == "timeGroup" && after.starts_with(',');
            sent.push_str(&self.call(if is_old_group { "timeGroupAlias" } else { name }, &arguments)?);
            rest = after;
        }
        sent.push_str(rest);
        Ok(sent)
    }

    fn call(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        let column = arguments.first().copied().unwrap_or_default();
        let [from, to] = [self.from, self.to].map(|at| DateTime::from_timestamp_micros(at).unwrap_or_default());
        let [from_seconds, to_seconds] = [self.from, self.to].map(|at| at.div_euclid(SECOND));
        let [from_nanos, to_nanos] = [self.from, self.to].map(|at| at * 1_000);
        Ok(match name {
            "time" => format!("{column} AS \"time\""),
            "timeEpoch" => format!("extract(epoch from {column}) as \"time\""),
            "timeFilter" => format!("{column} BETWEEN {} AND {}", literal(from), literal(to)),
            "timeFrom" => literal(from),
            "timeTo" => literal(to),
            "timeGroup" => grouped(&format!("extract(epoch from {column})"), arguments)?,
            "timeGroupAlias" => self.call("timeGroup", arguments)? + " AS \"time\"",
            "unixEpochFilter" => format!("{column} >= {from_seconds} AND {column} <= {to_seconds}"),
            "unixEpochFrom" => from_seconds.to_string(),
            "unixEpochTo" => to_seconds.to_string(),
            "unixEpochNanoFilter" => format!("{column} >= {from_nanos} AND {column} <= {to_nanos}"),
            "unixEpochNanoFrom" => from_nanos.to_string(),
            "unixEpochNanoTo" => to_nanos.to_string(),
            "unixEpochGroup" => grouped(&format!("({column})"), arguments)?,
            "unixEpochGroupAlias" => self.call("unixEpochGroup", arguments)? + " AS \"time\"",
            other => return Err(format!("there is no macro $__{other}")),
        })
    }
}

fn literal(at: DateTime<Utc>) -> String {
    format!("'{}'", at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn grouped(seconds: &str, arguments: &[&str]) -> Result<String, String> {
    let interval = arguments.get(1).ok_or("a group needs an interval")?.trim_matches('\'');
    let unit = interval.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = interval.trim_end_matches(unit).parse().map_err(|_| format!("{interval} is no interval"))?;
    let width = match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3_600,
        "d" => number * 86_400,
        "w" => number * 604_800,
        _ => return Err(format!("{interval} is no interval")),
    };
    Ok(format!("floor({seconds}/{width})*{width}"))
}

#[test]
fn macros_become_what_grafana_sends() {
    let panel = Panel { from: 0, to: 1_500_000, interval_seconds: 30 };
    for (written, sent) in [
        ("SELECT $__time(a), b", "SELECT a AS \"time\", b"),
        ("$__timeFilter(a)", "a BETWEEN '1970-01-01T00:00:00Z' AND '1970-01-01T00:00:01.500Z'"),
        ("$__timeGroup(a, '5m'), b", "floor(extract(epoch from a)/300)*300 AS \"time\", b"),
        ("$__timeGroup(a,'5m',0) AS t", "floor(extract(epoch from a)/300)*300 AS t"),
        ("$__timeGroupAlias(a,$__interval)", "floor(extract(epoch from a)/30)*30 AS \"time\""),
        ("$__unixEpochFilter(a) AND $__interval_ms > 1", "a >= 0 AND a <= 1 AND 30000 > 1"),
        ("$__unixEpochGroup(a,1d)", "floor((a)/86400)*86400"),
        ("$__unixEpochNanoFrom() < $__unixEpochNanoTo()", "0 < 1500000000"),
    ] {
        assert_eq!(panel.expand(written).as_deref(), Ok(sent));
    }
    assert!(panel.expand("$__timeGroup(a)").is_err() && panel.expand("$__nothing(a)").is_err());
}
