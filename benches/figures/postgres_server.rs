//! A PostgreSQL 15 of its own, for comparison: Debian's program on a free port of this machine, as an unprivileged user.
//!
//! Its settings are the defaults, but for what a comparison of reading needs: shared memory that holds the table, and no
//! write-ahead work worth mentioning. It ends with the value, and its folder with it.

use crate::postgres_client::{Login, PostgresClient};
use crate::process::Guarded;
use anyhow::{Context, bail, ensure};
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian's postgresql-15 keeps its programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// PostgreSQL does not run as root; this user is on every Debian.
const UNPRIVILEGED: &str = "nobody";
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct PostgresServer {
    address: SocketAddr,
    _server: Guarded,
    folder: TempDir,
}

impl PostgresServer {
    /// One that answers, on this core; `None`, said loudly, where PostgreSQL 15 is not installed.
    pub(crate) fn start(core: usize) -> anyhow::Result<Option<Self>> {
        if !Path::new(PROGRAMS).join("postgres").exists() {
            let mut console = std::io::stderr().lock();
            writeln!(
                console,
                "\n*** NOT COMPARED: PostgreSQL 15 is missing (Debian: apt-get install postgresql-15)\n"
            )?;
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("touchload-postgres-").tempdir()?;
        // The server runs as somebody else, who must be able to write here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let data = folder.path().join("data");
        let made = unprivileged(core, "initdb")?
            .args([
                "--username",
                "admin",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status()?;
        ensure!(made.success(), "initdb ended with {made}");
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut server = unprivileged(core, "postgres")?;
        server.arg("-D").arg(&data).args(["-p", &address.port().to_string(), "-k"]).arg(folder.path());
        for setting in
            ["listen_addresses=127.0.0.1", "shared_buffers=2GB", "fsync=off", "max_wal_size=8GB", "timezone=UTC"]
        {
            server.args(["-c", setting]);
        }
        let server = Guarded(server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        let server = Self { address, _server: server, folder };
        server.wait()?;
        server.run("postgres", "CREATE DATABASE touchload")?;
        Ok(Some(server))
    }

    /// How its user logs in.
    pub(crate) fn login(&self) -> Login {
        Login { address: self.address, user: "admin".to_owned(), password: String::new() }
    }

    /// Makes a table of these columns and types, and fills it from a CSV file with a header.
    pub(crate) fn load(&self, table: &str, columns: &[(String, String)], csv: &Path) -> anyhow::Result<()> {
        let columns: Vec<String> = columns.iter().map(|(name, data_type)| format!("\"{name}\" {data_type}")).collect();
        self.run("touchload", &format!("CREATE TABLE {table} ({})", columns.join(", ")))?;
        self.run("touchload", &format!("\\copy {table} FROM '{}' CSV HEADER", csv.display()))?;
        self.run("touchload", &format!("VACUUM ANALYZE {table}"))
    }

    fn wait(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            match PostgresClient::connect(&self.login()) {
                // The database is not there yet, but whoever says so is.
                Ok(_) => return Ok(()),
                Err(refused) if refused.code == "3D000" => return Ok(()),
                Err(refused) if began.elapsed() > READY_WITHIN => bail!("PostgreSQL did not start: {refused}"),
                Err(_) => std::thread::park_timeout(LOOK_EVERY),
            }
        }
    }

    fn run(&self, database: &str, command: &str) -> anyhow::Result<()> {
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        let output = Command::new("psql")
            .args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                &host,
                "-p",
                &port,
                "-U",
                "admin",
                "-d",
                database,
                "-c",
                command,
            ])
            .stdin(Stdio::null())
            .output()
            .context("psql")?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Told to stop at once, it takes its children along; killed, it would leave them for a moment.
        let id = fs::read_to_string(self.folder.path().join("data/postmaster.pid"));
        let id: Option<u32> = id.ok().and_then(|text| text.lines().next()?.parse().ok());
        if let Some(id) = id {
            Command::new("kill").args(["-QUIT", &id.to_string()]).status().ok();
        }
    }
}

/// A program of PostgreSQL, on a core, not as root.
fn unprivileged(core: usize, program: &str) -> anyhow::Result<Command> {
    let program: PathBuf = Path::new(PROGRAMS).join(program);
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]);
    let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0");
    if is_root {
        command.args(["setpriv", "--reuid", UNPRIVILEGED, "--regid", "nogroup", "--clear-groups"]);
    }
    command.arg(program).current_dir("/");
    Ok(command)
}
