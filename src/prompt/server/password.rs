//! The password of a user: `PGPASSWORD`, then `PGPASSFILE` or `~/.pgpass`, then the keyboard.
//!
//! A line of the file is `host:port:database:user:password`; `*` fits anything, `\` takes the meaning from the next
//! character. A file that others can read is not used.

use super::Address;
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A password; it is not shown by anything.
#[derive(Clone)]
pub struct Password(Arc<str>);

impl Password {
    /// What the server is told.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// The password that is known without asking.
pub fn known(address: &Address) -> Option<Password> {
    if let Some(given) = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty()) {
        return Some(Password::from(given.as_str()));
    }
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
    let file = std::env::var_os("PGPASSFILE").map(PathBuf::from).or_else(home)?;
    let text = private_text(&file)?;
    text.lines().find_map(|line| of_line(line, address)).map(|password| Password::from(password.as_str()))
}

/// Asks for it at the terminal, without showing it.
///
/// # Errors
/// There is no terminal, or it was left with Ctrl-C.
pub fn ask(address: &Address, out: &mut dyn Write) -> std::io::Result<Password> {
    write!(out, "Password of {} at {}: ", address.user, address.place())?;
    out.flush()?;
    enable_raw_mode()?;
    let typed = typed();
    disable_raw_mode()?;
    writeln!(out)?;
    typed.map(|text| Password::from(text.as_str()))
}

fn typed() -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(text),
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Error::new(ErrorKind::Interrupted, "no password was given"));
            }
            KeyCode::Char(c) => text.push(c),
            _ => {}
        }
    }
}

/// The text of a file that only its owner can read.
fn private_text(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            tracing::warn!("{} is not used: others can read it (chmod 600 mends that)", file.display());
            return None;
        }
    }
    metadata.is_file().then(|| std::fs::read_to_string(file).ok())?
}

fn of_line(line: &str, address: &Address) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            // Behind the fourth colon everything is the password, colons too, as others read it.
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => chars.next()?,
            c => c,
        };
        fields.last_mut()?.push(literal);
    }
    let [host, port, database, user, password] = <[String; 5]>::try_from(fields).ok()?;
    let port_fits = port == "*" || port == address.port.to_string();
    let fits = [(&host, &address.host), (&database, &address.database), (&user, &address.user)];
    (port_fits && fits.iter().all(|(given, wanted)| *given == "*" || given == wanted)).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::{Address, of_line, private_text};

    #[test]
    fn lines_fit_by_every_field() {
        let address = Address::read("postgres://ana@localhost:7432/touchload").unwrap();
        for (line, password) in [
            ("localhost:7432:touchload:ana:secret", Some("secret")),
            ("*:*:*:ana:se:cr\\:et\\\\", Some("se:cr:et\\")),
            ("localhost:7433:touchload:ana:secret", None),
            ("localhost:7432:touchload:bob:secret", None),
            ("#*:*:*:*:secret", None),
            ("localhost:7432:ana", None),
            ("", None),
        ] {
            assert_eq!(of_line(line, &address).as_deref(), password, "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, "x").unwrap();
        for (mode, text) in [(0o644, None), (0o600, Some("x"))] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(private_text(&file).as_deref(), text);
        }
    }
}
