//! `/` as text: the paths, for whoever asks without a browser.

const INDEX: &str = "touchload\n\n\
    /metrics   numbers for Prometheus\n\
    /healthz   200 while the processing loop turns\n\
    /readyz    200 when partitions are assigned and their state is restored\n\n\
    POST /v1/check            may these HCPs be touched now, why not, and when again\n\
    GET  /v1/hcps/{id}        metrics, budgets and records of one HCP\n\
    GET  /v1/hcps/{id}/forecast   its planned touches, and which one to move\n\
    GET  /v1/forecast         who goes over in the days ahead\n\
    GET  /v1/overview         how everybody stands now; /v1/overview/weeks week by week\n\
    GET  /v1/overview/access  whether visits get through, by specialty and territory\n\
    GET  /v1/overview/hcps    who is over, whom to hold today, who is untouched\n\
    GET  /v1/pipeline         how fresh and how sound it is\n\
    GET  /v1/accounts/{id}    the HCPs of one account; /v1/accounts/{id}/weeks its touches by function and voices\n\
    GET  /v1/alerts           open alerts: what, since when, what did it, what to do\n\
    POST /v1/alerts/{id}/acknowledge   one is accepted, with a reason\n\
    GET  /v1/openapi.json     all of /v1 for programs\n";

pub(super) fn text() -> &'static str {
    INDEX
}
