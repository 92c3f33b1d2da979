//! `touchload sql`: a statement, a file, or a prompt over stored tables. Reads only; may run beside a pipeline.

use super::{named, reference};
use crate::cli::{SqlArgs, SqlInput};
use crate::clock::SystemClock;
use crate::policy;
use crate::prompt::{STALENESS, SqlSession, TerminalLines, converse, ctrl_c};
use crate::session::{Facts, StoredTables};
use anyhow::Context;
use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use store::{OpenMode, Store};
use tokio::runtime::Runtime;

pub(super) fn sql(args: &SqlArgs, runtime: &Runtime, out: &mut dyn Write) -> anyhow::Result<()> {
    let reference = reference::given(&args.reference)?;
    let facts = Facts { policy: policy::in_force(args.policy.as_deref())?, reference, clock: Arc::new(SystemClock) };
    let store = Arc::new(runtime.block_on(Store::open(&args.data, OpenMode::MustExist))?);
    let session = SqlSession::over(StoredTables::new(store, facts, STALENESS), args.format)?;
    let script = |text: &str, out: &mut dyn Write| -> anyhow::Result<()> {
        runtime.block_on(session.run_script(text, out))?;
        Ok(())
    };
    match args.input() {
        SqlInput::Text(text) => script(text, out),
        SqlInput::File(path) => script(&named::text(path)?, out),
        SqlInput::Prompt if !std::io::stdin().is_terminal() => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("reading SQL from standard input")?;
            script(&text, out)
        }
        SqlInput::Prompt => {
            let mut lines = TerminalLines::open()?;
            converse(&session, &mut lines, runtime.handle(), &ctrl_c, out)?;
            Ok(())
        }
    }
}
