//! Text that repeats (owners, products, themes, plans, sources), as small numbers; 0 is absent.

use hashbrown::HashMap;
use std::sync::Arc;

/// A two-way table of texts and numbers. Texts are never forgotten: their number is bounded by the business, not by time.
#[derive(Debug, Default)]
pub struct Interner {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    bytes: usize,
}

impl Interner {
    /// The number of `text`, a new one if need be; 0 for `None`.
    pub fn number(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return 0 };
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let stored: Arc<str> = text.into();
        self.texts.push(stored.clone());
        let number = self.texts.len() as u32;
        self.numbers.insert(stored, number);
        self.bytes += text.len() + 64;
        number
    }

    /// The number of `text`, 0 for `None`; `None` when no record ever said it.
    pub fn find(&self, text: Option<&str>) -> Option<u32> {
        text.map_or(Some(0), |text| self.numbers.get(text).copied())
    }

    /// The text of a number; empty for 0.
    pub fn text(&self, number: u32) -> &str {
        let index = (number as usize).wrapping_sub(1);
        self.texts.get(index).map_or("", |t| t)
    }

    /// Bytes held, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
