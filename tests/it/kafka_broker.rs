//! A real Apache Kafka for tests: one KRaft node, a child process on free ports with its own data folder.
//!
//! The jars come from `tests/setup/kafka.sh`. The broker outlives [`KafkaBroker::stop`], [`KafkaBroker::kill`] and
//! [`KafkaBroker::restart`] with its ports and its data; dropping the value ends the process and removes the data. A
//! guard process ends the broker also when the test process itself is killed. Topics keep everything for ever and are
//! created only by [`KafkaBroker::create_topics`].

use crate::test_setup;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const READY_WITHIN: Duration = Duration::from_secs(90);
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
const STARTS: usize = 3;

/// A signal that a test sends to the broker.
#[derive(Clone, Copy)]
enum Signal {
    Terminate,
    Pause,
    Resume,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Pause => "STOP",
            Self::Resume => "CONT",
        }
    }
}

/// The broker and, beside it, the process that ends it when this one dies.
struct Running {
    broker: Child,
    guard: Child,
}

/// One Apache Kafka node.
pub(crate) struct KafkaBroker {
    jars: PathBuf,
    folder: TempDir,
    port: u16,
    running: Option<Running>,
}

impl KafkaBroker {
    /// A broker that answers, `None` when Java or Maven is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when they are missing; anywhere when the broker does not come up.
    pub(crate) fn start() -> Option<Self> {
        let jars = test_setup::provide("kafka.sh")?;
        let mut said = String::new();
        for _ in 0..STARTS {
            let folder = tempfile::Builder::new().prefix("touchload-kafka-").tempdir().expect("a temporary folder");
            let [port, controller] = free_ports();
            format_storage(&jars, folder.path(), [port, controller]);
            let mut broker = Self { jars: jars.clone(), folder, port, running: None };
            match broker.spawn() {
                Ok(()) => return Some(broker),
                Err(log) => said = log,
            }
        }
        panic!("Apache Kafka did not come up in {STARTS} starts; the last one said:\n{said}");
    }

    /// What clients set as `bootstrap.servers`.
    pub(crate) fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The process id, for pinning it to a core; `None` while it is down.
    pub(crate) fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.broker.id())
    }

    /// Creates topics with `partitions` partitions each; a topic that exists stays as it is.
    pub(crate) fn create_topics(&self, topics: &[&str], partitions: i32) {
        create_topics(&self.bootstrap(), topics, partitions);
    }

    /// Ends the broker in order (SIGTERM) and waits for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the end of a child can only be polled for, and a test has no runtime"
    )]
    pub(crate) fn stop(&mut self) {
        if self.running.is_none() {
            return;
        }
        // A paused process takes SIGTERM only once it runs again.
        self.signal(Signal::Resume);
        self.signal(Signal::Terminate);
        let Some(running) = self.running.as_mut() else { return };
        let deadline = Instant::now() + STOPPED_WITHIN;
        while Instant::now() < deadline && matches!(running.broker.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.kill();
    }

    /// Ends the broker at once (SIGKILL), as a power cut would.
    pub(crate) fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        // The guard goes first: until the broker is waited for, its id cannot become another process's.
        end(&mut running.guard);
        end(&mut running.broker);
    }

    /// Brings the broker back on the same ports with the same data; a running one is killed first.
    pub(crate) fn restart(&mut self) {
        self.kill();
        if let Err(log) = self.spawn() {
            panic!("Apache Kafka did not come back:\n{log}");
        }
    }

    /// Freezes the broker (SIGSTOP): connections stay open, nothing answers.
    pub(crate) fn pause(&self) {
        self.signal(Signal::Pause);
    }

    /// Lets a paused broker run on.
    pub(crate) fn resume(&self) {
        self.signal(Signal::Resume);
    }

    fn signal(&self, signal: Signal) {
        let Some(running) = &self.running else { return };
        // The shell's own kill: signals from Rust would need unsafe code.
        let script = format!("kill -s {} {}", signal.name(), running.broker.id());
        let status = Command::new("sh").args(["-c", &script]).status().expect("sh runs");
        assert!(status.success(), "signal {} did not reach the broker", signal.name());
    }

    /// Starts the process and waits until it answers; else the end of its log.
    fn spawn(&mut self) -> Result<(), String> {
        let log = self.folder.path().join("broker.log");
        let out = File::options().create(true).append(true).open(&log).expect("the broker's log opens");
        let err = out.try_clone().expect("a second handle");
        let broker = java(&self.jars, self.folder.path())
            .arg("-Xms256m")
            .args(["kafka.Kafka", "server.properties"])
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .expect("java starts");
        let guard = guard_of(broker.id());
        self.running = Some(Running { broker, guard });
        let ready = self.wait_until_ready();
        if ready.is_err() {
            self.kill();
        }
        ready.map_err(|why| format!("{why}\n{}", tail(&log)))
    }

    fn wait_until_ready(&mut self) -> Result<(), &'static str> {
        let probe: BaseConsumer = client(&self.bootstrap()).create().expect("a probing client");
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            let alive = self.running.as_mut().is_some_and(|running| matches!(running.broker.try_wait(), Ok(None)));
            if !alive {
                return Err("the process ended");
            }
            let metadata = probe.fetch_metadata(None, Duration::from_millis(500));
            if metadata.is_ok_and(|m| !m.brokers().is_empty()) {
                return Ok(());
            }
        }
        Err("no answer in time")
    }
}

