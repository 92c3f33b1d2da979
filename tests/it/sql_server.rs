//! A running SQL server for its clients: `touchload run` on an embedded broker over tables that an import filled.
//!
//! Every role has a user of its name whose password is the name and `-password`. HTTP and SQL listen on free ports.

use crate::postgres_client::{Login, PostgresClient, Refused};
use crate::run_process::RunProcess;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use touchload::broker::EmbeddedBroker;

/// Everybody there is.
pub(crate) const ROLES: [&str; 5] = ["admin", "analyst", "commercial", "compliance", "medical"];

/// See the module. Ended with the value; the tables stay.
pub(crate) struct SqlServer {
    pub(crate) run: RunProcess,
    pub(crate) broker: EmbeddedBroker,
    address: SocketAddr,
    /// Its configuration, users and log.
    folder: tempfile::TempDir,
}

impl SqlServer {
    /// Over the tables in `data`, with further settings as dotted keys; `{folder}` in them is the folder of the
    /// configuration, where `files` lie too.
    pub(crate) fn start(data: &Path, settings: &str, files: &[(&str, &str)]) -> Self {
        let broker = EmbeddedBroker::start(2).expect("a broker");
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().display().to_string();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file is written");
        }
        let users = folder.path().join("users.toml");
        for role in ROLES {
            add_user(&users, role, role);
        }
        let settings = format!(
            "kafka.bootstrap_servers = {:?}\nstore.data = {:?}\nsql.enabled = true\nsql.listen = \"127.0.0.1:0\"\nsql.users = {users:?}\n{}",
            broker.bootstrap_servers(),
            data.display().to_string(),
            settings.replace("{folder}", &here),
        );
        let config = folder.path().join("touchload.toml");
        fs::write(&config, settings).expect("a configuration");
        let mut run = RunProcess::start(&config, folder.path().join("log"), &[]);
        run.wait_ready();
        let started = run.events("started; metrics at /metrics");
        let address = started.first().and_then(|fields| fields["sql"].as_str()?.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address of the SQL server; its log says:\n{}", run.said()));
        Self { run, broker, address, folder }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its configuration lies.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// How the user of a role logs in.
    pub(crate) fn login(&self, role: &str) -> Login {
        Login { address: self.address, user: role.to_owned(), password: password_of(role) }
    }

    /// A connection of the user of a role.
    ///
    /// # Errors
    /// What the server said.
    pub(crate) fn connect(&self, role: &str) -> Result<PostgresClient, Refused> {
        PostgresClient::connect(&self.login(role))
    }

    /// libpq's variables for the user of a role, and nothing that it could find elsewhere.
    pub(crate) fn variables(&self, role: &str) -> Vec<(&'static str, String)> {
        let nowhere = "/dev/null".to_owned();
        vec![
            ("PGHOST", self.address.ip().to_string()),
            ("PGPORT", self.address.port().to_string()),
            ("PGUSER", role.to_owned()),
            ("PGPASSWORD", password_of(role)),
            ("PGDATABASE", "touchload".to_owned()),
            ("PGSSLMODE", "disable".to_owned()),
            ("PGCONNECT_TIMEOUT", "20".to_owned()),
            ("PGPASSFILE", nowhere.clone()),
            ("PGSERVICEFILE", nowhere.clone()),
            ("PSQLRC", nowhere.clone()),
            ("PSQL_HISTORY", nowhere),
        ]
    }
}

fn password_of(role: &str) -> String {
    format!("{role}-password")
}

/// Adds a user as an administrator does: the password goes in by standard input.
fn add_user(users: &Path, name: &str, role: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "user", "add", name, "--role", role, "--file"])
        .arg(users)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("touchload starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    writeln!(stdin, "{}", password_of(name)).expect("it reads a password");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "user add: {}", String::from_utf8_lossy(&output.stderr));
}
