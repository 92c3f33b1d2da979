//! What the server says: messages appended to the bytes that go out next.

use crate::postgres::fault::Fault;
use crate::postgres::rows::Format;
use tokio_util::bytes::{BufMut, BytesMut};

/// Where a session stands between statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum TransactionStatus {
    Idle,
    Open,
    Failed,
}

/// A step of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum AuthenticationStep<'a> {
    /// These mechanisms are taken.
    Mechanisms(&'a [&'a str]),
    /// The server's first message.
    Continue(&'a str),
    /// The server's last message.
    Final(&'a str),
    /// Let in.
    Done,
}

/// One column of a result, as a client is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) struct Described<'a> {
    pub(in crate::postgres) name: &'a str,
    pub(in crate::postgres) oid: u32,
    pub(in crate::postgres) size: i16,
    pub(in crate::postgres) modifier: i32,
    pub(in crate::postgres) format: i16,
}

/// See the module.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Answers(pub(in crate::postgres) BytesMut);

impl Answers {
    /// A message of one type, whose length is known when its content is written.
    fn message(&mut self, kind: u8, content: impl FnOnce(&mut BytesMut)) {
        self.0.put_u8(kind);
        let start = self.0.len();
        self.0.put_i32(0);
        content(&mut self.0);
        let length = i32::try_from(self.0.len() - start).unwrap_or(i32::MAX);
        if let Some(place) = self.0.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }

    pub(in crate::postgres) fn authentication(&mut self, step: AuthenticationStep<'_>) {
        self.message(b'R', |out| match step {
            AuthenticationStep::Mechanisms(names) => {
                out.put_i32(10);
                names.iter().for_each(|name| text(out, name));
                out.put_u8(0);
            }
            AuthenticationStep::Continue(data) => {
                out.put_i32(11);
                out.put_slice(data.as_bytes());
            }
            AuthenticationStep::Final(data) => {
                out.put_i32(12);
                out.put_slice(data.as_bytes());
            }
            AuthenticationStep::Done => out.put_i32(0),
        });
    }

    /// Only 3.0 is spoken, and none of these options is known.
    pub(in crate::postgres) fn negotiate(&mut self, unknown: &[&str]) {
        self.message(b'v', |out| {
            out.put_i32(0);
            out.put_i32(i32::try_from(unknown.len()).unwrap_or(i32::MAX));
            unknown.iter().for_each(|name| text(out, name));
        });
    }

    pub(in crate::postgres) fn parameter_status(&mut self, name: &str, value: &str) {
        self.message(b'S', |out| {
            text(out, name);
            text(out, value);
        });
    }

    pub(in crate::postgres) fn backend_key(&mut self, backend: i32, secret: [u8; 4]) {
        self.message(b'K', |out| {
            out.put_i32(backend);
            out.put_slice(&secret);
        });
    }

    pub(in crate::postgres) fn ready(&mut self, status: TransactionStatus) {
        let status = match status {
            TransactionStatus::Idle => b'I',
            TransactionStatus::Open => b'T',
            TransactionStatus::Failed => b'E',
        };
        self.message(b'Z', |out| out.put_u8(status));
    }

    /// The statement did not run; the session goes on.
    pub(in crate::postgres) fn error(&mut self, fault: &Fault) {
        self.message(b'E', |out| told(out, "ERROR", fault));
    }

    /// The connection ends.
    pub(in crate::postgres) fn fatal(&mut self, fault: &Fault) {
        self.message(b'E', |out| told(out, "FATAL", fault));
    }

    /// Something to know; nothing failed.
    pub(in crate::postgres) fn warning(&mut self, fault: &Fault) {
        self.message(b'N', |out| told(out, "WARNING", fault));
    }

    pub(in crate::postgres) fn row_description<'a>(&mut self, columns: impl ExactSizeIterator<Item = Described<'a>>) {
        self.message(b'T', |out| {
            out.put_u16(u16::try_from(columns.len()).unwrap_or(u16::MAX));
            for column in columns {
                text(out, column.name);
                // No column of a table that pg_class would know by a number.
                out.put_i32(0);
                out.put_i16(0);
                out.put_u32(column.oid);
                out.put_i16(column.size);
                out.put_i32(column.modifier);
                out.put_i16(column.format);
            }
        });
    }

    pub(in crate::postgres) fn parameter_description(&mut self, types: &[u32]) {
        self.message(b't', |out| {
            out.put_u16(u16::try_from(types.len()).unwrap_or(u16::MAX));
            types.iter().for_each(|oid| out.put_u32(*oid));
        });
    }

    pub(in crate::postgres) fn complete(&mut self, tag: &str) {
        self.message(b'C', |out| text(out, tag));
    }

    pub(in crate::postgres) fn parse_complete(&mut self) {
        self.message(b'1', |_| {});
    }

    pub(in crate::postgres) fn bind_complete(&mut self) {
        self.message(b'2', |_| {});
    }

    pub(in crate::postgres) fn close_complete(&mut self) {
        self.message(b'3', |_| {});
    }

    pub(in crate::postgres) fn no_data(&mut self) {
        self.message(b'n', |_| {});
    }

    pub(in crate::postgres) fn portal_suspended(&mut self) {
        self.message(b's', |_| {});
    }

    pub(in crate::postgres) fn copy_out(&mut self, format: Format, columns: usize) {
        let code = match format {
            Format::Text => 0,
            Format::Binary => 1,
        };
        self.message(b'H', |out| {
            out.put_u8(code);
            out.put_u16(u16::try_from(columns).unwrap_or(u16::MAX));
            (0..columns).for_each(|_| out.put_u16(u16::from(code)));
        });
    }

    pub(in crate::postgres) fn copy_data(&mut self, content: impl FnOnce(&mut BytesMut)) {
        self.message(b'd', content);
    }

    pub(in crate::postgres) fn copy_done(&mut self) {
        self.message(b'c', |_| {});
    }

    pub(in crate::postgres) fn empty_query(&mut self) {
        self.message(b'I', |_| {});
    }
}

fn told(out: &mut BytesMut, severity: &str, fault: &Fault) {
    let position = fault.position.map(|position| position.to_string());
    let fields = [
        (b'S', Some(severity)),
        (b'V', Some(severity)),
        (b'C', Some(fault.state.code())),
        (b'M', Some(fault.message.as_str())),
        (b'D', fault.detail.as_deref()),
        (b'H', fault.hint.as_deref()),
        (b'P', position.as_deref()),
    ];
    for (kind, value) in fields {
        if let Some(value) = value {
            out.put_u8(kind);
            text(out, value);
        }
    }
    out.put_u8(0);
}

/// Text and its zero byte; one inside, which no client could read past, is left out.
fn text(out: &mut BytesMut, text: &str) {
    if text.contains('\0') {
        out.put_slice(text.replace('\0', "").as_bytes());
    } else {
        out.put_slice(text.as_bytes());
    }
    out.put_u8(0);
}
