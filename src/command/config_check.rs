//! `touchload config check FILE`: the effective configuration, or every problem of it and of the files that it names. Nothing
//! is asked of Kafka: what topics hold is looked at when the pipeline starts.

use crate::config::{Overrides, load};
use crate::policy;
use crate::reference::ReferenceInput;
use crate::{tokens, users};
use serve::postgres::Encryption;
use std::fmt;
use std::io::Write;
use std::path::Path;

/// Problems of several files. The user's to mend; a retry does not help. Exit code 2.
#[derive(Debug)]
pub(super) struct CheckError(Vec<anyhow::Error>);

impl std::error::Error for CheckError {}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            write!(f, "{gap}{error}")?;
        }
        Ok(())
    }
}

pub(super) fn check(file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let loaded = load(file, &Overrides::default())?;
    let config = &loaded.config;
    let reference = ReferenceInput { files: config.reference.clone(), ..ReferenceInput::default() };
    let errors = [
        super::run::source_config(file, config).err(),
        reference.load().err().map(Into::into),
        policy::in_force(config.policy_file.as_deref()).err().map(Into::into),
        config.http_tokens.as_deref().and_then(|file| tokens::load(file).err()).map(Into::into),
        config.sql.users.as_deref().and_then(|file| users::load(file).err()).map(Into::into),
        config.sql.tls.as_ref().and_then(|files| Encryption::load(files).err()).map(Into::into),
    ];
    let errors: Vec<anyhow::Error> = errors.into_iter().flatten().collect();
    if !errors.is_empty() {
        return Err(CheckError(errors).into());
    }
    loaded.write(&file.display().to_string(), out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn problems_of_every_file_that_is_named_are_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name).display().to_string()
        };
        let hcps = write("hcps.csv", "hcp_id,time_zone\nh1,Mars/Base\n");
        let plans = write("plans.ndjson", "{\"plan_id\": \"p\"}\n");
        let policy = write("policy.toml", "version = 1\n");
        let tokens = write("tokens.toml", "[[tokens]]\nname = 1\n");
        let config = |policy: &str| {
            let text = format!(
                "[kafka]\nbootstrap_servers = \"k:1\"\n[reference]\nhcps = {hcps:?}\nplans = {plans:?}\n\
                 [policy]\nfile = {policy:?}\n[http]\ntokens = {tokens:?}\n"
            );
            folder.path().join(write("t.toml", &text))
        };
        let mut out = Vec::new();
        let error = check(&config(&policy), &mut out).unwrap_err();
        let said = error.to_string();
        for part in [
            "hcps.csv, line 2, column time_zone",
            "plans.ndjson, line 1, column valid_from",
            "policy.toml",
            "tokens.toml",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(error.is::<super::CheckError>() && out.is_empty() && !said.contains("Mars"), "{said}");
        write("hcps.csv", "hcp_id\nh1\n");
        write("plans.ndjson", "");
        let hash = "ab".repeat(32);
        write("tokens.toml", &format!("[[tokens]]\nname = \"n\"\nsha256 = \"{hash}\"\nrole = \"admin\"\n"));
        let policy = write("policy.toml", "version = \"1\"\n");
        check(&config(&policy), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("# people is not set: nothing is known of colleagues"));
    }
}
