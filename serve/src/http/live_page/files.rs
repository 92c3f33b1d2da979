//! Every file of the live page, embedded: `cargo build` needs no other tool chain.

/// One file.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    /// Below `/page/`.
    pub(super) path: &'static str,
    pub(super) content_type: &'static str,
    pub(super) text: &'static str,
}

macro_rules! files {
    ($content_type:literal: $($path:literal),+ $(,)?) => {
        [$(File {
            path: $path,
            content_type: $content_type,
            text: include_str!(concat!("../../live_page/", $path)),
        }),+]
    };
}

/// The page itself, at `/`.
pub(super) const HTML: File =
    File { path: "", content_type: "text/html; charset=utf-8", text: include_str!("../../live_page/index.html") };

/// The scripts.
const SCRIPTS: &[File] = &files!("text/javascript; charset=utf-8":
    "api.js",
    "app.js",
    "chart.js",
    "dom.js",
    "filters.js",
    "reference_lines.js",
    "vendor/d3.min.js",
    "vendor/plot.min.js",
    "view/access.js",
    "view/account.js",
    "view/account/weeks.js",
    "view/ahead.js",
    "view/alerts.js",
    "view/hcp.js",
    "view/hcp/coherence.js",
    "view/hcp/planned.js",
    "view/hcp/sentence.js",
    "view/hcp/timeline.js",
    "view/overview.js",
    "view/overview/causes.js",
    "view/overview/collisions.js",
    "view/overview/lists.js",
    "view/overview/load.js",
    "view/overview/quadrant.js",
    "view/overview/share.js",
    "view/overview/trust.js",
    "view/pipeline.js",
    "view/shared.js",
    "words.js",
);

/// Everything else.
const OTHERS: &[File] = &[
    File {
        path: "style.css",
        content_type: "text/css; charset=utf-8",
        text: include_str!("../../live_page/style.css"),
    },
    File { path: "icon.svg", content_type: "image/svg+xml", text: include_str!("../../live_page/icon.svg") },
];

/// Every file but the page itself.
pub(super) fn files() -> impl Iterator<Item = &'static File> {
    SCRIPTS.iter().chain(OTHERS)
}
