//! One metric row: a field per column of [`METRICS`](touchpoint::metric::METRICS), same names, same order.
//!
//! Counts are `i64`, instants microseconds UTC, rates `f64`; a column that can be NULL is an `Option`. Two rows agree
//! when doubles lie within 1e-9 relative or 1e-12 absolute of each other and everything else is equal.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use touchpoint::{Audience, Micros, WindowLength};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A count, or an instant in microseconds.
    Integer(i64),
    /// A rate.
    Real(f64),
    /// Text.
    Text(String),
}

impl Cell {
    /// Whether the two values agree.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Real(a), Self::Real(b)) => {
                let distance = (a - b).abs();
                a == b || (distance.is_finite() && (distance <= 1e-12 || distance <= 1e-9 * a.abs().max(b.abs())))
            }
            (a, b) => a == b,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

/// Why no row could be read from a batch: a bug of whoever made the batch, a retry does not help.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RowError {
    /// The column is not there.
    #[error("a batch of metric rows needs column {0}")]
    NoColumn(&'static str),
    /// The batch is shorter.
    #[error("the batch has {rows} rows, row {row} was asked for")]
    NoRow {
        /// Index asked for.
        row: usize,
        /// Rows there are.
        rows: usize,
    },
    /// The value is not of the column's type, NULL where the column has none, or not in its vocabulary.
    #[error("column {column} of a metric row does not take {found}")]
    BadCell {
        /// Name of the column.
        column: &'static str,
        /// What stands there: NULL, or the kind of value.
        found: &'static str,
    },
}

/// A Rust type that a column is kept in.
trait Column: Sized {
    fn to_cell(&self) -> Cell;
    fn from_cell(cell: Cell) -> Option<Self>;
}

macro_rules! column {
    ($type:ty, $variant:ident) => {
        impl Column for $type {
            fn to_cell(&self) -> Cell {
                Cell::$variant(self.to_owned())
            }
            fn from_cell(cell: Cell) -> Option<Self> {
                if let Cell::$variant(value) = cell { Some(value) } else { None }
            }
        }
    };
}
column!(i64, Integer);
column!(f64, Real);
column!(String, Text);

impl<T: Column> Column for Option<T> {
    fn to_cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, T::to_cell)
    }
    fn from_cell(cell: Cell) -> Option<Self> {
        if cell == Cell::Null { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

macro_rules! row {
    ($($name:ident: $type:ty),+ $(,)?) => {
        /// All metric columns of one HCP, window, instant and audience.
        #[derive(Debug, Clone, PartialEq)]
        pub struct ReferenceRow { $(
            #[doc = concat!("Column `", stringify!($name), "`.")]
            pub $name: $type
        ),+ }

        impl ReferenceRow {
            /// Name and value of every column, in order.
            pub fn cells(&self) -> Vec<(&'static str, Cell)> {
                vec![$((stringify!($name), self.$name.to_cell())),+]
            }

            /// Row `row` of a batch with the columns of `touchpoint::metric::metric_row_schema()`, found by name.
            ///
            /// # Errors
            /// [`RowError`]: a column or the row is missing, or a value is not of its column's type.
            pub fn from_batch(batch: &RecordBatch, row: usize) -> Result<Self, RowError> {
                Ok(Self { $($name: read(batch, row, stringify!($name))?),+ })
            }
        }
    };
}

row! {
    touches: i64, unsolicited: i64, calls: i64, emails: i64, invitations: i64, requests: i64, attempts: i64,
    declared: i64, interruption_load: f64, visits_per_week: f64, collisions: i64, follow_ups: i64,
    collision_rate: Option<f64>, chance_collision_rate: Option<f64>, burstiness: Option<f64>, peak_24h: i64,
    unsolicited_share: Option<f64>, access_rate: Option<f64>, untimely: Option<i64>, theme_coverage: Option<f64>,
    support: i64, theme_continuity: Option<f64>, cross_channel_agreement: Option<f64>,
    cross_function_agreement: Option<f64>, sequential_continuity: Option<f64>, voices: Option<f64>,
    function_voices: Option<f64>, sequence_coherence: Option<f64>, plan_precision: Option<f64>,
    plan_recall: Option<f64>, plan_fit: Option<f64>, responsiveness: Option<f64>, talked_past: i64,
    consent_conflicts: Option<i64>, channel_fit: Option<f64>, coherence: Option<f64>,
    coherence_basis: Option<String>, fragmentation: Option<f64>, budget_use: Option<f64>,
    binding_budget: Option<String>, headroom: Option<i64>, next_free_at: Option<Micros>, zone: Option<String>,
}

impl ReferenceRow {
    /// One line per column in which `other` does not agree; empty when the rows agree.
    pub fn diff(&self, other: &Self) -> Vec<String> {
        let others = other.cells();
        self.diff_columns(|name| others.iter().find(|(n, _)| *n == name).map_or(Cell::Null, |(_, cell)| cell.clone()))
    }

    /// One line per column for which `found` gives a value that does not agree; empty when all agree.
    pub fn diff_columns(&self, found: impl Fn(&str) -> Cell) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, expected) in self.cells() {
            let found = found(name);
            if !expected.agrees(&found) {
                lines.push(format!("{name}: the reference has {expected}, found {found}"));
            }
        }
        lines
    }
}

/// Which row a row is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The HCP.
    pub hcp_id: String,
    /// Length of the trailing window.
    pub window: WindowLength,
    /// T.
    pub as_of: Micros,
    /// Whose view it is.
    pub audience: Audience,
}

impl RowKey {
    /// The key columns of row `row`.
    ///
    /// # Errors
    /// [`RowError`]: a column or the row is missing, or a value is not of its column's type or vocabulary.
    pub fn from_batch(batch: &RecordBatch, row: usize) -> Result<Self, RowError> {
        let window: String = read(batch, row, "window")?;
        let audience: String = read(batch, row, "audience")?;
        let unknown = |column| RowError::BadCell { column, found: "another word" };
        Ok(Self {
            hcp_id: read(batch, row, "hcp_id")?,
            window: WindowLength::parse(&window).ok_or_else(|| unknown("window"))?,
            as_of: read(batch, row, "as_of")?,
            audience: Audience::parse(&audience).ok_or_else(|| unknown("audience"))?,
        })
    }
}

fn read<T: Column>(batch: &RecordBatch, row: usize, name: &'static str) -> Result<T, RowError> {
    let column = batch.column_by_name(name).ok_or(RowError::NoColumn(name))?;
    if row >= column.len() {
        return Err(RowError::NoRow { row, rows: column.len() });
    }
    let cell = cell(column, row).ok_or(RowError::BadCell { column: name, found: "values of its Arrow type" })?;
    let found = match cell {
        Cell::Null => "NULL",
        Cell::Integer(_) => "an integer",
        Cell::Real(_) => "a double",
        Cell::Text(_) => "text",
    };
    T::from_cell(cell).ok_or(RowError::BadCell { column: name, found })
}

fn cell(column: &dyn Array, row: usize) -> Option<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    Some(match column.data_type() {
        _ if column.is_null(row) => Cell::Null,
        DataType::Int64 => Cell::Integer(column.as_primitive_opt::<Int64Type>()?.value(row)),
        DataType::Timestamp(..) => Cell::Integer(column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row)),
        DataType::Float64 => Cell::Real(column.as_primitive_opt::<Float64Type>()?.value(row)),
        DataType::Utf8 => text(column.as_string_opt::<i32>()?.value(row)),
        DataType::Utf8View => text(column.as_string_view_opt()?.value(row)),
        _ => return None,
    })
}
