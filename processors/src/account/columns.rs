//! The columns of an account row. docs/TABLES.md has the definitions; a test holds that it names them all.

use touchpoint::metric::{MetricColumn, MetricType};

const fn always(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: false, meaning }
}

const fn count(name: &'static str, meaning: &'static str) -> MetricColumn {
    always(name, MetricType::Count, meaning)
}

const fn part(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Count, nullable: true, meaning }
}

const fn real(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Real, nullable: true, meaning }
}

const fn text(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Text, nullable: true, meaning }
}

/// Every column, in order.
pub const COLUMNS: &[MetricColumn] = &[
    always("account_id", MetricType::Text, "the account; unassigned for touches and HCPs of none"),
    always("window", MetricType::Text, "length of the trailing window: 24h, 7d, 28d or 90d"),
    always("as_of", MetricType::Instant, "the instant T"),
    always("audience", MetricType::Text, "whose view: full or commercial"),
    text("parent_account_id", "the account above it at T; NULL for none"),
    text("territory", "its territory at T; NULL when unknown"),
    text("country", "its country at T; NULL when unknown"),
    count("hcps", "HCPs whose account at T it is, touched or not"),
    count("hcps_touched", "those of them with a touch that counts for it"),
    count("touches", "touches that count for it"),
    count("unsolicited", "those nobody asked for"),
    count("solicited", "the others"),
    count("declared", "touches solicited by declaration alone"),
    count("promo", "unsolicited touches of purpose promotional"),
    count("functions_active", "business functions with a touch"),
    real("load_p50", "median load of its HCPs at T, untouched ones at 0; NULL without HCPs, in 24h and 7d"),
    real("load_p90", "90th percentile of their load, nearest rank; NULL as load_p50"),
    real("load_sum", "sum of their loads; NULL as load_p50"),
    real(
        "collision_rate",
        "collisions within HCPs / consecutive unsolicited pairs; NULL below 10 pairs, in 24h and 7d",
    ),
    part("collision_rate_num", "collisions within HCPs; NULL in 24h and 7d"),
    part("collision_rate_den", "consecutive unsolicited pairs within HCPs; NULL in 24h and 7d"),
    real("chance_collision_rate", "what the same voices would give at random times; NULL as collision_rate"),
    real("agreement_within", "chance that two touches of one HCP by different functions share a theme; NULL below 10"),
    part("agreement_within_num", "such pairs that share a theme; NULL in 24h and 7d"),
    part("agreement_within_den", "such pairs; NULL in 24h and 7d"),
    real("agreement_pooled", "the same over all touches of the account, whoever was touched; NULL below 10"),
    part("agreement_pooled_num", "such pairs that share a theme; NULL in 24h and 7d"),
    part("agreement_pooled_den", "such pairs; NULL in 24h and 7d"),
    real("complexity", "0 to 12 from six attributes of its row; NULL when fewer than 4 are known"),
    text("required_model", "how it has to be worked: its override, else by complexity; NULL with both"),
    text("declared_model", "how it is said to be worked; NULL when unknown"),
    real("dialogue_share", "dialogues / touches that can be told to be one or not; NULL below 10, in 24h and 7d"),
    part("dialogue_share_num", "touches verified as asked for, or of 10 minutes and more; NULL in 24h and 7d"),
    part("dialogue_share_den", "touches but unsolicited calls of unknown duration; NULL in 24h and 7d"),
    real("function_breadth", "effective number of functions; NULL below 10 touches, in 24h and 7d"),
    real("stakeholder_breadth", "hcps_touched / hcps; NULL below 3 HCPs, in 24h and 7d"),
    always("policy_version", MetricType::Text, "by which policy"),
    always("reference_version", MetricType::Text, "by which reference data"),
];
