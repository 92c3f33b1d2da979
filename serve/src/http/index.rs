//! `/`: the paths, for whoever opens the address in a browser.

const INDEX: &str = "touchload\n\n\
    /metrics   numbers for Prometheus\n\
    /healthz   200 while the processing loop turns\n\
    /readyz    200 when partitions are assigned and their state is restored\n";

pub(super) async fn show() -> &'static str {
    INDEX
}
