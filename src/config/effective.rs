//! The effective configuration as TOML: every key with its value and where that came from, secrets masked.

use crate::cli::value::{show_duration, show_size};
use crate::config::Loaded;
use crate::config::keys::{KEYS, Presence};
use crate::config::settings::{Origin, Setting, Value};
use std::io::{Result, Write};

impl Loaded {
    /// Writes every key in the order of the reference; `file` is the name to show for settings of the file. The text is
    /// itself a configuration, but for its masked secrets.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub fn write(&self, file: &str, out: &mut dyn Write) -> Result<()> {
        let mut current = "";
        for key in KEYS {
            let (section, name) = key.parts();
            let setting = self.settings.get(key.path);
            if let Some((table, origin)) = setting.and_then(|s| Some((s.value.table()?, s.origin))) {
                writeln!(out, "\n[{}]  # {}", key.path, show_origin(origin, file))?;
                for (name, value) in table {
                    writeln!(out, "{} = {}", quoted(name), quoted(value))?;
                }
                current = key.path;
                continue;
            }
            if section != current {
                let gap = if current.is_empty() { "" } else { "\n" };
                writeln!(out, "{gap}[{section}]")?;
                current = section;
            }
            match (setting, key.presence) {
                (Some(Setting { value, origin }), _) => {
                    writeln!(out, "{:<44} # {}", format!("{name} = {}", show(value)), show_origin(*origin, file))?;
                }
                (None, Presence::Optional(then)) => writeln!(out, "# {name} is not set: {then}")?,
                (None, Presence::Required | Presence::Defaulted) => writeln!(out, "# {name} is not set")?,
            }
        }
        Ok(())
    }
}

fn show_origin(origin: Origin, file: &str) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File { line } => format!("{file}:{line}"),
        Origin::CommandLine => "command line".to_owned(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Integer(integer) => integer.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Duration(duration) => quoted(&show_duration(*duration)),
        Value::Size(bytes) => quoted(&show_size(*bytes)),
        Value::Address(address) => quoted(&address.to_string()),
        Value::Properties(_) | Value::Options(_) => "{}".to_owned(),
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
