//! One running pipeline with everything around it: source, tables, HTTP, gauges, maintenance. `run` and `demo` are this
//! with different inputs.
//!
//! Shutdown is one token: the source leaves its group (which commits what is pending), the pipeline ends, then the rest.

mod alerting;
mod api_door;
mod arrivals;
mod background;
mod occasion;
mod policy_watch;
mod reference_watch;
mod sql_door;
mod tokens_watch;
mod users_watch;
mod watched_text;

pub(crate) use api_door::AUDIT;

use crate::alerts::AlertSettings;
use crate::clock::SystemClock;
use crate::config::SqlSection;
use crate::erased::erased;
use crate::pipeline::{Observer, Parts, Pipeline, PipelineError, PipelineSettings, Tally};
use crate::reference::ReferenceSource;
use crate::session;
use crate::threads::Threads;
use alerting::Alerting;
use anyhow::Context;
use crossbeam_channel::Receiver;
use datafusion::prelude::SessionContext;
use ingest::decode::{DecodeOptions, Decoder};
use ingest::kafka::{KafkaConfig, KafkaSource, SourceEvent, SourceHandle, UNKNOWN_CLUSTER, cluster_id};
use policy_watch::PolicyWatch;
use processors::{Askers, Shards, SharedShards};
use reference_watch::{ReferenceWatch, Takers};
use serve::metrics::MetricsSettings;
use serve::metrics::in_force::InForceMetrics;
use serve::{
    Door, GaugeLimits, GaugeSet, Health, HttpLimits, HttpState, MetricsPage, OpenAlerts, PipelineMetrics, Token,
};
use sql_door::{SqlDoor, SqlSocket};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;
use store::{FolderLock, FolderUse, Location, OpenMode, Owner, Store};
use tokens_watch::TokensWatch;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use touchpoint::{Audience, Clock, Policy, Reference, Topics};

/// `/healthz` fails when the loop has not turned for this long.
const STALL_AFTER: Duration = Duration::from_secs(30);
const CLUSTER_DEADLINE: Duration = Duration::from_secs(20);

/// What a service is made from.
#[derive(Clone)]
pub struct ServiceConfig {
    /// Part of the transaction ids.
    pub pipeline_name: String,
    /// The source.
    pub kafka: KafkaConfig,
    /// How strictly records are judged.
    pub decode: DecodeOptions,
    /// Where the tables lie.
    pub data: Location,
    /// Commit bounds.
    pub settings: PipelineSettings,
    /// Time between rounds of maintenance.
    pub maintenance: Duration,
    /// Time between refreshes of the gauges.
    pub gauges: Duration,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// What clients may use of it.
    pub http_limits: HttpLimits,
    /// Who may ask the API; `None`: commercial callers of this machine, or nobody.
    pub tokens: Option<Vec<Token>>,
    /// The file they were read from, which is read again when it changes; `None`: they stay as they are.
    pub tokens_file: Option<PathBuf>,
    /// Folder of the audit log; `None`: `audit` beside tables in a folder.
    pub audit: Option<PathBuf>,
    /// The server for Postgres clients; `None`: there is none.
    pub sql: Option<SqlSection>,
    /// Facts about HCPs, accounts, people and plans to begin with.
    pub reference: Arc<Reference>,
    /// What they were read from, which is read again when it changes; `None`: they stay as they are.
    pub reference_source: Option<Arc<Mutex<ReferenceSource>>>,
    /// Weights, budgets, gaps and hours to begin with.
    pub policy: Arc<Policy>,
    /// The file it was read from, which is read again when it changes; `None`: it stays as it is.
    pub policy_file: Option<PathBuf>,
    /// Alerts; `None`: there are none.
    pub alerts: Option<AlertSettings>,
    /// Who writes the folder.
    pub folder_use: FolderUse,
}

/// A service that runs.
pub struct Service {
    /// Live state, for views.
    pub shards: SharedShards,
    /// Numbers so far.
    pub observer: Observer,
    /// The address HTTP listens on.
    pub http: SocketAddr,
    /// The address Postgres clients connect to, where they may.
    pub sql: Option<SocketAddr>,
    /// The tables.
    pub store: Arc<Store>,
    /// Alerts that are open; `None` where alerts are off.
    pub alerts: Option<OpenAlerts>,
    pipeline: std::thread::JoinHandle<Result<Tally, PipelineError>>,
    source: Arc<SourceHandle>,
    background: JoinSet<()>,
    quiet: CancellationToken,
    _kept: (Threads, FolderLock),
}

/// What the pipeline's thread does; the source ends with it.
fn turn(parts: Parts, events: &Receiver<SourceEvent>, source: &SourceHandle) -> Result<Tally, PipelineError> {
    let ended = Pipeline::new(parts).run(events, source);
    source.stop();
    ended
}

