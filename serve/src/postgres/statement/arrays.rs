//! The text of an array of one dimension, as PostgreSQL writes it: `{a,"b c",NULL}`.

/// Its items; `None` if the text is no such array.
pub(super) fn items(text: &str) -> Option<Vec<Option<String>>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    if inside.trim().is_empty() {
        return Some(items);
    }
    let mut chars = inside.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut item = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        if quoted {
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => item.push(chars.next()?),
                    c => item.push(c),
                }
            }
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                match c {
                    '{' | '}' | '"' => return None,
                    '\\' => item.push(chars.next()?),
                    c => item.push(c),
                }
            }
            item.truncate(item.trim_end().len());
        }
        items.push((quoted || !item.eq_ignore_ascii_case("null")).then_some(item));
        match chars.next() {
            None => return Some(items),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::items;

    #[test]
    fn items_are_told_apart() {
        let told =
            |text| items(text).map(|items| items.into_iter().map(|i| i.unwrap_or("∅".into())).collect::<Vec<_>>());
        assert_eq!(told("{r,p, f }"), Some(vec!["r".into(), "p".into(), "f".into()]));
        assert_eq!(told(r#"{"a,b","c \" d",NULL,"NULL"}"#).map(|i| i.join("|")), Some("a,b|c \" d|∅|NULL".into()));
        assert_eq!(told("{}"), Some(vec![]));
        for none in ["a,b", "{a", r#"{"a}"#, r#"{"a"b}"#, "{{1}}"] {
            assert_eq!(told(none), None, "{none}");
        }
    }
}
