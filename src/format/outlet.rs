//! An output that remembers why it failed: the Arrow writers turn I/O errors into text and lose their kind.

use std::io::{Error, Result, Write};

/// A `Write` with a memory for its first failure.
pub(super) struct Outlet<'a> {
    inner: &'a mut dyn Write,
    failure: Option<Error>,
}

impl<'a> Outlet<'a> {
    /// Wraps an output that has not failed yet.
    pub(super) fn new(inner: &'a mut dyn Write) -> Self {
        Self { inner, failure: None }
    }

    /// The first failure.
    pub(super) fn failure(self) -> Option<Error> {
        self.failure
    }

    fn note<T>(&mut self, outcome: Result<T>) -> Result<T> {
        outcome.inspect_err(|error| {
            if self.failure.is_none() && error.kind() != std::io::ErrorKind::Interrupted {
                self.failure = Some(Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

impl Write for Outlet<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let outcome = self.inner.write(bytes);
        self.note(outcome)
    }

    fn flush(&mut self) -> Result<()> {
        let outcome = self.inner.flush();
        self.note(outcome)
    }
}
