//! The options of `user`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serve::Role;
use std::path::PathBuf;

/// What `user` can do.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add a user, or give one another password and role
    #[command(after_help = "Example:\n  touchload user add anna --role analyst --file users.toml")]
    Add(NewUser),
    /// List the users with their roles
    #[command(after_help = "Example:\n  touchload user list --file users.toml")]
    List {
        /// The users file (TOML)
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Remove a user
    #[command(after_help = "Example:\n  touchload user remove anna --file users.toml")]
    Remove {
        /// The name
        #[arg(value_name = "NAME")]
        name: String,
        /// The users file (TOML)
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

/// Options of `user add`.
#[derive(Debug, Args)]
pub struct NewUser {
    /// The name to log in with
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,
    #[arg(long, value_name = "ROLE", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)),
        help = "What the user is, which decides what is seen")]
    role: String,
    /// A territory whose rows the user sees; may be given several times [default: all]
    #[arg(long = "territory", value_name = "TERRITORY")]
    territories: Vec<String>,
    /// The owner that the user is, by id
    #[arg(long = "owner", value_name = "ID")]
    pub owner_id: Option<String>,
    /// The users file (TOML); made if it is missing
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
}

impl NewUser {
    /// The role; `None` cannot be typed.
    pub fn role(&self) -> Option<Role> {
        Role::parse(&self.role)
    }

    /// The territories; `None`: all.
    pub fn territories(&self) -> Option<Vec<String>> {
        (!self.territories.is_empty()).then(|| self.territories.clone())
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    if crate::users::is_name(text) { Ok(text.to_owned()) } else { Err("expected a name of 1 to 63 characters") }
}
