//! The audit log: who asked what of whom, and what was answered. An answer is given only when its lines are on the disk.
//!
//! Files `YYYY-MM-DD.ndjson` (UTC) in one folder, a JSON object per line, only ever appended to. One thread writes: lines
//! that wait together go into one write and one sync, so that many callers share the price. The file is opened anew for
//! each write, so that it can be replaced by a rewritten one, as erasure does. A line that a full disk cut off stays as it
//! is, and the next one begins on a line of its own: readers leave out what is no JSON. Several processes may append to one
//! file. The lines hold ids of persons; the files are readable by their owner alone.
//!
//! docs/API.md names the fields of a line.

mod file;
mod forget;
#[cfg(test)]
mod tests;

pub use forget::forget;

use file::append;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use touchpoint::Micros;
use touchpoint::time::midnight;

/// Requests that may wait; who comes when so many do waits for a place.
const WAITING: usize = 1_024;
/// Requests whose lines go into one write.
const TOGETHER: usize = 256;

/// From one write to the next while several ask at once: a write and its sync cost as much as answering two checks, and the
/// more lines share one the more of a core is left.
const PACE: Duration = Duration::from_micros(500);

/// The lines were not written: the disk's fault, or that of its rights. A retry helps when there is room again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the audit log in {folder} could not be written: {source}")]
pub struct AuditError {
    folder: Arc<str>,
    source: Arc<std::io::Error>,
}

/// See the module. Dropping it ends its thread, after what waits is written.
#[derive(Debug)]
pub struct AuditLog {
    folder: Arc<str>,
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

/// Lines of one answer.
#[derive(Debug)]
struct Request {
    day: Micros,
    lines: String,
    written: oneshot::Sender<Result<(), AuditError>>,
}

impl AuditLog {
    /// A log in `folder`, which is made when the first line is written.
    ///
    /// # Errors
    /// The system has no room for a thread.
    pub fn start(folder: PathBuf) -> std::io::Result<Self> {
        let (requests, waiting) = mpsc::channel(WAITING);
        let named: Arc<str> = folder.display().to_string().into();
        let writer = Writer { folder, named: named.clone() };
        let thread = std::thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(waiting))?;
        Ok(Self { folder: named, requests: Some(requests), writer: Some(thread) })
    }

    /// Writes `lines`, each with its newline, into the file of the day of `at`; returns when they are on the disk.
    ///
    /// # Errors
    /// [`AuditError`]: nothing may be answered.
    pub async fn write(&self, at: Micros, lines: String) -> Result<(), AuditError> {
        let (written, answer) = oneshot::channel();
        let request = Request { day: midnight(at), lines, written };
        let sent = match &self.requests {
            Some(requests) => requests.send(request).await.is_ok(),
            None => false,
        };
        let gone =
            || AuditError { folder: self.folder.clone(), source: Arc::new(std::io::ErrorKind::BrokenPipe.into()) };
        if !sent {
            return Err(gone());
        }
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writer) = self.writer.take() {
            // A thread that panicked was told by its panic; there is nothing left to write.
            writer.join().unwrap_or_default();
        }
    }
}

struct Writer {
    folder: PathBuf,
    named: Arc<str>,
}

impl Writer {
    fn run(self, mut waiting: mpsc::Receiver<Request>) {
        let (mut began, mut wrote) = (Instant::now(), 0);
        while let Some(first) = waiting.blocking_recv() {
            // Whoever asks alone is not kept waiting.
            if wrote > 1 || !waiting.is_empty() {
                std::thread::sleep(PACE.saturating_sub(began.elapsed()));
            }
            began = Instant::now();
            let mut together = vec![first];
            while together.len() < TOGETHER {
                let Ok(next) = waiting.try_recv() else { break };
                together.push(next);
            }
            wrote = together.len();
            self.write(together);
        }
    }

    fn write(&self, together: Vec<Request>) {
        let mut results = Vec::with_capacity(together.len());
        for day in together.chunk_by(|a, b| a.day == b.day) {
            let written = self.append(day);
            results.extend(day.iter().map(|_| written.clone()));
        }
        for (request, result) in together.into_iter().zip(results) {
            // Who no longer waits has no answer to give.
            request.written.send(result).unwrap_or_default();
        }
    }

    fn append(&self, requests: &[Request]) -> Result<(), AuditError> {
        let Some(day) = requests.first().map(|request| request.day) else { return Ok(()) };
        let text: String = requests.iter().map(|request| request.lines.as_str()).collect();
        let failed = |source| AuditError { folder: self.named.clone(), source: Arc::new(source) };
        append(&self.folder, &file::name(day), text).map_err(failed)
    }
}
