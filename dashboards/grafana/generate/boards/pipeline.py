"""Pipeline health: is it read, is it good, is it stored, and do those who ask get answers."""

from __future__ import annotations

import theme
import variables
from dashboard import Dashboard, Row, policy_changes
from panels import Panel, column, stat, table, timeseries
from queries import INSTANCE, promql

RATE = "$__rate_interval"


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-pipeline",
        title="Touchload: pipeline health",
        description="Lag, feeds, rejects, commits, state and whoever asks. No number here is about a person.",
        variables=[variables.datasource(), variables.job(), variables.instance(), variables.page(page)],
        rows=[
            Row("Does it turn, and does it keep up?", _turning()),
            Row("Are the feeds there, and are they good?", _feeds()),
            Row("Is it stored?", _stored()),
            Row("What does it hold in memory?", _state()),
            Row("Do those who ask get answers?", _asked()),
            Row("Is what was configured in force?", _in_force()),
        ],
        time_from="now-6h",
        refresh="30s",
        annotations=[policy_changes()],
    )


def _rate(name: str, by: str, more: str = "") -> str:
    matchers = INSTANCE + (f", {more}" if more else "")
    return f"sum by ({by}) (rate({name}{{{matchers}}}[{RATE}]))"


def _quantile(share: float, name: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {_rate(f'{name}_bucket', labels)})"


def _both(name: str, by: str = "") -> list[dict]:
    prefix = f"{{{{{by}}}}}, " if by else ""
    return [promql(_quantile(0.5, name, by), prefix + "half"), promql(_quantile(0.99, name, by), prefix + "99 in 100")]


def _turning() -> list[Panel]:
    late = theme.steps(theme.GREEN, (10, theme.ORANGE), (60, theme.RED))
    return [
        stat(
            "Loop last turned",
            "Seconds since the processing loop of the slowest process turned. Above 60 it is not alive and an orchestrator restarts it.",
            [promql(f"time() - min(touchload_loop_turn_timestamp_seconds{{{INSTANCE}}})", "ago")],
            unit="s",
            thresholds=late,
        ),
        stat(
            "Records waiting",
            "Records in Kafka that nobody has read yet.",
            [promql(f"sum(touchload_consumer_lag_records{{{INSTANCE}}})", "waiting")],
            unit="short",
            graph=True,
            thresholds=theme.steps(theme.GREEN, (10_000, theme.ORANGE)),
        ),
        stat(
            "Behind now",
            "How far the last record read lies behind now, of the slowest partition.",
            [promql(f"max(touchload_consumer_lag_seconds{{{INSTANCE}}})", "behind")],
            unit="s",
            graph=True,
            thresholds=theme.steps(theme.GREEN, (60, theme.ORANGE), (300, theme.RED)),
        ),
        stat(
            "Kafka to commit, 99 in 100",
            "From the Kafka timestamp of a batch's oldest record to its commit.",
            [promql(_quantile(0.99, "touchload_end_to_end_latency_seconds"), "99 in 100")],
            unit="s",
            graph=True,
        ),
        stat(
            "Watermark behind now",
            "Event time that every feed has reached. It decides the flag `late` and nothing else.",
            [promql(f"time() - min(touchload_watermark_timestamp_seconds{{{INSTANCE}}} > 0)", "behind")],
            unit="s",
            graph=True,
        ),
        stat(
            "Processes",
            "That Prometheus reaches, by version.",
            [promql(f"count by (version) (touchload_build_info{{{INSTANCE}}})", "{{version}}")],
            unit="short",
        ),
        timeseries(
            "Records a second, by outcome",
            "Every record that was read is accepted, rejected with a reason, or skipped because it is stored already.",
            [promql(_rate("touchload_records_total", "outcome"), "{{outcome}}")],
            unit="cps",
            min=0,
        ),
        timeseries(
            "Records waiting, by topic",
            "A topic that grows alone has a slow partition or a key that everybody uses.",
            [promql(f"sum by (topic) (touchload_consumer_lag_records{{{INSTANCE}}})", "{{topic}}")],
            unit="short",
            min=0,
        ),
        timeseries(
            "Kafka to commit",
            "Half of the batches and 99 in 100 take at most so long, their oldest record counted.",
            _both("touchload_end_to_end_latency_seconds"),
            unit="s",
            min=0,
        ),
        timeseries(
            "Batches",
            "Records and bytes of a batch, half of them at most.",
            [
                promql(_quantile(0.5, "touchload_batch_records"), "records"),
                promql(_quantile(0.5, "touchload_batch_bytes"), "bytes"),
            ],
            unit="short",
            min=0,
            overrides=[column("bytes", "bytes", unit="bytes")],
        ),
    ]