impl Service {
    /// Opens everything and starts; nothing is left running when it fails.
    ///
    /// # Errors
    /// A port in use, a folder that cannot be written or that another command owns, tables with settings that break the
    /// promise, a broker that does not answer, a gauge file that is refused: each names what to do.
    pub async fn start(config: ServiceConfig) -> anyhow::Result<Self> {
        let entrance = (bind(config.http)?, config.http_limits);
        let http = entrance.0.local_addr().context("asking the HTTP socket for its address")?;
        let socket = config.sql.clone().map(SqlSocket::bind).transpose()?;
        let sql = socket.as_ref().map(|socket| socket.address);
        let lock = FolderLock::take(&config.data, config.folder_use).await?;
        let store = Arc::new(Store::open_at(config.data.clone(), OpenMode::CreateIfMissing).await?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let cluster = cluster(&config.kafka).await?;
        let policy = config.policy.clone();
        let shards = Arc::new(RwLock::new(Shards::new(policy.clone(), config.reference.clone())));
        let health = Arc::new(Health::new(clock.clone(), STALL_AFTER));
        let Numbers { metrics, page, gauges, context } = Numbers::over(&shards, &clock, &config.kafka.topics).await?;
        let (policy_metrics, reference_metrics) = (metrics.policy.clone(), metrics.reference.clone());
        let owner = Owner::new(config.pipeline_name.clone(), cluster);
        let alerting = Alerting::open(&config, &shards, (&store, &owner), metrics.alerts.clone()).await?;
        let (alerts, askers) = (alerting.open_alerts(), Askers::default());
        let audit = config.audit.or_else(|| beside(&config.data));
        let rooms =
            sql_door::Rooms { store: &store, shards: &shards, health: &health, clock: &clock, metrics: &metrics };
        let asked = (&askers, alerts.as_ref(), &config.kafka.topics);
        let (api, door) = open_doors((config.tokens, http, audit), socket, &rooms, asked)?;
        let tokens_watch = tokens_watch(&api, config.tokens_file, metrics.tokens.clone());
        let tokens_watch = tokens_watch.context("listening for SIGHUP")?;
        let observer = Observer::new(metrics, health.clone(), config.kafka.topics.clone());
        observer.policy_in_force(&policy);
        observer.reference_in_force(&config.reference);
        let (policies, policy_changes) = watch::channel(policy.clone());
        let watching = |file| PolicyWatch::new(file, policy, policies, policy_metrics);
        let policy_watch = config.policy_file.map(watching).transpose().context("listening for SIGHUP")?;
        let decoder = Decoder::new(config.reference.clone(), config.decode).leaving_out(erased(&store).await?);
        let decoder = Arc::new(decoder);
        let (references, reference_changes) = watch::channel(config.reference.clone());
        let takers = Takers { decoder: decoder.clone(), pipeline: references, metrics: reference_metrics };
        let watching = |source| ReferenceWatch::new(source, config.reference.clone(), takers);
        let reference_watch = config.reference_source.map(watching).transpose().context("listening for SIGHUP")?;
        let parts = Parts {
            store: store.clone(),
            owner,
            shards: shards.clone(),
            askers,
            observer: observer.clone(),
            clock: clock.clone(),
            runtime: Handle::current(),
            settings: config.settings.clone(),
            policy: policy_changes,
            reference: reference_changes,
            alerts: alerting.desk,
        };
        let (source, events) = KafkaSource::spawn(config.kafka.clone(), decoder, clock.clone())?;
        let source = Arc::new(source);
        let handle = source.clone();
        let thread = std::thread::Builder::new().name("pipeline".into());
        let pipeline = thread.spawn(move || turn(parts, &events, &handle))?;
        let quiet = CancellationToken::new();
        let mut background = JoinSet::new();
        alerting.receivers.start(&mut background, &clock, &quiet);
        let learning =
            arrivals::Sources { store: store.clone(), shards: shards.clone(), clock: clock.clone(), door: api.clone() };
        background.spawn(arrivals::learn(learning, quiet.clone()));
        background.spawn(background::http(entrance, HttpState { page, health, api }, quiet.clone()));
        if let Some(door) = door {
            door.start(&mut background, &quiet);
        }
        keep_looking((policy_watch, reference_watch, tokens_watch), &mut background, &quiet);
        let maintaining = background::maintenance(store.clone(), clock, config.maintenance, quiet.clone());
        let work = (background::gauges(gauges, context, config.gauges, quiet.clone()), maintaining);
        let kept = (background::patiently(&mut background, work)?, lock);
        Ok(Self { shards, observer, http, sql, store, alerts, pipeline, source, background, quiet, _kept: kept })
    }

    /// Whether the pipeline has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.pipeline.is_finished()
    }

