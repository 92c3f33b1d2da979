//! The SQL server of an engine, and its one user.

use crate::postgres_client::Login;
use anyhow::{Context, ensure};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// Settings that open it.
pub(crate) const SETTINGS: &str = "sql.listen = \"127.0.0.1:0\"\nsql.users = \"{folder}/users.toml\"\n";
const USER: &str = "analyst";
const PASSWORD: &str = "figures-password";

/// The text of a file of users.
pub(crate) fn users_file() -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users.toml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "user", "add", USER, "--role", "admin", "--password-stdin", "--users"])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    writeln!(child.stdin.take().context("a pipe")?, "{PASSWORD}")?;
    ensure!(child.wait()?.success(), "touchload user add failed");
    Ok(std::fs::read_to_string(file)?)
}

/// How the user logs in.
pub(crate) fn login(address: SocketAddr) -> Login {
    Login { address, user: USER.to_owned(), password: PASSWORD.to_owned() }
}
