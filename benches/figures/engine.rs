//! `touchload run` as a child process: pinned to a core, watched through its log and the commits of its tables.

use crate::commits::Commits;
use crate::postgres_client::Login;
use crate::process::{Guarded, cpu_seconds, on_core};
use crate::sql_door;
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the engine logs when it begins to read, and when it listens.
const READING: &str = "assigned and restored";
const LISTENING: &str = "started; metrics at /metrics";
const LOOK_EVERY: Duration = Duration::from_millis(25);
const DEADLINE: Duration = Duration::from_secs(300);

/// One run of the engine or of the drain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From when it began to read.
    pub(crate) seconds: f64,
    /// User and system time of the whole process.
    pub(crate) cpu: f64,
}

/// What the engine's log says that matters here.
enum Said {
    Reading,
    Listening { http: SocketAddr, sql: Option<SocketAddr> },
}

/// See the module. Its tables go with it.
pub(crate) struct Engine {
    child: Guarded,
    folder: TempDir,
    said: Receiver<Said>,
    commits: Commits,
    /// Where HTTP listens.
    pub(crate) address: SocketAddr,
    sql: Option<SocketAddr>,
    began: Instant,
    cpu_before: f64,
}

impl Engine {
    /// A new pipeline on new tables, which reads from the beginning. `more` are further settings, as dotted keys; they and
    /// `files`, which are put beside the configuration, name that folder `{folder}`. Returns when it reads and listens.
    pub(crate) fn start(servers: &str, core: usize, more: &str, files: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(new_folder()?, (servers, core), more, files)
    }

    /// As [`Engine::start`] by `servers` on `core`, in a folder that may hold tables already, below `data`.
    pub(crate) fn start_in(
        folder: TempDir,
        (servers, core): (&str, usize),
        more: &str,
        files: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let (config, data) = (folder.path().join("touchload.toml"), folder.path().join("data"));
        let group = folder.path().file_name().unwrap_or_default().display();
        let settings = format!(
            "pipeline.name = \"figures\"\nkafka.bootstrap_servers = \"{servers}\"\nkafka.group = \"{group}\"\n\
             store.data = \"{{folder}}/data\"\nhttp.listen = \"127.0.0.1:0\"\n{more}"
        );
        let at = folder.path().display().to_string();
        fs::write(&config, settings.replace("{folder}", &at))?;
        for (name, text) in files {
            fs::write(folder.path().join(name), text.replace("{folder}", &at))?;
        }
        let mut command = on_core(core, env!("CARGO_BIN_EXE_touchload").as_ref());
        command.args(["run", "--log-format", "json", "--config"]).arg(&config);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut child = Guarded(child);
        let said = listen(child.0.stderr.take().context("the engine's log")?);
        let (mut address, mut sql, mut reading) = (None, None, None);
        while address.is_none() || reading.is_none() {
            match said.recv_timeout(DEADLINE).context("the engine did not begin to read")? {
                Said::Listening { http, sql: door } => (address, sql) = (Some(http), door),
                Said::Reading => reading = Some((Instant::now(), cpu_seconds(&child.0.id().to_string())?)),
            }
        }
        let (Some(address), Some((began, cpu_before))) = (address, reading) else { bail!("the engine did not start") };
        Ok(Self { child, folder, said, commits: Commits::of_log(&data), address, sql, began, cpu_before })
    }

    /// How the user of its SQL server logs in.
    ///
    /// # Errors
    /// It has none: its settings lack those of [`crate::sql_door`].
    pub(crate) fn login(&self) -> anyhow::Result<Login> {
        Ok(sql_door::login(self.sql.context("the engine has no SQL server")?))
    }

    /// The folder with its configuration, its tables and its audit log.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// CPU seconds of the whole process so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        cpu_seconds(&self.child.0.id().to_string())
    }

    /// Rows in committed files of the log.
    pub(crate) fn committed(&mut self) -> anyhow::Result<u64> {
        self.commits.rows()
    }

    /// Waits until so many rows are committed.
    pub(crate) fn wait_committed(&mut self, rows: u64) -> anyhow::Result<Run> {
        let waiting = Instant::now();
        while self.commits.rows()? < rows {
            let committed = self.commits.rows()?;
            self.pause(LOOK_EVERY).with_context(|| format!("{committed} of {rows} records were committed"))?;
            ensure!(waiting.elapsed() < DEADLINE, "{committed} of {rows} records were committed in time");
        }
        let cpu = self.cpu()? - self.cpu_before;
        Ok(Run { seconds: self.began.elapsed().as_secs_f64(), cpu })
    }

    /// Lets it run for some time.
    ///
    /// # Errors
    /// It ended meanwhile.
    pub(crate) fn pause(&self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            // The channel closes when the engine ends; until then waiting for it is the pause.
            match self.said.recv_timeout(rest) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => bail!("the engine ended by itself"),
            }
        }
    }

    /// Ends it in order. Gives the rows that it committed.
    pub(crate) fn stop(mut self) -> anyhow::Result<u64> {
        let kill = format!("kill -s TERM {}", self.child.0.id());
        let told = Command::new("sh").args(["-c", &kill]).status()?;
        ensure!(told.success() && self.child.0.wait()?.success(), "the engine did not end in order");
        self.commits.rows()
    }
}

/// A folder for an engine.
pub(crate) fn new_folder() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("touchload-run-").tempdir()?)
}

/// Tells what matters of the engine's log and shows its complaints; the channel closes with the log.
fn listen(log: impl Read + Send + 'static) -> Receiver<Said> {
    let (tell, told) = sync_channel(16);
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            take(&line, &tell);
        }
    });
    told
}

fn take(line: &str, tell: &SyncSender<Said>) {
    let Ok(said) = serde_json::from_str::<Value>(line) else { return };
    let said_that = |message| said["fields"]["message"] == message;
    let address = |name: &str| said["fields"][name].as_str().and_then(|address| address.parse().ok());
    // Nobody listens any more when the bench is over, and later assignments are nobody's business.
    if said_that(READING) {
        tell.try_send(Said::Reading).ok();
    } else if let Some(http) = said_that(LISTENING).then(|| address("http")).flatten() {
        tell.try_send(Said::Listening { http, sql: address("sql") }).ok();
    } else if said["level"] == "WARN" || said["level"] == "ERROR" {
        Write::write_all(&mut std::io::stderr(), format!("engine: {line}\n").as_bytes()).ok();
    }
}
