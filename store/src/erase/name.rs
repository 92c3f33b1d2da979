//! An id that is looked for in texts and bytes: by itself, and not as a part of a longer id.

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a>(&'a str);

/// How often an id stands in something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// By itself.
    pub(crate) alone: u64,
    /// As a part of something longer: `hcp-1` in `hcp-12`.
    pub(crate) within: u64,
}

impl<'a> Name<'a> {
    pub(crate) fn new(id: &'a str) -> Self {
        Self(id)
    }

    /// Whether a text is the id.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// How often the id stands in `bytes`, as it is.
    pub(crate) fn count(&self, bytes: &[u8]) -> Found {
        let (id, mut found) = (self.0.as_bytes(), Found::default());
        if id.is_empty() {
            return found;
        }
        for at in (0..bytes.len().saturating_sub(id.len() - 1))
            .filter(|at| bytes.get(*at..).is_some_and(|b| b.starts_with(id)))
        {
            let before = at.checked_sub(1).and_then(|i| bytes.get(i));
            let after = bytes.get(at + id.len());
            let is_part = [before, after].into_iter().flatten().any(|byte| continues(*byte));
            *(if is_part { &mut found.within } else { &mut found.alone }) += 1;
        }
        found
    }

    /// Whether the id stands in a JSON text by itself, also where characters of it are escaped.
    pub(crate) fn stands_in_json(&self, bytes: &[u8]) -> bool {
        self.count(bytes).alone > 0 || (bytes.contains(&b'\\') && self.count(&unescaped(bytes)).alone > 0)
    }
}

/// Whether a byte beside an id makes it another one.
fn continues(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// The text with the escapes of JSON undone; what is no escape stays as it is. Line ends and the like become blanks.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut high = None;
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let Some((escaped, behind)) = behind.split_first().filter(|_| *first == b'\\') else {
            text.push(*first);
            continue;
        };
        rest = behind;
        let unit = behind.get(..4).and_then(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (*escaped, unit) {
            (b'u', Some(unit)) => {
                rest = behind.get(4..).unwrap_or_default();
                let paired = high
                    .take()
                    .map(|high: u32| 0x1_0000 + ((high - 0xd800) << 10) + (unit.wrapping_sub(0xdc00) & 0x3ff));
                if (0xd800..0xdc00).contains(&unit) {
                    high = Some(unit);
                } else if let Some(character) = char::from_u32(paired.unwrap_or(unit)) {
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            (b'b' | b'f' | b'n' | b'r' | b't', _) => text.push(b' '),
            (other, _) => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Found, Name};

    #[test]
    fn an_id_is_told_from_a_longer_one() {
        let name = Name::new("hcp-1");
        let found = |text: &str| name.count(text.as_bytes());
        assert_eq!(found("hcp-1"), Found { alone: 1, within: 0 });
        assert_eq!(found("\"hcp-1\",hcp-1;hcp-12 xhcp-1 hcp-1-a é"), Found { alone: 2, within: 3 });
        assert_eq!(found("hcp-"), Found::default());
        assert!(name.is("hcp-1") && !name.is("hcp-12"));
        assert_eq!(Name::new("").count(b"x"), Found::default());
    }

    #[test]
    fn escapes_hide_nothing() {
        let name = Name::new("hé/1😀");
        for text in [r#"{"hcp_id":"h\u00e9\/1\ud83d\ude00"}"#, r#"{"hcp_id":"hé/1😀"}"#, r#""\nh\u00E9/1\uD83D\uDE00""#]
        {
            assert!(name.stands_in_json(text.as_bytes()), "{text}");
        }
        for text in [r#""h\u00e8\/1\ud83d\ude00""#, r#"h\u00e"#, r#"\"#, r#"\u"#, r#"\ud83d"#, r#""h\\u00e9/1😀""#] {
            assert!(!name.stands_in_json(text.as_bytes()), "{text}");
        }
    }
}
