//! The SQL server of an engine, and its one user.

use crate::postgres_client::Login;
use anyhow::{Context, ensure};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const USER: &str = "analyst";
const PASSWORD: &str = "figures-password";

/// A file of users, which others than its owner cannot read.
pub(crate) struct Users {
    folder: TempDir,
}

impl Users {
    /// The one user.
    pub(crate) fn make() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        add(&folder.path().join("users.toml"))?;
        Ok(Self { folder })
    }

    /// Settings that open the door to them.
    pub(crate) fn settings(&self) -> String {
        let file = self.folder.path().join("users.toml");
        format!("sql.enabled = true\nsql.listen = \"127.0.0.1:0\"\nsql.users = {file:?}\n")
    }
}

fn add(file: &Path) -> anyhow::Result<()> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "user", "add", USER, "--role", "admin", "--file"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    writeln!(child.stdin.take().context("a pipe")?, "{PASSWORD}")?;
    ensure!(child.wait()?.success(), "touchload user add failed");
    Ok(())
}

/// How the user logs in.
pub(crate) fn login(address: SocketAddr) -> Login {
    Login { address, user: USER.to_owned(), password: PASSWORD.to_owned() }
}
