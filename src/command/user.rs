//! `touchload user`: who may log in to the SQL server.

use crate::cli::value::UsageError;
use crate::cli::{NewUser, UserAction};
use crate::users::{read, read_file, text, write_file};
use anyhow::Context;
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read as next_event};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use serve::Reader;
use serve::postgres::{User, Verifier};
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

pub(super) fn user(action: &UserAction, out: &mut dyn Write) -> anyhow::Result<()> {
    match action {
        UserAction::Add(new) => add(new, out),
        UserAction::List { file } => list(file, out),
        UserAction::Remove { name, file } => remove(name, file, out),
    }
}

fn add(new: &NewUser, out: &mut dyn Write) -> anyhow::Result<()> {
    let role = new.role().ok_or_else(|| UsageError("expected a role".to_owned()))?;
    let mut users = if new.file.exists() { users_of(&new.file)? } else { Vec::new() };
    let password = password(out)?;
    let verifier = Verifier::of(&password).map_err(|error| UsageError(error.to_string()))?;
    let (name, territories, owner_id) = (new.name.clone(), new.territories(), new.owner_id.clone());
    let user = User { verifier, reader: Reader { name, role, territories, owner_id } };
    let place = users.iter().position(|known| known.reader.name == new.name);
    match place.and_then(|place| users.get_mut(place)) {
        Some(known) => *known = user,
        None => users.push(user),
    }
    write_file(&new.file, &text(&users))?;
    let what = if place.is_some() { "changed" } else { "added" };
    writeln!(out, "{what} {} ({}) in {}", new.name, role.as_str(), new.file.display())?;
    Ok(())
}

fn list(file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    for User { reader, .. } in users_of(file)? {
        let territories = reader.territories.map_or_else(|| "all territories".to_owned(), |list| list.join(", "));
        let owner = reader.owner_id.map(|owner| format!(", owner {owner}")).unwrap_or_default();
        writeln!(out, "{}: {}, {territories}{owner}", reader.name, reader.role.as_str())?;
    }
    Ok(())
}

fn remove(name: &str, file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut users = users_of(file)?;
    let before = users.len();
    users.retain(|user| user.reader.name != name);
    if users.len() == before {
        return Err(UsageError(format!("there is no user {name} in {}", file.display())).into());
    }
    if users.is_empty() {
        let why = "is the last user; a server without any would not start: add another one first, or delete the file";
        return Err(UsageError(format!("{name} {why}")).into());
    }
    write_file(file, &text(&users))?;
    writeln!(out, "removed {name} from {}", file.display())?;
    Ok(())
}

fn users_of(file: &Path) -> anyhow::Result<Vec<User>> {
    Ok(read(&file.display().to_string(), &read_file(file)?)?)
}

/// One line of standard input, or what is typed twice without being shown.
fn password(out: &mut dyn Write) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("reading the password from standard input")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = hidden("Password: ", out)?;
    if hidden("The same again: ", out)? != first {
        return Err(UsageError("the two passwords are not the same; nothing was written".to_owned()).into());
    }
    Ok(first)
}

fn hidden(prompt: &str, out: &mut dyn Write) -> anyhow::Result<String> {
    write!(out, "{prompt}")?;
    out.flush()?;
    enable_raw_mode().context("hiding what is typed")?;
    let typed = typed();
    disable_raw_mode().context("showing again what is typed")?;
    writeln!(out)?;
    typed
}

fn typed() -> anyhow::Result<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = next_event()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(text),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(UsageError("no password was given; nothing was written".to_owned()).into());
            }
            KeyCode::Char(c) => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            _ => {}
        }
    }
}
