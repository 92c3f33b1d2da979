//! A strict JSON scanner over one message: no tree, no recursion, and after the marks of [`Notes`] one pass.
//!
//! It accepts the grammar of RFC 8259 and nothing else, with two narrowings: a `\u` escape that is half a surrogate
//! pair is refused (no text can hold it), and so is nesting past [`MAX_DEPTH`]. The text is UTF-8, or there is no scanner
//! for it. A [`Span`] names a string's content: a piece of the text or, where it holds escapes, of the buffer in
//! [`Notes`].

mod notes;
mod string;

pub(crate) use notes::Notes;

use touchpoint::record::Piece;

/// Deepest nesting of objects and arrays, the outermost object counted.
pub const MAX_DEPTH: u32 = 64;

/// Longest text a [`Span`] can point into.
pub(crate) const MAX_BYTES: usize = (UNESCAPED - 1) as usize;

const UNESCAPED: u32 = 1 << 31;

/// The text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Against the grammar.
    Grammar,
    /// Too deep.
    Depth,
}

/// The content of a string; the default is the empty string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    /// Place of the first byte; the top bit says that it lies in the buffer of what was unescaped.
    start: u32,
    len: u32,
}

impl Span {
    fn of_text(start: usize, end: usize) -> Self {
        Self { start: start as u32, len: (end - start) as u32 }
    }

    /// What is kept in `notes` from `start` on.
    pub(crate) fn of_kept(start: usize, notes: &Notes) -> Self {
        Self::of_unescaped(start, notes.unescaped().len())
    }

    fn of_unescaped(start: usize, end: usize) -> Self {
        Self { start: start as u32 | UNESCAPED, len: (end - start) as u32 }
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// Where its closing quote stands in the text, if it has no escapes.
    #[inline]
    fn end(self) -> usize {
        (self.start + self.len) as usize
    }

    /// The content, given the text that was scanned and what was noted; empty if they are others.
    #[inline]
    pub(crate) fn content<'b>(self, text: &'b [u8], notes: &'b Notes) -> &'b [u8] {
        if self.start & UNESCAPED != 0 {
            return self.unescaped_content(notes);
        }
        text.get(self.start as usize..self.end()).unwrap_or_default()
    }

    #[cold]
    fn unescaped_content(self, notes: &Notes) -> &[u8] {
        let start = (self.start & !UNESCAPED) as usize;
        notes.unescaped().get(start..start + self.len()).unwrap_or_default()
    }

    /// The content as a column takes it in.
    #[inline]
    pub(crate) fn piece<'b>(self, text: &'b [u8], notes: &'b Notes) -> Piece<'b> {
        let source = if self.start & UNESCAPED == 0 { text } else { notes.unescaped() };
        Piece::new(source, (self.start & !UNESCAPED) as usize, self.len())
    }

    /// The content as text, which it always is: a string begins and ends at characters of what is UTF-8.
    pub(crate) fn resolve<'b>(self, text: &'b [u8], notes: &'b Notes) -> &'b str {
        std::str::from_utf8(self.content(text, notes)).unwrap_or_default()
    }
}

/// A JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// Without fraction and exponent, and within 64 bits.
    Integer(i64),
    /// Any other.
    Other,
}

/// A position in the text of one message.
#[derive(Debug)]
pub(crate) struct Scanner<'a, 's> {
    bytes: &'a [u8],
    at: usize,
    notes: &'s mut Notes,
}

impl<'a, 's> Scanner<'a, 's> {
    /// At the start of `text`, which is at most [`MAX_BYTES`] long; `notes` are taken anew.
    #[cfg(test)]
    pub(crate) fn new(text: &'a str, notes: &'s mut Notes) -> Self {
        notes.begin(text.as_bytes());
        Self { bytes: text.as_bytes(), at: 0, notes }
    }

    /// At the start of `bytes`, which are at most [`MAX_BYTES`]; `None` unless they are UTF-8.
    #[inline]
    pub(crate) fn over(bytes: &'a [u8], notes: &'s mut Notes) -> Option<Self> {
        notes.begin(bytes);
        // Marking has seen whether there is anything to check.
        let is_utf8 = notes.is_ascii() || simdutf8::basic::from_utf8(bytes).is_ok();
        is_utf8.then_some(Self { bytes, at: 0, notes })
    }

