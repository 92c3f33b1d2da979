//! Pieces, limits, and that nothing runs on when nobody takes it.

use super::{Rest, Run, Running};
use crate::postgres::engine::Engine;
use crate::postgres::fault::SqlState;
use crate::postgres::limits::Limits;
use crate::postgres::rows::{Formats, Shape};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;
use tokio::runtime::Handle;
use touchpoint::Tz;

async fn running(sql: &str, limits: Limits) -> Running {
    let context = SessionContext::new();
    let plan = context.state().create_logical_plan(sql).await.expect("plans");
    let shape = Shape::new(plan.schema().as_arrow(), &Formats::default(), Tz::UTC).expect("sendable");
    let run = Run { context, plan, shape: Arc::new(shape), text: sql.into() };
    Running::begin(&Engine::new(Handle::current(), 1), run, &limits)
}

const MANY: &str = "SELECT value, repeat('x', 100) AS x FROM generate_series(1, 100000)";

#[tokio::test]
async fn a_small_result_is_one_piece() {
    let mut running = running("SELECT 1 UNION ALL SELECT 2", Limits::default()).await;
    let piece = running.next(usize::MAX).await.expect("rows");
    assert_eq!((piece.rows, piece.rest), (2, Rest::Nothing));
    assert_eq!(running.next(usize::MAX).await.map(|piece| piece.rows), Ok(0));
}

#[tokio::test]
async fn rows_are_cut_where_the_client_wants_and_none_is_lost() {
    let mut running = running(MANY, Limits::default()).await;
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let piece = running.next(333).await.expect("rows");
        assert!(piece.rows <= 333);
        rows += piece.rows;
        bytes += piece.bytes.len();
        if piece.rest == Rest::Nothing {
            break;
        }
        assert_eq!(piece.bytes.first(), Some(&b'D'));
    }
    assert_eq!(rows, 100_000);
    assert!(bytes > 10_000_000);
}

#[tokio::test]
async fn past_a_limit_the_rows_so_far_come_and_then_the_fault() {
    for limits in [Limits { rows: 1_000, ..Limits::default() }, Limits { bytes: 100_000, ..Limits::default() }] {
        let mut running = running(MANY, limits).await;
        let mut rows = 0;
        let fault = loop {
            match running.next(usize::MAX).await {
                Ok(piece) => rows += piece.rows,
                Err(fault) => break fault,
            }
        };
        assert_eq!(fault.state, SqlState::ProgramLimitExceeded);
        assert!((500..=1_000).contains(&rows), "{rows}");
    }
    let mut exact = running("SELECT 1 UNION ALL SELECT 2", Limits { rows: 2, ..Limits::default() }).await;
    assert_eq!(exact.next(usize::MAX).await.map(|piece| piece.rows), Ok(2), "as many as there may be");
}

#[tokio::test]
async fn an_error_among_the_rows_is_told() {
    let mut running = running("SELECT 1 / (value - 50000) FROM generate_series(1, 100000)", Limits::default()).await;
    let state = loop {
        match running.next(usize::MAX).await {
            Ok(piece) => assert_eq!(piece.rest, Rest::More),
            Err(fault) => break fault.state,
        }
    };
    assert_eq!(state, SqlState::DivisionByZero);
}

/// A nested loop whose filter lets nothing through waits nowhere: dropped, it lets go of its memory all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_never_gives_way_ends_when_nobody_wants_it() {
    let memory = Arc::new(GreedyMemoryPool::new(1 << 30));
    let environment = RuntimeEnvBuilder::new().with_memory_pool(memory.clone()).build_arc().expect("an environment");
    let config = SessionConfig::new().with_target_partitions(1);
    let context = SessionContext::new_with_config_rt(config, environment);
    let sql = "SELECT count(*) FROM generate_series(1, 1000000) AS a (x) JOIN generate_series(1, 1000000) AS b (y) \
               ON a.x * a.x + b.y * b.y < 0";
    let plan = context.state().create_logical_plan(sql).await.expect("plans");
    let shape = Shape::new(plan.schema().as_arrow(), &Formats::default(), Tz::UTC).expect("sendable");
    let run = Run { context, plan, shape: Arc::new(shape), text: sql.into() };
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a thread");
    let mut running = Running::begin(&Engine::new(threads.handle().clone(), 1), run, &Limits::default());
    let held = async {
        while memory.reserved() == 0 {
            tokio::task::yield_now().await
        }
    };
    tokio::select! {
        rows = running.next(1) => panic!("it came to an end: {rows:?}"),
        () = held => {}
    }
    drop(running);
    while memory.reserved() > 0 {
        tokio::task::yield_now().await;
    }
    // The one thread does other things again.
    assert_eq!(threads.spawn(async { 1 }).await.expect("it runs"), 1);
    threads.shutdown_background();
}
