//! Standard base64 with padding, strictly: no white space, no missing padding, no stray bits.

/// Decodes `encoded` into `data`, which is emptied first; `None` when it is not base64.
pub(super) fn decode(encoded: &[u8], data: &mut Vec<u8>) -> Option<()> {
    data.clear();
    let (quads, rest) = encoded.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let last = quads.len().saturating_sub(1);
    for (i, quad) in quads.iter().enumerate() {
        let padding = if i == last { quad.iter().rev().take_while(|b| **b == b'=').count() } else { 0 };
        let letters = quad.get(..4usize.checked_sub(padding)?)?;
        let mut bits = 0u32;
        for letter in letters {
            bits = bits << 6 | u32::from(sextet(*letter)?);
        }
        bits <<= 6 * padding;
        let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        // One or two bytes: what the padding stands for must be zero, and more padding than two says nothing.
        let (kept, dropped) = bytes.split_at_checked(3usize.checked_sub(padding)?)?;
        if kept.is_empty() || dropped.iter().any(|b| *b != 0) {
            return None;
        }
        data.extend_from_slice(kept);
    }
    Some(())
}

fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    //! The vectors of RFC 4648, and what is no base64.
    use super::decode;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut data = vec![1, 2, 3];
        decode(text.as_bytes(), &mut data).map(|()| data)
    }

    #[test]
    fn vectors_of_the_rfc() {
        let vectors =
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmFy", "foobar")];
        for (text, expected) in vectors {
            assert_eq!(decoded(text).as_deref(), Some(expected.as_bytes()), "{text}");
        }
        assert_eq!(decoded("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["Zg", "Zg=", "Zg===", "====", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm9v\n", "-_-_"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