def _feeds() -> list[Panel]:
    return [
        timeseries(
            "Age of the newest record, by feed",
            "A silent feed grows here. Weekends are silent; from Tuesday to Friday 26 hours (the line) are too long.",
            [
                promql(
                    f"min by (topic, source) (touchload_last_record_age_seconds{{{INSTANCE}}})",
                    "{{topic}} from {{source}}",
                )
            ],
            unit="s",
            min=0,
            line_at=26 * 3600,
        ),
        timeseries(
            "Newest record, by topic",
            "Seconds since the newest record of any source arrived.",
            [
                promql(
                    f"time() - max by (topic) (touchload_last_record_timestamp_seconds{{{INSTANCE}}} > 0)", "{{topic}}"
                )
            ],
            unit="s",
            min=0,
        ),
        timeseries(
            "Rejects a minute, by topic and reason",
            "Dead letters. Each is in table dead_letters with its reason and, for 30 days, its payload.",
            [promql(f"({_rate('touchload_rejects_total', 'topic, reason')} > 0) * 60", "{{topic}}, {{reason}}")],
            unit="cpm",
            stack=True,
            style="bars",
            no_value="none",
        ),
        timeseries(
            "Share of records rejected, by topic",
            "Above 5 % (the line) and four times the day before TouchloadRejectsRising fires.",
            [promql('max by (topic) (job_topic:touchload_rejects_per_records:ratio_rate5m{job=~"$job"})', "{{topic}}")],
            unit="percentunit",
            min=0,
            line_at=0.05,
        ),
        timeseries(
            "Late records a minute, by topic",
            "More than an hour behind the watermark; they count in full, and what was told before is revised.",
            [promql(f"{_rate('touchload_late_records_total', 'topic')} * 60", "{{topic}}")],
            unit="cpm",
            min=0,
        ),
        timeseries(
            "How late source systems learn of events",
            "Half of the records and 99 in 100 are at most so late, by topic; of records that say when they were entered.",
            _both("touchload_event_lateness_seconds", "topic"),
            unit="s",
            min=0,
        ),
        timeseries(
            "Left out a minute",
            "Read and not stored: in a table already, or of an erased person; and too old for the live state (in the log only).",
            [
                promql(f"{_rate('touchload_skips_total', 'topic, reason')} * 60", "{{topic}}, {{reason}}"),
                promql(f"{_rate('touchload_too_late_total', 'topic')} * 60", "{{topic}}, too late for the live state"),
            ],
            unit="cpm",
            min=0,
            no_value="none",
        ),
        timeseries(
            "Messages of reference topics a minute",
            "Rows stated or withdrawn, by table. Nothing where reference data come from files.",
            [promql(f"{_rate('touchload_reference_messages_total', 'table, effect')} * 60", "{{table}}, {{effect}}")],
            unit="cpm",
            min=0,
            no_value="none",
        ),
    ]


