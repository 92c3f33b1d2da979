//! Threads of one kind of work, which end without being waited for.
//!
//! The system lends a contended core for milliseconds at a time, and a check that takes microseconds would wait for each of
//! them. So threads whose answers nobody waits for, those of gauges and maintenance, come last ([`Urgency::Last`]): on Linux
//! by a niceness of 9, a tenth of a core that others want too. What they hold meanwhile, a slice of the state, they give
//! back as soon as whoever waits for it leaves them the core. Statements of analysts are not among them: their clients wait,
//! and other processes want cores too.

use std::io;
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tokio::runtime::{Builder, Handle, Runtime};

/// Of 100; half is as everybody else.
const PATIENT: u8 = 25;

/// Who has a core that several want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// As the rest of the process.
    Usual,
    /// Whoever else wants it comes first.
    Last,
}

/// See the module. What still runs on them when they are dropped is given up.
pub struct Threads(Option<Runtime>);

impl Threads {
    /// So many threads of a name, with stacks of so many bytes.
    ///
    /// # Errors
    /// The system has no room for them.
    pub fn start(name: &str, count: usize, stack: usize, urgency: Urgency) -> io::Result<Self> {
        let mut threads = Builder::new_multi_thread();
        threads.worker_threads(count).thread_name(name).thread_stack_size(stack).enable_all();
        if urgency == Urgency::Last {
            threads.on_thread_start(come_last);
        }
        threads.build().map(|runtime| Self(Some(runtime)))
    }

    /// Where to spawn; `None` never happens before they are dropped.
    pub fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|threads| threads.handle().clone())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A system that refuses leaves the thread as it is.
fn come_last() {
    let priority = ThreadPriorityValue::try_from(PATIENT).map(ThreadPriority::Crossplatform);
    if let Ok(Err(error)) = priority.map(set_current_thread_priority) {
        tracing::debug!(?error, "a thread that should come last has the priority of the others");
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::{Threads, Urgency};

    /// The niceness of this thread: the 19th field of its line, of which the second is a name in parentheses.
    fn niceness() -> i64 {
        let line = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        line.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn patient_threads_leave_the_core_to_others() {
        let threads = Threads::start("patient", 1, 1 << 20, Urgency::Last).unwrap();
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        threads.handle().unwrap().spawn(async move { tell.send(niceness()).unwrap() });
        assert!(niceness() < told.recv().unwrap());
    }
}
