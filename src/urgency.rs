//! Whose turn it is where cores are few.
//!
//! The system lends a contended core for milliseconds at a time, and a check that takes microseconds would wait for each of them.
//! So threads whose answers nobody waits for by the millisecond say so. What they hold meanwhile, a slice of the state, they
//! give back as soon as whoever waits for it leaves them the core.
//!
//! | urgency | threads | niceness on Linux |
//! |---|---|---|
//! | none said | checks, HTTP, the audit log, Kafka, commits, alerts on their way | 0 |
//! | [`Urgency::Steady`] | the pipeline | 5: a third |
//! | [`Urgency::Patient`] | statements of analysts, gauges, maintenance | 9: a tenth |

use std::io;
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tokio::runtime::{Builder, Handle, Runtime};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// What there is to do all the time.
    Steady,
    /// What may take its time.
    Patient,
}

impl Urgency {
    /// Of 100; half is as everybody else.
    fn priority(self) -> u8 {
        match self {
            Self::Steady => 37,
            Self::Patient => 25,
        }
    }

    /// Gives this thread, and those that it starts, this urgency. A system that refuses leaves it as it is.
    pub fn take(self) {
        let priority = ThreadPriorityValue::try_from(self.priority()).map(ThreadPriority::Crossplatform);
        if let Ok(Err(error)) = priority.map(set_current_thread_priority) {
            tracing::debug!(?error, urgency = ?self, "a thread has the priority of the others");
        }
    }
}

/// Threads that are [`Urgency::Patient`]. When they are dropped they end without being waited for: what runs on them is given
/// up.
pub struct PatientThreads(Option<Runtime>);

impl PatientThreads {
    /// So many threads of a name, with stacks of so many bytes.
    ///
    /// # Errors
    /// The system has no room for them.
    pub fn start(name: &str, count: usize, stack: usize) -> io::Result<Self> {
        let mut threads = Builder::new_multi_thread();
        threads.worker_threads(count).thread_name(name).thread_stack_size(stack).enable_all();
        threads.on_thread_start(|| Urgency::Patient.take()).build().map(|runtime| Self(Some(runtime)))
    }

    /// Where to spawn; `None` never happens before they are dropped.
    pub fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|threads| threads.handle().clone())
    }
}

impl Drop for PatientThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::{PatientThreads, Urgency};

    /// The niceness of this thread: the 19th field of its line, of which the second is a name in parentheses.
    fn niceness() -> i64 {
        let line = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        line.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn each_urgency_leaves_the_core_to_the_one_above() {
        let before = niceness();
        let steady = std::thread::spawn(|| {
            Urgency::Steady.take();
            niceness()
        });
        let threads = PatientThreads::start("patient", 1, 1 << 20).unwrap();
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        threads.handle().unwrap().spawn(async move { tell.send(niceness()).unwrap() });
        let (steady, patient) = (steady.join().unwrap(), told.recv().unwrap());
        assert!(before < steady && steady < patient, "{before}, {steady}, {patient}");
    }
}
