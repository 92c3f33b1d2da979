//! Strings of the scanner: eight bytes at a time to the closing quote, and escapes into the `unescaped` buffer.

use super::{Broken, Scanner, Span};

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// High bit set in every byte of `word` that is a quote, a backslash or a control character. Bytes above the first such
/// one may be marked falsely, so only the lowest mark counts.
#[inline]
fn marks(word: u64) -> u64 {
    let zero_in = |word: u64| word.wrapping_sub(LOW) & !word;
    let quote = zero_in(word ^ (LOW * b'"' as u64));
    let backslash = zero_in(word ^ (LOW * b'\\' as u64));
    let control = word.wrapping_sub(LOW * 0x20) & !word;
    (quote | backslash | control) & HIGH
}

impl Scanner<'_, '_> {
    /// Consumes a string, its quotes included.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Span, Broken> {
        self.expect(b'"')?;
        let start = self.at;
        self.at = self.plain_end(start);
        match self.peek() {
            b'"' => {
                self.at += 1;
                Ok(Span::of_text(start, self.at - 1))
            }
            b'\\' => self.escaped(start),
            _ => Err(Broken::Grammar),
        }
    }

    /// Where the first quote, backslash or control character from `from` on stands, or the end.
    #[inline]
    fn plain_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(chunk) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let marks = marks(u64::from_le_bytes(*chunk));
            if marks != 0 {
                return at + (marks.trailing_zeros() / 8) as usize;
            }
            at += 8;
        }
        let tail = self.bytes.get(at..).unwrap_or_default();
        at + tail.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(tail.len())
    }

    /// The rest of a string whose first escape is next.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<Span, Broken> {
        let first = self.unescaped.len();
        let mut piece = start;
        loop {
            self.unescaped.push_str(self.text.get(piece..self.at).unwrap_or_default());
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(Span::of_unescaped(first, self.unescaped.len()));
                }
                b'\\' => {
                    self.at += 1;
                    let character = self.escape()?;
                    self.unescaped.push(character);
                }
                _ => return Err(Broken::Grammar),
            }
            piece = self.at;
            self.at = self.plain_end(piece);
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
