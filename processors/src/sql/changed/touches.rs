//! Rows of `changed_touches`.

use super::needs::TouchesRead;
use crate::kernel::evidence::Witness;
use arrow::array::{ArrayRef, BooleanBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};
use touchpoint::policy::Basis;
use touchpoint::record::instant_type;
use touchpoint::{Micros, Word};

/// Columns of `changed_touches`: whose, as of when, when it happened, what it was, why it is solicited (NULL: it is not),
/// whether its record carries the id of a request, and the product (NULL when unknown).
pub fn touch_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
        Arc::new(Schema::new(vec![
            text("hcp_id", false),
            Field::new("as_of", instant_type(), false),
            Field::new("occurred_at", instant_type(), false),
            text("kind", false),
            text("channel", false),
            text("business_function", false),
            text("purpose", false),
            text("solicited_basis", true),
            Field::new("carries_request", DataType::Boolean, false),
            text("product", true),
        ]))
    });
    SCHEMA.clone()
}

/// Rows of those touches that some plan looks at.
#[derive(Debug)]
pub(super) struct TouchBuilder {
    read: TouchesRead,
    hcp_id: StringBuilder,
    as_of: TimestampMicrosecondBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    words: [StringBuilder; 4],
    basis: StringBuilder,
    carries_request: BooleanBuilder,
    product: StringBuilder,
}

impl TouchBuilder {
    pub(super) fn new(read: TouchesRead) -> Self {
        Self {
            read,
            hcp_id: StringBuilder::new(),
            as_of: TimestampMicrosecondBuilder::new(),
            occurred_at: TimestampMicrosecondBuilder::new(),
            words: std::array::from_fn(|_| StringBuilder::new()),
            basis: StringBuilder::new(),
            carries_request: BooleanBuilder::new(),
            product: StringBuilder::new(),
        }
    }

    pub(super) fn push(&mut self, hcp_id: &str, as_of: Micros, witness: &Witness<'_>) {
        if self.read == TouchesRead::CarryingRequests && !witness.carries_request {
            return;
        }
        let facts = &witness.facts;
        self.hcp_id.append_value(hcp_id);
        self.as_of.append_value(as_of);
        self.occurred_at.append_value(witness.occurred_at);
        let words = [facts.kind.as_str(), facts.channel.as_str(), facts.function.as_str(), facts.purpose.as_str()];
        self.words.iter_mut().zip(words).for_each(|(builder, word)| builder.append_value(word));
        self.basis.append_option((facts.basis != Basis::Unsolicited).then(|| facts.basis.as_str()));
        self.carries_request.append_value(witness.carries_request);
        self.product.append_option(facts.product);
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.hcp_id.finish()),
            Arc::new(self.as_of.finish().with_timezone("UTC")),
            Arc::new(self.occurred_at.finish().with_timezone("UTC")),
        ];
        columns.extend(self.words.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.push(Arc::new(self.basis.finish()));
        columns.push(Arc::new(self.carries_request.finish()));
        columns.push(Arc::new(self.product.finish()));
        RecordBatch::try_new(touch_schema(), columns)
    }
}
