//! What rows have to pass before all their columns are built: predicates, and the few columns that these look at.
//!
//! A predicate may change while a plan runs: that of the largest k so far drops more rows with every batch. So it is put to
//! each slice anew.

use super::named::named;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::prep_null_mask_filter;
use arrow::datatypes::SchemaRef;
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use std::collections::BTreeSet;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    columns: Vec<usize>,
    predicates: Vec<Arc<dyn PhysicalExpr>>,
    named: Option<BTreeSet<String>>,
}

impl Sieve {
    /// `predicates` name columns of `schema`, whatever places they give them.
    ///
    /// # Errors
    /// A predicate names a column that `schema` lacks: a bug of the planner.
    pub(super) fn try_new(predicates: &[Arc<dyn PhysicalExpr>], schema: &SchemaRef) -> Result<Self> {
        let names: BTreeSet<String> =
            predicates.iter().flat_map(collect_columns).map(|column| column.name().to_owned()).collect();
        let columns = names.iter().map(|name| Ok(schema.index_of(name)?)).collect::<Result<Vec<_>>>()?;
        let narrow = schema.project(&columns)?;
        let placed = |predicate: &Arc<dyn PhysicalExpr>| reassign_expr_columns(predicate.clone(), &narrow);
        let named = named(predicates);
        Ok(Self { predicates: predicates.iter().map(placed).collect::<Result<_>>()?, columns, named })
    }

    /// The columns that [`Sieve::passing`] looks at; `None` when every row passes.
    pub fn columns(&self) -> Option<&Vec<usize>> {
        (!self.predicates.is_empty()).then_some(&self.columns)
    }

    /// The HCPs of whom alone rows can pass; `None` when those of any can.
    pub fn named(&self) -> Option<&BTreeSet<String>> {
        self.named.as_ref()
    }

    /// Which rows of a batch of [`Sieve::columns`] pass.
    ///
    /// # Errors
    /// A predicate fails on a row, as a division by zero does.
    pub fn passing(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let mut passing: Option<BooleanArray> = None;
        for predicate in &self.predicates {
            let found = predicate.evaluate(batch)?.into_array(batch.num_rows())?;
            let Some(found) = found.as_boolean_opt() else {
                return internal_err!("the filter {predicate} is no condition");
            };
            let found = if found.null_count() > 0 { prep_null_mask_filter(found) } else { found.clone() };
            passing = Some(match passing {
                Some(passing) => arrow::compute::and(&passing, &found)?,
                None => found,
            });
        }
        Ok(passing.unwrap_or_else(|| BooleanArray::from(vec![true; batch.num_rows()])))
    }
}
