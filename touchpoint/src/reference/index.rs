//! Rows by key.

use std::collections::HashMap;

/// The rows of each key, in the order they were given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Index<R> {
    rows: HashMap<String, Vec<R>>,
}

impl<R> Default for Index<R> {
    fn default() -> Self {
        Self { rows: HashMap::new() }
    }
}

impl<R> Index<R> {
    pub(super) fn new(rows: impl IntoIterator<Item = R>, key: impl Fn(&R) -> &str) -> Self {
        let mut index = Self::default();
        for row in rows {
            match index.rows.get_mut(key(&row)) {
                Some(of_key) => of_key.push(row),
                None => drop(index.rows.insert(key(&row).to_owned(), vec![row])),
            }
        }
        index
    }

    pub(super) fn of(&self, key: &str) -> &[R] {
        self.rows.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[R])> {
        self.rows.iter().map(|(key, rows)| (key.as_str(), rows.as_slice()))
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
