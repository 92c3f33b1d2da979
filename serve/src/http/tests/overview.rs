//! `/v1/overview…`, `/v1/pipeline` and the live page over a real socket.

use super::api::{lines, serving_alerts, tokens};
use super::schema::hold;
use super::{Answer, Server, send};
use crate::access::Access;
use crate::http::tests::get;
use serde_json::{Value, json};

async fn asked(server: &Server, path: &str, of: &str, token: &str) -> Answer {
    let answer = send(server, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), b"").await;
    hold(&answer, "get", of);
    answer
}

fn etag(answer: &Answer) -> String {
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: "));
    tag.expect("a tag").to_owned()
}

#[tokio::test]
async fn an_overview_counts_groups_as_far_as_the_role_sees_and_is_not_audited() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(tokens(), folder.path(), None);
    let of = async |token| asked(&server, "/v1/overview", "/v1/overview", token).await.json();
    let (commercial, full) = (of("rep desk").await, of("compliance").await);
    assert_eq!((&commercial["touches"], &full["touches"]), (&json!(1), &json!(3)));
    assert_eq!((&commercial["hcps"]["hcps"], &full["hcps"]["hcps"]), (&json!(1), &json!(2)));
    assert!(!commercial.to_string().contains("hidden"), "it holds no id");
    let weeks = asked(&server, "/v1/overview/weeks", "/v1/overview/weeks", "rep desk").await.json();
    let points = weeks["points"].as_array().expect("points");
    assert_eq!((points.len(), &points[12]["hcps"]["hcps"], &points[0]["hcps"]["hcps"]), (13, &json!(1), &json!(0)));
    assert!(lines(folder.path()).is_empty(), "an overview is no view of a person");
}

#[tokio::test]
async fn who_knows_the_answer_is_told_that_it_has_not_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(Access::Loopback, folder.path(), None);
    let first = get(&server, "/v1/overview?window=7d").await;
    let known = format!("If-None-Match: {}\r\n", etag(&first));
    let again = send(&server, "GET /v1/overview?window=7d", &known, b"").await;
    assert_eq!((first.status, again.status, again.body.as_str()), (200, 304, ""));
    assert_eq!(etag(&get(&server, "/v1/overview?window=7d").await), etag(&first), "the answer is kept for a moment");
    assert_ne!(etag(&get(&server, "/v1/overview?window=90d").await), etag(&first), "another question");
}

#[tokio::test]
async fn those_behind_a_count_are_listed_and_audited() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(tokens(), folder.path(), None);
    let path = "/v1/overview/hcps?list=hold&limit=5";
    let listed = asked(&server, path, "/v1/overview/hcps", "rep desk").await.json();
    assert_eq!(listed["list"], "hold");
    let written = lines(folder.path());
    let [line] = &written[..] else { panic!("one line: {written:?}") };
    assert_eq!((&line["action"], &line["list"]), (&Value::from("list_hcps"), &Value::from("hold")));
    let wrong = asked(&server, "/v1/overview/hcps?limit=0", "/v1/overview/hcps", "rep desk").await;
    assert_eq!((wrong.status, wrong.json()["errors"].as_array().map(Vec::len)), (422, Some(2)));
    assert_eq!(asked(&server, "/v1/overview?list=over", "/v1/overview", "rep desk").await.status, 422);
    assert_eq!(asked(&server, "/v1/overview", "/v1/overview", "nobody").await.status, 401);
}

#[tokio::test]
async fn the_pipeline_is_told_with_what_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(tokens(), folder.path(), None);
    let told = asked(&server, "/v1/pipeline", "/v1/pipeline", "rep desk").await.json();
    assert_eq!((&told["is_ready"], &told["feeds"], &told["watermark"]), (&json!(true), &json!([]), &Value::Null));
    assert_eq!(asked(&server, "/v1/pipeline", "/v1/pipeline", "nobody").await.status, 401);
}

#[tokio::test]
async fn a_browser_gets_the_page_and_may_load_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(Access::Loopback, folder.path(), None);
    let page = send(&server, "GET /", "Accept: text/html,*/*;q=0.8\r\n", b"").await;
    assert!(page.status == 200 && page.body.starts_with("<!doctype html>"), "{}", page.head);
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(page.head.contains(part), "{}", page.head);
    }
    let script = get(&server, "/page/view/overview.js").await;
    assert!(
        script.head.contains("content-type: text/javascript")
            && script.head.contains("x-content-type-options: nosniff")
    );
    let known = format!("If-None-Match: {}\r\n", etag(&get(&server, "/page/app.js").await));
    assert_eq!(send(&server, "GET /page/app.js", &known, b"").await.status, 304);
    for path in ["/page/", "/page/../http.rs", "/page/none.js", "/page/%2e%2e/secret"] {
        assert_eq!(get(&server, path).await.status, 404, "{path}");
    }
}
