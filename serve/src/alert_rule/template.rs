//! The summary of an alert: a sentence with places for columns.

/// A sentence with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

impl Template {
    /// A sentence in which `{column}` stands for a column. `None`: it is empty, or its braces do not pair.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            let (column, after) = from.split_once('}')?;
            if before.contains('}') || column.is_empty() || column.contains('{') {
                return None;
            }
            parts.extend((!before.is_empty()).then(|| Part::Text(before.to_owned())));
            parts.push(Part::Column(column.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return None;
        }
        parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// The columns it names.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Column(column) => Some(column.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The sentence, with what `value` says of each column.
    pub(super) fn render(&self, value: impl Fn(&str) -> String) -> String {
        let texts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Column(column) => value(column),
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn places_are_filled_and_unpaired_braces_refused() {
        let template = Template::parse("{a} of {b}, {a}").expect("sound");
        assert_eq!(template.columns().collect::<Vec<_>>(), ["a", "b", "a"]);
        assert_eq!(template.render(|column| column.to_uppercase()), "A of B, A");
        assert_eq!(Template::parse("plain").expect("sound").render(|_| String::new()), "plain");
        for broken in ["", "{", "}", "{}", "a } b", "{a{b}}", "{a"] {
            assert_eq!(Template::parse(broken), None, "{broken}");
        }
    }
}