    /// The next byte, 0 at the end: no token begins with it.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The next bytes; `None` nearer to the end.
    #[inline]
    pub(crate) fn ahead<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.bytes.get(self.at..)?.first_chunk()
    }

    /// Consumes `length` bytes that were looked at before.
    #[inline]
    pub(crate) fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// Offset of the next byte.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The content of a string scanned before.
    #[inline]
    pub(crate) fn resolve(&self, span: Span) -> &str {
        span.resolve(self.bytes, self.notes)
    }

    /// Skips white space.
    #[inline]
    pub(crate) fn space(&mut self) {
        // Most records have none.
        while self.peek() <= b' ' && matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Consumes `byte`, if it is next.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == byte;
        self.at += usize::from(taken);
        taken
    }

    /// Consumes `byte`.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.take(byte) { Ok(()) } else { Err(Broken::Grammar) }
    }

    /// Consumes white space up to the end of the text.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(Broken::Grammar) }
    }

    /// Consumes a member's name, its colon and the white space around it.
    #[inline]
    pub(crate) fn name(&mut self) -> Result<Span, Broken> {
        let name = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(name)
    }

    /// Consumes `true`, `false` or `null`, spelt out in `literal`.
    pub(crate) fn literal(&mut self, literal: &[u8]) -> Result<(), Broken> {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(literal));
        self.at += literal.len();
        if found { Ok(()) } else { Err(Broken::Grammar) }
    }

    /// Consumes a number.
    pub(crate) fn number(&mut self) -> Result<Number, Broken> {
        let negative = self.take(b'-');
        let first = self.at;
        // Summed below zero: there is one more of those.
        let mut value = Some(0i64);
        while let digit @ b'0'..=b'9' = self.peek() {
            value = value.and_then(|v| v.checked_mul(10)?.checked_sub(i64::from(digit - b'0')));
            self.at += 1;
        }
        let leading_zero = self.bytes.get(first) == Some(&b'0') && self.at - first > 1;
        if self.at == first || leading_zero {
            return Err(Broken::Grammar);
        }
        if self.fraction_and_exponent()? {
            return Ok(Number::Other);
        }
        let value = if negative { value } else { value.and_then(i64::checked_neg) };
        Ok(value.map_or(Number::Other, Number::Integer))
    }

    /// Whether there was either.
    fn fraction_and_exponent(&mut self) -> Result<bool, Broken> {
        let fraction = self.take(b'.');
        if fraction {
            self.digits()?;
        }
        let exponent = self.take(b'e') || self.take(b'E');
        if exponent {
            if !self.take(b'-') {
                self.take(b'+');
            }
            self.digits()?;
        }
        Ok(fraction || exponent)
    }

    fn digits(&mut self) -> Result<(), Broken> {
        let first = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > first { Ok(()) } else { Err(Broken::Grammar) }
    }

    /// Consumes any value inside the outermost object, checking it whole.
    pub(crate) fn skip_value(&mut self) -> Result<(), Broken> {
        // One bit per open container, the innermost lowest, set for an object: MAX_DEPTH is what a word can hold.
        let (mut objects, mut depth) = (0u64, 1u32);
        loop {
            match self.peek() {
                open @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err(Broken::Depth);
                    }
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u64::from(open == b'{');
                    self.space();
                    // An empty container goes straight to its closing below.
                    if self.peek() != open + 2 {
                        self.member(objects)?;
                        continue;
                    }
                }
                _ => self.skip_scalar()?,
            }
            while depth > 1 {
                self.space();
                if self.take(b',') {
                    self.space();
                    self.member(objects)?;
                    break;
                }
                self.expect(if objects & 1 == 1 { b'}' } else { b']' })?;
                objects >>= 1;
                depth -= 1;
            }
            if depth == 1 {
                return Ok(());
            }
        }
    }

    /// Stands before a value of the innermost container, past its name in an object.
    fn member(&mut self, objects: u64) -> Result<(), Broken> {
        if objects & 1 == 1 {
            let kept = self.notes.unescaped().len();
            self.name()?;
            self.notes.forget(kept);
        }
        Ok(())
    }

    fn skip_scalar(&mut self) -> Result<(), Broken> {
        match self.peek() {
            b'"' => {
                let kept = self.notes.unescaped().len();
                self.string()?;
                self.notes.forget(kept);
                Ok(())
            }
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => self.number().map(drop),
        }
    }
}

#[cfg(test)]
mod tests;