    /// Waits until `stop` is cancelled or the pipeline ends by itself, then shuts down in order.
    ///
    /// # Errors
    /// What stopped the pipeline, when it was not `stop`.
    pub async fn finish(mut self, stop: CancellationToken) -> anyhow::Result<Tally> {
        let mut look = tokio::time::interval(Duration::from_millis(100));
        while !stop.is_cancelled() && !self.pipeline.is_finished() {
            tokio::select! { _ = look.tick() => {}, () = stop.cancelled() => {} }
        }
        self.source.stop();
        let pipeline = self.pipeline;
        let ended = tokio::task::spawn_blocking(move || pipeline.join()).await?;
        self.quiet.cancel();
        while self.background.join_next().await.is_some() {}
        match ended {
            Ok(Ok(_)) if !stop.is_cancelled() => Err(PipelineError::SourceGone.into()),
            Ok(result) => Ok(result?),
            Err(_) => anyhow::bail!("the pipeline thread panicked: a bug; nothing uncommitted was lost, start again"),
        }
    }
}

/// The API and the SQL server, both before anything of them is served.
fn open_doors(
    (tokens, http, audit): (Option<Vec<Token>>, SocketAddr, Option<PathBuf>),
    socket: Option<SqlSocket>,
    rooms: &sql_door::Rooms<'_>,
    (askers, alerts, topics): (&Askers, Option<&OpenAlerts>, &Topics),
) -> anyhow::Result<(Door, Option<SqlDoor>)> {
    let parts = api_door::Parts {
        shards: (rooms.shards, askers),
        clock: rooms.clock,
        health: rooms.health,
        metrics: &rooms.metrics.checks,
        alerts,
        topics,
    };
    let api = api_door::open(tokens, http, audit.clone(), parts)?;
    Ok((api, socket.map(|socket| sql_door::open(socket, audit, rooms)).transpose()?))
}

/// Starts the watches over files; they end with `quiet`.
fn keep_looking(
    (policy, reference, tokens): (Option<PolicyWatch>, Option<ReferenceWatch>, Option<TokensWatch>),
    background: &mut JoinSet<()>,
    quiet: &CancellationToken,
) {
    if let Some(watch) = policy {
        background.spawn(watch.run(quiet.clone()));
    }
    if let Some(watch) = reference {
        background.spawn(watch.run(quiet.clone()));
    }
    if let Some(watch) = tokens {
        background.spawn(watch.run(quiet.clone()));
    }
}

/// The watch over the tokens of an API that is open, if they come from a file. Says which are in force.
fn tokens_watch(door: &Door, file: Option<PathBuf>, metrics: InForceMetrics) -> std::io::Result<Option<TokensWatch>> {
    let Door::Open(api) = door else {
        metrics.in_force("none");
        return Ok(None);
    };
    metrics.in_force(&api.access.now().version());
    file.map(|file| TokensWatch::new(file, api.access.clone(), metrics)).transpose()
}

/// What `/metrics` shows.
struct Numbers {
    metrics: PipelineMetrics,
    page: Arc<MetricsPage>,
    gauges: Arc<GaugeSet>,
    /// What gauges ask.
    context: SessionContext,
}

impl Numbers {
    async fn over(shards: &SharedShards, clock: &Arc<dyn Clock>, topics: &Topics) -> anyhow::Result<Self> {
        let registry = prometheus::Registry::new();
        let version = env!("CARGO_PKG_VERSION");
        let settings = MetricsSettings { clock: clock.clone(), topics: topics.clone(), version };
        let metrics = PipelineMetrics::register(&registry, settings)?;
        let context = session::live(shards, Audience::Commercial)?;
        let files = serve::gauge::shipped()?;
        let gauges = Arc::new(GaugeSet::load(files, &context, GaugeLimits::default(), metrics.clone()).await?);
        let page = Arc::new(MetricsPage::new(registry).with_gauges(gauges.clone()));
        Ok(Self { metrics, page, gauges, context })
    }
}

/// The id of the cluster, which is part of the transaction ids.
async fn cluster(kafka: &KafkaConfig) -> anyhow::Result<String> {
    let asked = kafka.clone();
    let cluster = tokio::task::spawn_blocking(move || cluster_id(&asked, CLUSTER_DEADLINE)).await?;
    let cluster = cluster.with_context(|| format!("asking Kafka at {}", kafka.bootstrap_servers))?;
    if cluster == UNKNOWN_CLUSTER {
        tracing::info!("the broker tells no cluster id; transaction ids use `{UNKNOWN_CLUSTER}`");
    }
    Ok(cluster)
}

/// The folder of the audit log beside tables in a folder.
fn beside(data: &Location) -> Option<PathBuf> {
    Some(data.local_path()?.join(AUDIT))
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!(
            "HTTP cannot listen on {address}; choose another address with --http or [http] listen, or free the port"
        )
    })
}
