//! Decimals as `numeric`, in both formats.

use std::fmt::Write;
use tokio_util::bytes::{BufMut, BytesMut};

/// Digits of a group of the binary format.
const GROUP: usize = 4;
/// Sign of the binary format.
const NEGATIVE: u16 = 0x4000;

/// The digits of a value before and behind the point; behind it as many as its scale says.
fn digits(value: i128, scale: i8) -> (String, String) {
    let digits = value.unsigned_abs().to_string();
    let Ok(scale) = usize::try_from(scale) else {
        let zeros = usize::from(scale.unsigned_abs());
        return (if value == 0 { digits } else { format!("{digits}{:0<zeros$}", "") }, String::new());
    };
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    (whole.to_owned(), fraction.to_owned())
}

pub(super) fn text(value: i128, scale: i8, out: &mut BytesMut) {
    let (whole, fraction) = digits(value, scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    // Growing is all that this can do, and it does not fail.
    write!(out, "{sign}{whole}{point}{fraction}").unwrap_or_default();
}

pub(super) fn binary(value: i128, scale: i8, out: &mut BytesMut) {
    let (whole, fraction) = digits(value, scale);
    let shown = fraction.len();
    let whole = whole.trim_start_matches('0');
    let head = whole.len().div_ceil(GROUP);
    let padded =
        format!("{whole:0>before$}{fraction:0<behind$}", before = head * GROUP, behind = shown.div_ceil(GROUP) * GROUP);
    let groups: Vec<i16> = padded.as_bytes().chunks(GROUP).map(group).collect();
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    let used = groups.iter().rposition(|group| *group != 0).map_or(zeros, |last| last + 1);
    let groups = groups.get(zeros..used).unwrap_or_default();
    let weight = if groups.is_empty() { 0 } else { small(head) - 1 - small(zeros) };
    out.put_i16(small(groups.len()));
    out.put_i16(weight);
    out.put_u16(if value < 0 { NEGATIVE } else { 0 });
    out.put_i16(small(shown));
    groups.iter().for_each(|group| out.put_i16(*group));
}

fn group(digits: &[u8]) -> i16 {
    digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
}

/// A count of digits: there are never more than some dozens.
fn small(count: usize) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
