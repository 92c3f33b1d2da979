//! The functions of a session that are its own: neither the engine's nor PostgreSQL's.

use super::super::directory::Directory;
use super::{Answer, Gives};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::Documentation;
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres::catalog) struct Routine {
    pub(in crate::postgres::catalog) oid: i32,
    pub(in crate::postgres::catalog) namespace: i32,
    pub(in crate::postgres::catalog) name: String,
    pub(in crate::postgres::catalog) kind: Kind,
    /// What stands between its parentheses, where that is known.
    pub(in crate::postgres::catalog) arguments: Option<String>,
    /// What it is for, where that is known.
    pub(in crate::postgres::catalog) comment: Option<String>,
}

/// What a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres::catalog) enum Kind {
    Scalar,
    Aggregate,
    Window,
    Table,
}

impl Kind {
    /// As `pg_proc.prokind` says it.
    pub(in crate::postgres::catalog) fn letter(self) -> &'static str {
        match self {
            Self::Scalar | Self::Table => "f",
            Self::Aggregate => "a",
            Self::Window => "w",
        }
    }

    /// Whether it gives rows.
    pub(in crate::postgres::catalog) fn is_set(self) -> bool {
        self == Self::Table
    }
}

/// The functions of a session, as they are whenever they are asked for.
#[derive(Clone)]
pub(in crate::postgres::catalog) struct Routines(Arc<dyn Fn() -> Vec<Routine> + Send + Sync>);

impl Routines {
    /// Those that `context` has, and gets later; `postgres` are the names of PostgreSQL's.
    pub(super) fn of(context: &SessionContext, directory: &Directory, postgres: BTreeSet<String>) -> Self {
        let engine = names(&SessionContext::new());
        let (weak, directory) = (context.state_weak_ref(), directory.clone());
        Self(Arc::new(move || {
            let Some(state) = weak.upgrade() else { return Vec::new() };
            let state = state.read().clone();
            let mut known = BTreeMap::new();
            let scalar = state.scalar_functions().iter().map(|(name, of)| (name, Kind::Scalar, of.documentation()));
            let aggregate =
                state.aggregate_functions().iter().map(|(name, of)| (name, Kind::Aggregate, of.documentation()));
            let window = state.window_functions().iter().map(|(name, of)| (name, Kind::Window, of.documentation()));
            let table = state.table_functions().keys().map(|name| (name, Kind::Table, None));
            for (name, kind, said) in scalar.chain(aggregate).chain(window).chain(table) {
                if !engine.contains(name) && !postgres.contains(name) {
                    known.insert(name.clone(), (kind, said.cloned()));
                }
            }
            let namespace = directory.schemas().get(&directory.home()).copied().unwrap_or(2200);
            let numbered = (0_i32..).zip(known);
            numbered.map(|(at, (name, (kind, said)))| routine((15_000 + at, namespace), name, kind, said)).collect()
        }))
    }

    /// Each of them, by name.
    pub(in crate::postgres::catalog) fn all(&self) -> Vec<Routine> {
        (self.0)()
    }
}

fn routine((oid, namespace): (i32, i32), name: String, kind: Kind, said: Option<Documentation>) -> Routine {
    let arguments = said.as_ref().and_then(|said| {
        let syntax = &said.syntax_example;
        Some(syntax.get(syntax.find('(')? + 1..syntax.rfind(')')?)?.to_owned())
    });
    let comment = said.map(|said| said.description.clone()).filter(|text| !text.is_empty());
    Routine { oid, namespace, name, kind, arguments, comment }
}

/// The names of all functions of a session.
pub(in crate::postgres::catalog) fn names(context: &SessionContext) -> BTreeSet<String> {
    let state = context.state();
    let mut names: BTreeSet<String> = state.udfs().into_iter().collect();
    names.extend(state.udafs());
    names.extend(state.udwfs());
    names.extend(state.table_functions().keys().cloned());
    names.extend(state.scalar_functions().keys().cloned());
    names.extend(state.aggregate_functions().keys().cloned());
    names
}

/// The names of [`functions`].
pub(super) const TOLD: [&str; 3] =
    ["pg_get_function_arguments", "pg_get_function_identity_arguments", "pg_get_function_result"];

/// What is said of them in words.
pub(super) fn functions(routines: &Routines) -> Vec<Answer> {
    let (arguments, identity, results) = (routines.clone(), routines.clone(), routines.clone());
    let told = |routines: Routines, name: &'static str| {
        Answer::new(name, Gives::Text, move |call| {
            let oids = call.oid(0)?;
            let all = routines.all();
            Ok(call.texts(|row| {
                let oid = oids.get(row).copied().flatten()?;
                all.iter().find(|one| one.oid == oid).map(|one| one.arguments.clone().unwrap_or_default())
            }))
        })
    };
    vec![
        told(arguments, TOLD[0]),
        told(identity, TOLD[1]),
        Answer::new(TOLD[2], Gives::Text, move |call| {
            let oids = call.oid(0)?;
            let all = results.all();
            Ok(call.texts(|row| {
                let oid = oids.get(row).copied().flatten()?;
                let one = all.iter().find(|one| one.oid == oid)?;
                Some(if one.kind.is_set() { "TABLE" } else { "any" }.to_owned())
            }))
        }),
    ]
}
