//! `touchload alerts` and `touchload ack`: the open alerts of a running touchload, and one that is accepted.

use super::ask::Api;
use crate::cli::{AckArgs, AlertsArgs, CheckFormat};
use crate::summary::counted;
use anyhow::Context;
use serde_json::{Value, json};
use std::io::{Result, Write};

/// Writes what is open.
pub(super) async fn alerts(args: &AlertsArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let given = [("rule", &args.rule), ("state", &args.state), ("territory", &args.territory)];
    let mut query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    query.push(("limit", args.limit.to_string()));
    let text = Api::at(&args.url, args.token_file.as_deref())?.get(&["alerts"], &query).await?;
    match args.format {
        CheckFormat::Json => writeln!(out, "{text}")?,
        CheckFormat::Table => write_page(&parsed(&text)?, out)?,
    }
    Ok(())
}

/// Accepts one, and writes what it is then.
pub(super) async fn ack(args: &AckArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let api = Api::at(&args.url, args.token_file.as_deref())?;
    let body = json!({ "reason": args.reason }).to_string();
    let text = api.post(&["alerts", &args.id, "acknowledge"], body).await?;
    match args.format {
        CheckFormat::Json => writeln!(out, "{text}")?,
        CheckFormat::Table => write_alert(&parsed(&text)?, out)?,
    }
    Ok(())
}

fn parsed(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).context("the answer is no JSON; is this a touchload?")
}

fn write_page(page: &Value, out: &mut dyn Write) -> Result<()> {
    let alerts = page["alerts"].as_array().map_or(&[][..], Vec::as_slice);
    for alert in alerts {
        write_alert(alert, out)?;
        writeln!(out)?;
    }
    let total = page["total"].as_u64().unwrap_or_default();
    let elsewhere = if page["is_complete"] == false { "; other processes may have more" } else { "" };
    match total {
        0 => writeln!(out, "no open alerts{elsewhere}"),
        _ => writeln!(out, "{} of {}{elsewhere}", alerts.len(), counted(total, "open alert", "open alerts")),
    }
}

/// What, since when, what did it, what to do.
fn write_alert(alert: &Value, out: &mut dyn Write) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let (rule, subject) = (text(&alert["rule"]), text(&alert["subject"]["id"]));
    writeln!(out, "{:<12} {rule}  {subject}  since {}", text(&alert["state"]), text(&alert["since"]))?;
    writeln!(out, "  {}", text(&alert["summary"]))?;
    let until = alert["act"]["until"].as_str().map(|until| format!(" until {until}")).unwrap_or_default();
    writeln!(out, "  act: {}{until}", text(&alert["act"]["kind"]))?;
    let touches = alert["touches"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(last) = touches.last() {
        writeln!(out, "  touches: {} named, the last at {}", touches.len(), text(&last["occurred_at"]))?;
    }
    if let Some(reason) = alert["ack_reason"].as_str() {
        writeln!(out, "  accepted: {reason}")?;
    }
    writeln!(out, "  id {}", text(&alert["alert_id"]))
}

#[cfg(test)]
mod tests {
    use super::write_page;
    use serde_json::json;

    #[test]
    fn people_read_what_since_when_and_what_to_do() {
        let touch = json!({ "kind": "calls", "ref": "e", "occurred_at": "2026-03-05T10:00:00Z" });
        let alert = json!({ "alert_id": "0a", "rule": "over_budget", "subject": { "kind": "hcp", "id": "h-1" },
            "state": "acknowledged", "since": "2026-03-05T10:00:00Z", "summary": "budget b is over its cap",
            "act": { "kind": "hold", "until": "2026-03-09T10:00:00Z" }, "touches": [touch], "ack_reason": "handled" });
        let page = json!({ "total": 3, "is_complete": false, "alerts": [alert] });
        let mut out = Vec::new();
        write_page(&page, &mut out).unwrap();
        let expected = "acknowledged over_budget  h-1  since 2026-03-05T10:00:00Z\n  \
            budget b is over its cap\n  \
            act: hold until 2026-03-09T10:00:00Z\n  \
            touches: 1 named, the last at 2026-03-05T10:00:00Z\n  \
            accepted: handled\n  \
            id 0a\n\n\
            1 of 3 open alerts; other processes may have more\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);

        for (total, expected) in [(0, "no open alerts\n"), (1, "0 of 1 open alert\n")] {
            let mut out = Vec::new();
            write_page(&json!({ "total": total, "is_complete": true, "alerts": [] }), &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
