//! Rows that are copied out, as `COPY (query) TO STDOUT` sends them: text, CSV or binary.

use super::portals::Rows;
use super::{Connection, Failure};
use crate::postgres::protocol::Answers;
use crate::postgres::rows::{Format, Formats};
use crate::postgres::statement::command::{CopyFormat, CopyOut, CopyText, Extent, Header};
use tokio_util::bytes::{Buf, BufMut, Bytes, BytesMut};

/// What a binary copy begins with: a signature, no flags, no extension. It stands in one message with the first row, or with
/// the end where there is none, as PostgreSQL sends it: ADBC reads a row from the very message that the copy begins with.
const BINARY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// How rows are copied out, and what has to go before the next of them.
struct Copying<'a> {
    format: &'a CopyFormat,
    head: &'static [u8],
}

impl Connection {
    pub(super) async fn copy(&mut self, copy: CopyOut) -> Result<(), Failure> {
        let format = if copy.format == CopyFormat::Binary { Format::Binary } else { Format::Text };
        let life = Extent::Transaction;
        let mut rows = self.ready_rows(&copy.query, Vec::new(), &Formats::all(format), life).await?;
        let columns = rows.shape.names().count();
        self.wire.out.copy_out(format, columns);
        let mut copying = Copying { format: &copy.format, head: &[] };
        match &copy.format {
            CopyFormat::Binary => copying.head = BINARY_HEAD,
            CopyFormat::Text(text) | CopyFormat::Csv(text) if text.header == Header::Names => {
                let names: Vec<Option<Bytes>> =
                    rows.shape.names().map(|name| Some(Bytes::copy_from_slice(name.as_bytes()))).collect();
                self.wire.out.copy_data(|out| line(&names, &copy.format, out));
            }
            CopyFormat::Text(_) | CopyFormat::Csv(_) => {}
        }
        let count = self.copied(&mut rows, &mut copying).await?;
        if copy.format == CopyFormat::Binary {
            self.wire.out.copy_data(|out| {
                out.put_slice(copying.head);
                out.put_i16(-1);
            });
        }
        self.wire.out.copy_done();
        self.wire.out.complete(&format!("COPY {count}"));
        Ok(())
    }

    async fn copied(&mut self, rows: &mut Rows, copying: &mut Copying<'_>) -> Result<usize, Failure> {
        let mut asked = self.asked();
        let result = async {
            self.turn(&mut asked).await?;
            let mut count = 0;
            while !rows.over {
                let piece = self.piece(&asked, rows, usize::MAX).await?;
                count += piece.rows;
                copying.rewrite(piece.bytes.freeze(), &mut self.wire.out);
                self.relieve(&asked).await?;
            }
            Ok(count)
        }
        .await;
        self.place.rest();
        match result {
            Ok(count) => Ok(count),
            Err(failure) => {
                rows.running = None;
                let entry = rows.entry.clone();
                Err(self.failed(&entry, failure).await)
            }
        }
    }
}

impl Copying<'_> {
    /// Rows as messages of a copy.
    fn rewrite(&mut self, mut rows: Bytes, out: &mut Answers) {
        while rows.len() > 5 {
            rows.advance(1);
            let length = usize::try_from(rows.get_u32()).unwrap_or(usize::MAX).saturating_sub(4);
            let mut row = rows.split_to(length.min(rows.len()));
            let head = std::mem::take(&mut self.head);
            out.copy_data(|out| match self.format {
                CopyFormat::Binary => {
                    out.put_slice(head);
                    out.put_slice(&row);
                }
                CopyFormat::Text(_) | CopyFormat::Csv(_) => {
                    let count = row.try_get_u16().unwrap_or_default();
                    let value = |_| {
                        let length = usize::try_from(row.try_get_i32().unwrap_or(-1)).ok()?;
                        Some(row.split_to(length.min(row.len())))
                    };
                    let values: Vec<Option<Bytes>> = (0..count).map(value).collect();
                    line(&values, self.format, out);
                }
            });
        }
    }
}

