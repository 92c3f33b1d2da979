//! Nobody who asks is forgotten, and nobody who came late holds the pipeline up.

use super::Askers;
use crate::shards::{Shards, SharedShards};
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, RwLock};
use touchpoint::{Policy, Reference};

fn shards() -> SharedShards {
    Arc::new(RwLock::new(Shards::new(Arc::new(Policy::default()), Arc::new(Reference::default()))))
}

#[test]
fn a_reader_that_waits_is_in_before_the_next_slice() {
    let (shards, askers) = (shards(), Askers::default());
    let (tell, told) = sync_channel(1);
    let held = askers.write(&shards);
    let reader = {
        let (shards, askers) = (shards.clone(), askers.clone());
        std::thread::spawn(move || {
            let guard = askers.read(&shards);
            tell.send(()).unwrap();
            drop(guard);
        })
    };
    while askers.queue.came.load(Ordering::Acquire) == 0 {
        std::thread::yield_now();
    }
    drop(held);
    // As the pipeline does: it does not take the lock back while somebody waits, however slowly they wake up.
    while !askers.queue.has_let_in(1) {
        askers.let_in();
    }
    drop(shards.write().unwrap());
    told.recv().unwrap();
    reader.join().unwrap();
    askers.let_in();
}

#[test]
fn those_who_come_while_others_are_let_in_hold_nothing_up() {
    let askers = Askers::default();
    askers.queue.came.store(usize::MAX, Ordering::Release);
    askers.queue.went_in.store(usize::MAX - 2, Ordering::Release);
    assert!(!askers.queue.has_let_in(usize::MAX), "two wait");
    askers.queue.came.fetch_add(1, Ordering::AcqRel);
    askers.queue.went_in.fetch_add(2, Ordering::AcqRel);
    assert!(askers.queue.has_let_in(usize::MAX), "the third came afterwards");
    assert!(!askers.queue.has_let_in(0), "and waits for the next time, though the count has wrapped");
    askers.queue.went_in.fetch_add(1, Ordering::AcqRel);
    assert!(askers.queue.has_let_in(0));
}

#[test]
fn a_question_is_answered_at_once_or_by_the_writer() {
    let (shards, askers) = (shards(), Askers::default());
    let (tell, told) = sync_channel(2);
    let question = |number: u8| {
        let tell = tell.clone();
        Box::new(move |_: &Shards| tell.send((number, std::thread::current().id())).unwrap())
    };
    let here = std::thread::current().id();
    askers.ask(&shards, question(1));
    assert_eq!(told.try_recv(), Ok((1, here)), "nobody writes");
    let held = askers.write(&shards);
    std::thread::scope(|scope| {
        scope.spawn(|| askers.ask(&shards, question(2))).join().unwrap();
    });
    assert!(told.try_recv().is_err(), "somebody writes");
    drop(held);
    assert_eq!(told.try_recv(), Ok((2, here)), "the writer answers");
    drop(askers.write(&shards));
    assert!(told.try_recv().is_err(), "once");
}

#[test]
fn a_question_with_a_bug_ends_nobody_else() {
    let (shards, askers) = (shards(), Askers::default());
    let (tell, told) = sync_channel(1);
    let held = askers.write(&shards);
    askers.ask(&shards, Box::new(|_| panic!("a bug")));
    askers.ask(&shards, Box::new(move |_| tell.send(()).unwrap()));
    drop(held);
    assert_eq!(told.try_recv(), Ok(()));
    drop(askers.write(&shards));
}

#[test]
fn no_question_is_forgotten_however_writers_and_askers_meet() {
    const QUESTIONS: usize = 20_000;
    let (shards, askers) = (shards(), Askers::default());
    let (tell, told) = sync_channel(QUESTIONS);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            for number in 0..QUESTIONS {
                let tell = tell.clone();
                askers.ask(&shards, Box::new(move |_| tell.send(number).unwrap()));
            }
        });
        while !asking.is_finished() {
            drop(askers.write(&shards));
        }
    });
    let mut answered: Vec<usize> = told.try_iter().collect();
    answered.sort_unstable();
    assert!(answered.into_iter().eq(0..QUESTIONS), "each once, with nobody left to write");
}
