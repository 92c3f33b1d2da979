//! Results of a check for people: the verdict first, then why, then when again.

use serde_json::Value;
use std::io::{Result, Write};

/// Writes results, an empty line between two.
pub(super) fn write(results: &[Value], out: &mut dyn Write) -> Result<()> {
    for (n, result) in results.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        one(result, out)?;
    }
    Ok(())
}

fn one(result: &Value, out: &mut dyn Write) -> Result<()> {
    let text = |name: &str| result[name].as_str().unwrap_or("–");
    writeln!(out, "{:<6} {}  at {}", text("verdict"), text("hcp_id"), text("at"))?;
    for reason in result["reasons"].as_array().into_iter().flatten() {
        writeln!(out, "  {}", why(reason))?;
    }
    if result["verdict"] == "deny" {
        let again = result["next_free_at"].as_str();
        let reasons = result["reasons"].as_array().into_iter().flatten();
        let unknown = match reasons.into_iter().any(|reason| reason["code"] == "held_elsewhere") {
            true => "not known here; ask the other processes that share the work",
            false => "nothing that is known will make it pass",
        };
        writeln!(out, "  free again: {}", again.unwrap_or(unknown))?;
    }
    if let Some(budget) = result["binding_budget"].as_str() {
        writeln!(out, "  binding budget: {budget}, headroom {}", result["headroom"])?;
    }
    let (current, projected) = (&result["current"], &result["projected"]);
    if current.is_object() && projected.is_object() {
        let change = |name: &str| format!("{} → {}", number(&current[name]), number(&projected[name]));
        let (load, coherence) = (change("interruption_load"), change("coherence"));
        writeln!(out, "  load {load}, coherence {coherence}")?;
    }
    writeln!(out, "  policy {}, audience {}", text("policy_version"), text("audience"))
}

/// `budget_full rep-email (5 of 5), until …`
fn why(reason: &Value) -> String {
    let mut said =
        format!("{:<5} {}", reason["effect"].as_str().unwrap_or_default(), reason["code"].as_str().unwrap_or_default());
    if let Some(rule) = reason["rule"].as_str() {
        said.push_str(&format!(" {rule}"));
    }
    if let (Some(used), Some(cap)) = (reason["used"].as_u64(), reason["cap"].as_u64()) {
        said.push_str(&format!(" ({used} of {cap})"));
    }
    if let Some(until) = reason["until"].as_str() {
        said.push_str(&format!(", until {until}"));
    }
    said
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |number| format!("{number:.2}"))
}

#[cfg(test)]
mod tests {
    use super::write;
    use serde_json::json;

    #[test]
    fn people_read_the_verdict_why_and_when_again() {
        let outlook = |load: f64| json!({ "interruption_load": load, "coherence": null });
        let reason = json!({ "code": "budget_full", "effect": "deny", "rule": "rep-email", "used": 5, "cap": 5,
            "until": "2026-03-09T10:00:00Z" });
        let denied = json!({ "verdict": "deny", "hcp_id": "h-1", "at": "2026-03-04T10:00:00Z", "reasons": [reason],
            "next_free_at": "2026-03-09T10:00:00Z", "binding_budget": "rep-email", "headroom": 0,
            "current": outlook(1.5), "projected": outlook(1.8), "policy_version": "p-1", "audience": "commercial" });
        let elsewhere = json!({ "verdict": "deny", "hcp_id": "h-2", "at": "2026-03-04T10:00:00Z", "next_free_at": null,
            "reasons": [{ "code": "held_elsewhere", "effect": "deny" }], "policy_version": "p-1", "audience": "full" });
        let mut out = Vec::new();
        write(&[denied, elsewhere], &mut out).unwrap();
        let expected = "deny   h-1  at 2026-03-04T10:00:00Z\n  \
            deny  budget_full rep-email (5 of 5), until 2026-03-09T10:00:00Z\n  \
            free again: 2026-03-09T10:00:00Z\n  \
            binding budget: rep-email, headroom 0\n  \
            load 1.50 → 1.80, coherence – → –\n  \
            policy p-1, audience commercial\n\n\
            deny   h-2  at 2026-03-04T10:00:00Z\n  \
            deny  held_elsewhere\n  \
            free again: not known here; ask the other processes that share the work\n  \
            policy p-1, audience full\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