impl Drop for KafkaBroker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Creates topics on any broker; a topic that exists stays as it is.
pub(crate) fn create_topics(bootstrap: &str, topics: &[&str], partitions: i32) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap).create().expect("an admin client");
    let wanted: Vec<_> = topics.iter().map(|t| NewTopic::new(t, partitions, TopicReplication::Fixed(1))).collect();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
    let results = futures::executor::block_on(admin.create_topics(&wanted, &options)).expect("the broker answers");
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => panic!("topic {topic} was not created: {code}"),
        }
    }
    // The first records after a partition's leader is named and before it knows of it can be lost: KAFKA-15591.
    let ends = |topic: &&str| {
        (0..partitions).all(|n| admin.inner().fetch_watermarks(topic, n, Duration::from_secs(5)).is_ok())
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while !topics.iter().all(ends) {
        assert!(Instant::now() < deadline, "the partitions of {topics:?} have no leader");
    }
}

/// A client that reconnects fast, since tests take the broker away.
pub(crate) fn client(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config.set("reconnect.backoff.ms", "20").set("reconnect.backoff.max.ms", "250");
    config
}

/// Two free ports below the range from which the kernel gives ports to outgoing connections: a client that retries
/// while the broker is down could otherwise be given the broker's port and talk to itself.
fn free_ports() -> [u16; 2] {
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let first = 20_000 + u16::try_from(random % 12_000).expect("below 12000");
    let open: Vec<_> = (first..32_500).filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).take(2).collect();
    let ports: Vec<u16> = open.iter().map(|socket| socket.local_addr().expect("bound").port()).collect();
    ports.try_into().expect("two free ports below 32500")
}

fn java(jars: &Path, folder: &Path) -> Command {
    let mut command = Command::new("java");
    command
        .current_dir(folder)
        .args(["-Xmx512m", "-Dlog4j2.configurationFile=log4j2.properties", "-cp"])
        .arg(jars.join("*"));
    command
}

/// Waits for its standard input to close, which the death of this process does, and then ends the broker.
fn guard_of(broker: u32) -> Child {
    Command::new("sh")
        .args(["-c", &format!("cat >/dev/null; kill -s KILL {broker}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("sh starts")
}

fn end(child: &mut Child) {
    // An error of kill means that it has ended; wait then gives its status at once.
    child.kill().ok();
    child.wait().expect("a child can be waited for");
}

fn format_storage(jars: &Path, folder: &Path, [port, controller]: [u16; 2]) {
    fs::write(folder.join("log4j2.properties"), LOGGING).expect("log4j2.properties is written");
    fs::write(folder.join("server.properties"), properties(port, controller)).expect("server.properties is written");
    // Any 16 bytes in URL-safe base64 are a cluster id; one broker is never another's cluster.
    let random = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    let id: String = (0..21).map(|_| char::from(b'a' + u8::try_from(random() % 26).expect("below 26"))).collect();
    let output = java(jars, folder)
        .args(["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "--standalone", "-c"])
        .args(["server.properties", "-t", &format!("{id}A")])
        .output()
        .expect("java starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the broker's storage was not formatted:\n{said}");
}

const LOGGING: &str = "status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
";

/// Retention is off because the records' own timestamps, which may be years old, would decide it.
fn properties(port: u16, controller: u16) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=./kafka-data
log.retention.ms=-1
log.retention.bytes=-1
log.message.timestamp.after.max.ms=9223372036854775807
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
controlled.shutdown.enable=false
"
    )
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