def _stored() -> list[Panel]:
    commits = f"time() - max by (table) (touchload_last_commit_timestamp_seconds{{{INSTANCE}}} > 0)"
    return [
        timeseries(
            "Since the last commit, by table",
            "touchpoint_log is to be committed every cycle while records come; above five minutes (the line) TouchloadCommitOld fires.",
            [promql(commits, "{{table}}")],
            unit="s",
            min=0,
            line_at=300,
        ),
        timeseries(
            "How long commits take",
            "From writing files to the committed version, 99 in 100, by table. A slow volume shows here first.",
            [promql(_quantile(0.99, "touchload_delta_commit_duration_seconds", "table"), "{{table}}")],
            unit="s",
            min=0,
        ),
        timeseries(
            "Bytes committed a second, by table",
            "Data files alone, before compaction.",
            [promql(_rate("touchload_committed_bytes_total", "table"), "{{table}}")],
            unit="Bps",
            min=0,
        ),
        timeseries(
            "Conflicts and rebalances a minute",
            "Commits that met another writer's, and partitions that came and went. Both at once right after a restart are the fence at work.",
            [
                promql(f"{_rate('touchload_delta_commit_conflicts_total', 'table')} * 60", "conflict, {{table}}"),
                promql(f"{_rate('touchload_rebalance_total', 'event')} * 60", "rebalance, {{event}}"),
            ],
            unit="cpm",
            min=0,
        ),
    ]


def _state() -> list[Panel]:
    return [
        timeseries(
            "HCPs and records in the live state",
            "It holds 400 days. Memory grows with records, never with window lengths.",
            [
                promql(f"sum(touchload_state_hcps{{{INSTANCE}}})", "HCPs"),
                promql(f"sum(touchload_state_records{{{INSTANCE}}})", "records"),
            ],
            unit="short",
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "Bytes of the live state, by process",
            "What the lists take. The process needs about as much again while it commits.",
            [promql(f"sum by (instance) (touchload_state_bytes{{{INSTANCE}}})", "{{instance}}")],
            unit="bytes",
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "Evaluations a second, and HCPs that wait",
            "An HCP evaluated anew because a record came or a touch aged out; and those whose turn has not come. More than a few "
            "thousand that stay say that evaluating does not keep up: HCPs near a budget still come first.",
            [
                promql(_rate("touchload_evaluations_total", "instance"), "{{instance}}"),
                promql(f"sum(touchload_waiting_hcps{{{INSTANCE}}})", "HCPs that wait"),
            ],
            unit="cps",
            min=0,
            size=(8, 8),
            overrides=[column("HCPs that wait", "HCPs that wait", unit="short", color=theme.RED)],
        ),
        timeseries(
            "Restore, and records in another partition",
            "How long the last restore took; and restored records that lie where kafka.partitioner does not put them.",
            [
                promql(
                    f"max by (instance) (touchload_restore_duration_seconds{{{INSTANCE}}})", "restore, {{instance}}"
                ),
                promql(f"sum(increase(touchload_misplaced_records_total{{{INSTANCE}}}[{RATE}]))", "misplaced records"),
            ],
            unit="s",
            min=0,
            size=(12, 8),
            overrides=[column("misplaced records", "misplaced records", unit="short", color=theme.RED)],
        ),
        timeseries(
            "How long gauges take",
            "Mean time of a run of each gauge file, and failed runs a minute; a family that fails is off the page until it succeeds.",
            [
                promql(
                    f"{_rate('touchload_live_query_duration_seconds_sum', 'gauge')}\n/\n"
                    f"{_rate('touchload_live_query_duration_seconds_count', 'gauge')}",
                    "{{gauge}}",
                ),
                promql(f"({_rate('touchload_live_query_failures_total', 'gauge')} > 0) * 60", "failed: {{gauge}}"),
            ],
            unit="s",
            min=0,
            size=(12, 8),
        ),
    ]


