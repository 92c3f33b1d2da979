//! JSON as it was written: the members of an object stay in their order, repeated names too, so that a name that stands
//! twice is seen and not silently overwritten.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Any JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Flag(bool),
    /// An integer that fits.
    Integer(i64),
    /// Any other number; no request has one, so its value does not matter.
    Number,
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Number, Node::Integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

/// Where a text is no JSON. The caller's to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The value of a whole text.
///
/// # Errors
/// [`Malformed`].
pub(super) fn read(text: &[u8]) -> Result<Node, Malformed> {
    serde_json::from_slice(text).map_err(|error| Malformed { line: error.line(), column: error.column() })
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Node, read};

    #[test]
    fn repeated_names_are_kept() {
        let text = |t: &str| Node::Text(t.into());
        let expected = Node::Object(vec![
            ("a".into(), Node::List(vec![Node::Null, Node::Flag(true), Node::Number, Node::Integer(-2)])),
            ("a".into(), text("\u{e9}")),
        ]);
        assert_eq!(read(br#"{"a": [null, true, 1e400, -2], "a": "\u00e9"}"#).ok(), None, "1e400 is no number");
        assert_eq!(read(br#"{"a": [null, true, 1.5, -2], "a": "\u00e9"}"#), Ok(expected));
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        assert_eq!(read(b"{\n  \"a\": nope}"), Err(Malformed { line: 2, column: 9 }));
        for text in [&b""[..], b"{} {}", b"{\"a\":1,}", b"\xff", b"[1", b"'a'"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    }
}
