//! Strings of the scanner: in one step to the closing quote, and escapes into the notes.

use super::{Broken, Scanner, Span};
use touchpoint::words::WordKey;

impl Scanner<'_, '_> {
    /// The string that stands next, if one does and has no escapes; it is not consumed.
    #[inline]
    pub(crate) fn plain_string(&self) -> Option<Span> {
        let start = self.at + 1;
        let end = self.notes.plain_end(start);
        (self.peek() == b'"' && self.bytes.get(end) == Some(&b'"')).then_some(Span::of_text(start, end))
    }

    /// The content of a plain string.
    #[inline]
    pub(crate) fn plain_content(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start as usize..span.end()).unwrap_or_default()
    }

    /// The key of a plain string as a word; `None` when it is too long for one, and near the end of the text.
    #[inline]
    pub(crate) fn key(&self, span: Span) -> Option<WordKey> {
        WordKey::cut(self.bytes.get(span.start as usize..)?.first_chunk()?, span.len())
    }

    /// Consumes a plain string that stands next.
    #[inline]
    pub(crate) fn pass_plain(&mut self, span: Span) {
        self.at = span.end() + 1;
    }

    /// Consumes a string, its quotes included.
    pub(crate) fn string(&mut self) -> Result<Span, Broken> {
        self.expect(b'"')?;
        let start = self.at;
        self.at = self.notes.plain_end(start);
        match self.peek() {
            b'"' => {
                self.at += 1;
                Ok(Span::of_text(start, self.at - 1))
            }
            b'\\' => self.escaped(start),
            _ => Err(Broken::Grammar),
        }
    }

    /// The rest of a string whose first escape is next.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<Span, Broken> {
        let first = self.notes.unescaped().len();
        let mut piece = start;
        loop {
            self.notes.keep(self.bytes.get(piece..self.at).unwrap_or_default());
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(Span::of_unescaped(first, self.notes.unescaped().len()));
                }
                b'\\' => {
                    self.at += 1;
                    let character = self.escape()?;
                    self.notes.keep(character.encode_utf8(&mut [0; 4]));
                }
                _ => return Err(Broken::Grammar),
            }
            piece = self.at;
            self.at = self.notes.plain_end(piece);
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, Broken> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(Broken::Grammar),
        })
    }

    fn unicode(&mut self) -> Result<char, Broken> {
        let first = self.four_hex()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            self.expect(b'\\')?;
            self.expect(b'u')?;
            let second = self.four_hex()?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(Broken::Grammar);
            }
            0x1_0000 + ((first - 0xD800) << 10 | (second - 0xDC00))
        } else {
            first
        };
        char::from_u32(code).ok_or(Broken::Grammar)
    }

    fn four_hex(&mut self) -> Result<u32, Broken> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.peek()).to_digit(16).ok_or(Broken::Grammar)?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
