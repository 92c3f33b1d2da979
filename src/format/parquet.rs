//! A result as one Parquet file, row group by row group: what has been encoded goes out after every batch.

use super::{Delivered, FormatError, Outlet};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a row group that may wait in memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Encoded bytes on their way from the encoder, which wants an output that may change threads, to the real one.
#[derive(Clone, Default)]
struct Encoded(Arc<Mutex<Vec<u8>>>);

impl Encoded {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Encoded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs the stream to its end; a result without columns (`SET`) is run and writes nothing.
pub(super) async fn write(
    mut results: SendableRecordBatchStream,
    out: &mut Outlet<'_>,
) -> Result<Delivered, FormatError> {
    if results.schema().fields().is_empty() {
        return super::drain(results).await;
    }
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("touchload ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let encoded = Encoded::default();
    let mut writer =
        ArrowWriter::try_new(encoded.clone(), results.schema(), Some(properties)).map_err(FormatError::Parquet)?;
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(FormatError::Query)?;
        rows += batch.num_rows();
        let flushed = writer.write(&batch).and_then(|()| flush_if_full(&mut writer));
        flushed.map_err(FormatError::Parquet)?;
        out.write_all(&encoded.take())?;
    }
    writer.close().map_err(FormatError::Parquet)?;
    out.write_all(&encoded.take())?;
    out.flush()?;
    Ok(Delivered::Complete(rows))
}

fn flush_if_full(writer: &mut ArrowWriter<Encoded>) -> Result<(), ParquetError> {
    if writer.in_progress_size() < ROW_GROUP_BYTES { Ok(()) } else { writer.flush() }
}