fn line(values: &[Option<Bytes>], format: &CopyFormat, out: &mut BytesMut) {
    let (CopyFormat::Text(text) | CopyFormat::Csv(text)) = format else { return };
    let mut delimiter = [0; 4];
    let delimiter = text.delimiter.encode_utf8(&mut delimiter).as_bytes().to_vec();
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.put_slice(&delimiter);
        }
        match value {
            None => out.put_slice(text.null.as_bytes()),
            Some(value) if matches!(format, CopyFormat::Csv(_)) => quoted(value, text, out),
            Some(value) => escaped(value, text, out),
        }
    }
    out.put_u8(b'\n');
}

fn escaped(value: &[u8], text: &CopyText, out: &mut BytesMut) {
    for byte in value {
        match byte {
            b'\\' => out.put_slice(b"\\\\"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            byte if char::from(*byte) == text.delimiter => {
                out.put_u8(b'\\');
                out.put_u8(*byte);
            }
            byte => out.put_u8(*byte),
        }
    }
}

fn quoted(value: &[u8], text: &CopyText, out: &mut BytesMut) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\n' | b'\r') || char::from(*byte) == text.delimiter;
    if value != text.null.as_bytes() && value != b"\\." && !value.iter().any(special) {
        return out.put_slice(value);
    }
    out.put_u8(b'"');
    for byte in value {
        if *byte == b'"' {
            out.put_u8(b'"');
        }
        out.put_u8(*byte);
    }
    out.put_u8(b'"');
}

#[cfg(test)]
mod tests {
    use super::{Answers, Bytes, CopyFormat, CopyText, Copying, Header, line};
    use tokio_util::bytes::BytesMut;

    fn text(delimiter: char, null: &str) -> CopyText {
        CopyText { delimiter, null: null.into(), header: Header::None }
    }

    #[test]
    fn values_are_escaped_or_quoted_as_postgres_does() {
        let values: Vec<Option<Bytes>> = [Some("a\tb\\"), None, Some(""), Some("x,\"y\"\n")]
            .map(|v| v.map(|v| Bytes::from_static(v.as_bytes())))
            .to_vec();
        let written = |format: &CopyFormat| {
            let mut out = BytesMut::new();
            line(&values, format, &mut out);
            String::from_utf8(out.to_vec()).expect("text")
        };
        assert_eq!(written(&CopyFormat::Text(text('\t', "\\N"))), "a\\tb\\\\\t\\N\t\tx,\"y\"\\n\n");
        assert_eq!(written(&CopyFormat::Csv(text(',', ""))), "a\tb\\,,\"\",\"x,\"\"y\"\"\n\"\n");
    }

    #[test]
    fn a_row_becomes_a_message_of_the_copy() {
        let row = Bytes::from_static(b"D\0\0\0\x0f\0\x02\0\0\0\x01x\xff\xff\xff\xff");
        let mut out = Answers::default();
        Copying { format: &CopyFormat::Binary, head: &[] }.rewrite(row.clone(), &mut out);
        assert_eq!(&out.0[..], b"d\0\0\0\x0f\0\x02\0\0\0\x01x\xff\xff\xff\xff");
        let mut out = Answers::default();
        let mut begun = Copying { format: &CopyFormat::Binary, head: b"HEAD" };
        begun.rewrite([&row[..], &row[..]].concat().into(), &mut out);
        let told = b"d\0\0\0\x13HEAD\0\x02\0\0\0\x01x\xff\xff\xff\xffd\0\0\0\x0f\0\x02\0\0\0\x01x\xff\xff\xff\xff";
        assert_eq!(&out.0[..], told, "one message with the first row");
        let mut out = Answers::default();
        Copying { format: &CopyFormat::Csv(text(',', "")), head: &[] }.rewrite(row, &mut out);
        assert_eq!(&out.0[..], b"d\0\0\0\x07x,\n");
    }
}
