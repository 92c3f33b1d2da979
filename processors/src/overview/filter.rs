//! Which HCPs an overview is of, and what there is to choose from.

use crate::kernel::Texts;
use crate::kernel::touches::{Source, Touch};
use std::collections::BTreeSet;
use touchpoint::reference::{HcpRow, UNKNOWN};

/// Most values of one facet that are told.
const VALUES: usize = 200;

/// All of these hold together; `None` lets everybody through. `unknown` takes those whose row does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Filter {
    /// Territory at T.
    pub territory: Option<String>,
    /// Segment at T.
    pub segment: Option<String>,
    /// Specialty at T.
    pub specialty: Option<String>,
    /// HCPs with a touch of this product in the window.
    pub product: Option<String>,
}

impl Filter {
    /// Whether an HCP described by this row is in it.
    pub(super) fn takes_row(&self, row: Option<&HcpRow>) -> bool {
        let takes = |wanted: &Option<String>, of: fn(&HcpRow) -> &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| wanted == text(row, of))
        };
        takes(&self.territory, |row| &row.territory)
            && takes(&self.segment, |row| &row.segment)
            && takes(&self.specialty, |row| &row.specialty)
    }

    /// Whether one of the touches is of the product that is asked for.
    pub(super) fn takes_touches<T: Texts>(&self, source: &Source<'_, T>, touches: &[Touch]) -> bool {
        let is_of = |wanted: &str| touches.iter().any(|t| t.product != 0 && source.texts.word(t.product) == wanted);
        self.product.as_deref().is_none_or(is_of)
    }
}

/// The values that a filter may name, of at most [`VALUES`] each.
#[derive(Debug, Default)]
pub struct Facets {
    /// Territories.
    pub territories: BTreeSet<String>,
    /// Segments.
    pub segments: BTreeSet<String>,
    /// Specialties.
    pub specialties: BTreeSet<String>,
    /// Products of touches in the window.
    pub products: BTreeSet<String>,
}

impl Facets {
    pub(super) fn add(&mut self, row: Option<&HcpRow>) {
        note(&mut self.territories, text(row, |row| &row.territory));
        note(&mut self.segments, text(row, |row| &row.segment));
        note(&mut self.specialties, text(row, |row| &row.specialty));
    }

    pub(super) fn add_products<T: Texts>(&mut self, source: &Source<'_, T>, touches: &[Touch]) {
        for touch in touches.iter().filter(|touch| touch.product != 0) {
            note(&mut self.products, source.texts.word(touch.product));
        }
    }
}

fn note(values: &mut BTreeSet<String>, value: &str) {
    if values.len() < VALUES && !values.contains(value) {
        values.insert(value.to_owned());
    }
}

pub(super) fn text<'r>(row: Option<&'r HcpRow>, of: fn(&HcpRow) -> &Option<String>) -> &'r str {
    row.and_then(|row| of(row).as_deref()).unwrap_or(UNKNOWN)
}
