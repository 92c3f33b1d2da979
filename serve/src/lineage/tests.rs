//! Ways to carry an id into a label or value, each refused; and what is lawful, kept.

use super::{Lineage, of_plan};
use crate::gauge::sample_tables::context;
use datafusion::prelude::SessionContext;

async fn lineage(context: &SessionContext, sql: &str) -> Vec<Lineage> {
    of_plan(&context.state().create_logical_plan(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")))
}

async fn first(sql: &str) -> Lineage {
    lineage(&context(&[]), sql).await.into_iter().next().expect("a column")
}

#[tokio::test]
async fn ids_stay_personal_however_they_travel() {
    let routes = [
        "SELECT hcp_id AS x FROM hcp_now",
        "SELECT account_id AS x FROM hcp_now",
        "SELECT max(hcp_id) AS x FROM hcp_now",
        "SELECT concat('a', hcp_id) AS x FROM hcp_now",
        "SELECT CAST(hcp_id AS VARCHAR) AS x FROM hcp_now",
        "SELECT x FROM (SELECT y AS x FROM (SELECT hcp_id AS y FROM hcp_now))",
        "WITH a AS (SELECT hcp_id AS y FROM hcp_now) SELECT y || '' AS x FROM a GROUP BY y",
        "SELECT substr(hcp_id, 1, 3) AS x FROM hcp_now",
        "SELECT CASE WHEN touches > 3 THEN hcp_id ELSE territory END AS x FROM hcp_now",
        "SELECT CASE WHEN hcp_id = 'H-1' THEN 'a' ELSE 'b' END AS x FROM hcp_now",
        "SELECT hcp_id IN ('H-1') AS x FROM hcp_now",
        "SELECT (SELECT max(hcp_id) FROM hcp_now) AS x",
        "SELECT first_value(hcp_id) OVER (ORDER BY touches) AS x FROM hcp_now",
        "SELECT row_number() OVER (ORDER BY hcp_id) AS x FROM hcp_now",
        "SELECT territory AS x FROM hcp_now UNION ALL SELECT hcp_id FROM hcp_now",
        "SELECT DISTINCT hcp_id AS x FROM hcp_now",
        "SELECT DISTINCT ON (territory) hcp_id AS x FROM hcp_now ORDER BY territory",
        "SELECT b.hcp_id AS x FROM hcp_now a JOIN hcp_now b USING (territory)",
        "SELECT hcp_id AS x FROM hcp_now GROUP BY ROLLUP (hcp_id)",
        "SELECT unnest(make_array(hcp_id)) AS x FROM hcp_now",
        "SELECT s['a'] AS x FROM (SELECT named_struct('a', hcp_id) AS s FROM hcp_now)",
        "SELECT array_agg(hcp_id)[1] AS x FROM hcp_now",
        "SELECT string_agg(territory, ',' ORDER BY hcp_id) AS x FROM hcp_now",
        "SELECT (SELECT o.hcp_id) AS x FROM hcp_now o",
        "SELECT EXISTS (SELECT 1 FROM hcp_now i WHERE i.hcp_id = o.hcp_id) AS x FROM hcp_now o",
        "SELECT hcp_id IN (SELECT hcp_id FROM hcp_now) AS x FROM hcp_now",
        "WITH RECURSIVE r AS (SELECT hcp_id AS a, '' AS b FROM hcp_now UNION ALL SELECT b, a FROM r) SELECT b FROM r",
        "SELECT length(hcp_id) AS x FROM hcp_now",
    ];
    for sql in routes {
        assert!(matches!(first(sql).await, Lineage::Personal(_)), "{sql}: {:?}", first(sql).await);
    }
}

#[tokio::test]
async fn a_view_hides_nothing() {
    let context = context(&[]);
    let view = context.sql("CREATE VIEW plain AS SELECT concat(hcp_id, '') AS who, touches FROM hcp_now").await;
    view.expect("view").collect().await.expect("created");
    assert_eq!(lineage(&context, "SELECT who FROM plain").await, [Lineage::Personal("hcp_id".to_owned())]);
    assert_eq!(lineage(&context, "SELECT who FROM plain WHERE touches > 1 LIMIT 3").await.len(), 1);
    assert_eq!(lineage(&context, "SELECT touches FROM plain").await, [Lineage::Clean]);
}

#[tokio::test]
async fn counting_takes_the_identity_away() {
    let counted = Lineage::Counted("hcp_id".to_owned());
    assert_eq!(first("SELECT count(DISTINCT hcp_id) AS value FROM hcp_now").await, counted);
    assert_eq!(first("SELECT 1.0 * count(hcp_id) / 2 AS value FROM hcp_now").await, counted);
    assert_eq!(first("SELECT count(*) FILTER (WHERE hcp_id IS NOT NULL) AS value FROM hcp_now").await, counted);
}

#[tokio::test]
async fn what_names_no_person_stays_clean() {
    let lawful = [
        "SELECT territory FROM hcp_now",
        "SELECT upper(territory) FROM hcp_now WHERE hcp_id <> 'H-1'",
        "SELECT a.territory FROM hcp_now a JOIN hcp_now b ON a.hcp_id = b.hcp_id",
        "SELECT n FROM (SELECT hcp_id, count(*) AS n FROM hcp_now GROUP BY hcp_id)",
        "SELECT sum(touches) FROM hcp_now GROUP BY hcp_id HAVING count(*) > 0",
        "SELECT (SELECT count(*) FROM touches_now)",
        "SELECT territory FROM hcp_now GROUP BY CUBE (territory, segment)",
        "SELECT column1 FROM (VALUES ('a'), ('b'))",
    ];
    for sql in lawful {
        assert_eq!(first(sql).await, Lineage::Clean, "{sql}");
    }
}