def _asked() -> list[Panel]:
    return [
        timeseries(
            "Checks a minute, by verdict",
            "Proposed touches that were judged; `dry` ones nobody meant to act on.",
            [promql(f"{_rate('touchload_checks_total', 'verdict, intent')} * 60", "{{verdict}}, {{intent}}")],
            unit="cpm",
            min=0,
            size=(8, 8),
            no_value="nobody asked",
        ),
        timeseries(
            "How long a check takes",
            "A complete request to its answer, its audit line on the disk included.",
            _both("touchload_check_duration_seconds"),
            unit="s",
            min=0,
            size=(8, 8),
            no_value="nobody asked",
        ),
        timeseries(
            "Answers withheld a minute",
            "Because their audit lines could not be written: by the API and by the SQL server. Disk full, or rights of the folder.",
            [
                promql(f"sum(rate(touchload_audit_failures_total{{{INSTANCE}}}[{RATE}])) * 60", "API"),
                promql(f"sum(rate(touchload_sql_audit_failures_total{{{INSTANCE}}}[{RATE}])) * 60", "SQL"),
            ],
            unit="cpm",
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "SQL statements a minute, by outcome",
            "Statements of SQL clients that ended; this dashboard's sisters ask here too.",
            [promql(f"{_rate('touchload_sql_queries_total', 'outcome')} * 60", "{{outcome}}")],
            unit="cpm",
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "How long a SQL statement takes",
            "From the statement to its end, its rows sent.",
            _both("touchload_sql_query_duration_seconds"),
            unit="s",
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "SQL clients and their memory",
            "Clients that are logged in, statements at work, and the memory that these hold.",
            [
                promql(f"sum(touchload_sql_connections{{{INSTANCE}}})", "connections"),
                promql(f"sum(touchload_sql_active_queries{{{INSTANCE}}})", "statements"),
                promql(f"sum(touchload_sql_memory_reserved_bytes{{{INSTANCE}}})", "memory"),
            ],
            unit="short",
            min=0,
            size=(8, 8),
            overrides=[column("memory", "memory", unit="bytes")],
        ),
        timeseries(
            "SQL clients that were not let in, a minute",
            "By reason. `password` that rises: somebody guesses, or a tool has an old one.",
            [promql(f"({_rate('touchload_sql_rejected_total', 'reason')} > 0) * 60", "{{reason}}")],
            unit="cpm",
            min=0,
            size=(12, 7),
            no_value="none",
        ),
        stat(
            "Answers for HCPs without records",
            "1: some process vouches that an unknown HCP has no record; 0: such checks are denied as held_elsewhere.",
            [promql(f"max(touchload_unknown_hcps_answered{{{INSTANCE}}})", "answered")],
            unit="bool_yes_no",
            size=(12, 7),
        ),
    ]


def _in_force() -> list[Panel]:
    failed = ("policy", "reference", "tokens", "sql_users")
    named = [f'label_replace(touchload_{name}_info{{{INSTANCE}}}, "what", "{name}", "", "")' for name in failed]
    versions = "\nor\n".join(named)
    hidden = {"Time": True, "Value": True, "__name__": True}
    return [
        stat(
            "Changed settings that were not taken",
            "yes: the old one stays in force and the log names every problem of the new one. Of tokens and users that means: whom "
            "it was to lock out still gets in.",
            [promql(f"max(touchload_{name}_reload_failed{{{INSTANCE}}})", name.replace("_", " ")) for name in failed],
            unit="bool_yes_no",
            size=(8, 7),
            thresholds=theme.steps(theme.GREEN, (1, theme.RED)),
        ),
        stat(
            "Problems of reference data",
            "Rows of reference files and topics that the last load refused; the log names each.",
            [promql(f"max(touchload_reference_problems{{{INSTANCE}}})", "problems")],
            unit="short",
            size=(4, 7),
            thresholds=theme.steps(theme.GREEN, (1, theme.ORANGE)),
        ),
        table(
            "Versions in force",
            "Policy, reference data, tokens and SQL users of each process. Two versions of one thing: processes disagree.",
            [promql(versions, table=True)],
            size=(12, 7),
            transform=[
                {
                    "id": "organize",
                    "options": {"excludeByName": hidden, "indexByName": {"what": 0, "version": 1}, "renameByName": {}},
                }
            ],
        ),
    ]
