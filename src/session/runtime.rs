//! The runtime that every SQL connection shares, and the part of its memory that one connection may use.
//!
//! Two limits hold together (docs/adr/0052). All queries draw from one pool, first come first served, so that what one
//! leaves another can use. Each connection has a limit of its own below it, within which none of a query's operators starves
//! the next one ([`StatementMemory`]); those that spill write to one folder, up to a limit of bytes over all. No
//! object store answers for `file:` or any other URL that a statement could name; tables register their own.

use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{
    GreedyMemoryPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use processors::sql::statement_memory::StatementMemory;
use std::path::PathBuf;
use std::sync::Arc;

/// What queries may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryLimits {
    /// Bytes of memory of all queries together.
    pub memory: usize,
    /// Bytes of memory of the queries of one connection.
    pub memory_per_connection: usize,
    /// Bytes on disk of all queries together.
    pub spill: u64,
    /// Where they lie: an existing folder, or `None` for the system's folder of temporary files.
    pub spill_folder: Option<PathBuf>,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { memory: 2 << 30, memory_per_connection: 1 << 30, spill: 8 << 30, spill_folder: None }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct SharedRuntime {
    runtime: Arc<RuntimeEnv>,
    memory_per_connection: usize,
}

impl SharedRuntime {
    /// # Errors
    /// The spill folder cannot be used.
    pub(super) fn new(limits: &QueryLimits) -> Result<Self> {
        let mode = match &limits.spill_folder {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(limits.spill);
        let memory = Arc::new(GreedyMemoryPool::new(limits.memory));
        let builder = RuntimeEnvBuilder::new().with_memory_pool(memory).with_disk_manager_builder(disk);
        let runtime = builder.build_arc()?;
        runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
        Ok(Self { runtime, memory_per_connection: limits.memory_per_connection })
    }

    /// Bytes of memory that all queries hold now.
    pub(super) fn reserved(&self) -> usize {
        self.runtime.memory_pool.reserved()
    }

    /// The runtime of one connection: everything shared, but for its own limit of memory.
    ///
    /// # Errors
    /// Never in practice: what is built was built before.
    pub(super) fn of_connection(&self) -> Result<Arc<RuntimeEnv>> {
        let pool = ConnectionPool {
            own: StatementMemory::new(self.memory_per_connection),
            shared: self.runtime.memory_pool.clone(),
        };
        RuntimeEnvBuilder::from_runtime_env(&self.runtime).with_memory_pool(Arc::new(pool)).build_arc()
    }
}

/// A pool of one connection over the pool of all.
#[derive(Debug)]
struct ConnectionPool {
    own: StatementMemory,
    shared: Arc<dyn MemoryPool>,
}

impl MemoryPool for ConnectionPool {
    fn name(&self) -> &str {
        "connection"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
        self.shared.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
        self.shared.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.shared.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.shared.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        self.shared.try_grow(reservation, additional).inspect_err(|_| self.own.shrink(reservation, additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}

impl std::fmt::Display for ConnectionPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of a connection", self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::{QueryLimits, SharedRuntime};
    use datafusion::execution::memory_pool::MemoryConsumer;
    use datafusion::execution::object_store::ObjectStoreUrl;

    #[test]
    fn a_connection_is_held_by_its_own_limit_and_by_that_of_all() {
        let limits = QueryLimits { memory: 100, memory_per_connection: 60, ..QueryLimits::default() };
        let shared = SharedRuntime::new(&limits).unwrap();
        let (one, other) = (shared.of_connection().unwrap(), shared.of_connection().unwrap());
        let register = |name: &str, env: &datafusion::execution::runtime_env::RuntimeEnv| {
            MemoryConsumer::new(name).register(&env.memory_pool)
        };
        let (first, second) = (register("first", &one), register("second", &other));
        assert!(first.try_grow(61).is_err(), "more than a connection may use");
        first.try_grow(60).unwrap();
        assert!(second.try_grow(41).is_err(), "more than is left");
        assert_eq!(other.memory_pool.reserved(), 0, "what was refused is given back");
        second.try_grow(40).unwrap();
        drop(first);
        second.try_grow(20).unwrap();
        drop(second);
        assert_eq!((one.memory_pool.reserved(), shared.runtime.memory_pool.reserved()), (0, 0));
    }

    #[test]
    fn an_operator_that_can_spill_leaves_something_to_the_next() {
        let limits = QueryLimits { memory: 100, memory_per_connection: 64, ..QueryLimits::default() };
        let env = SharedRuntime::new(&limits).unwrap().of_connection().unwrap();
        let sort = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&env.memory_pool);
        let (one, other) = (sort("one"), sort("other"));
        assert!(one.try_grow(37).is_err());
        one.try_grow(36).unwrap();
        other.try_grow(6).unwrap();
    }

    #[test]
    fn no_url_leads_to_a_file() {
        let env = SharedRuntime::new(&QueryLimits::default()).unwrap().of_connection().unwrap();
        assert!(env.object_store(ObjectStoreUrl::local_filesystem()).is_err());
        for url in ["http://example.org", "s3://bucket", "touchload://elsewhere"] {
            assert!(env.object_store(ObjectStoreUrl::parse(url).unwrap()).is_err(), "{url}");
        }
    }
}
