//! A gauge family as it stands on the page.
//!
//! The metrics library cannot write an untyped family, which buckets of a present state need; hence this small writer
//! of the text format.

use std::fmt::Write;

/// What the samples of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FamilyShape {
    /// Independent numbers.
    Gauge,
    /// Cumulative counts by label `le`.
    Buckets,
}

/// One line of the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// One value per label name.
    pub(super) labels: Vec<String>,
    /// The number; never NaN.
    pub(super) value: f64,
}

/// A family of one refresh.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GaugeFamily {
    /// Full name.
    pub(super) name: String,
    /// HELP text, unescaped.
    pub(super) help: String,
    /// What the samples are.
    pub(super) shape: FamilyShape,
    /// Label names.
    pub(super) labels: Vec<String>,
    /// Lines, in the order of the query.
    pub(super) samples: Vec<Sample>,
}

impl GaugeFamily {
    /// Writes the family; one without samples is left out.
    pub(super) fn render(&self, page: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let family_type = match self.shape {
            FamilyShape::Gauge => "gauge",
            FamilyShape::Buckets => "untyped",
        };
        push_line(page, format_args!("# HELP {} {}", self.name, escape(&self.help)));
        push_line(page, format_args!("# TYPE {} {family_type}", self.name));
        for sample in &self.samples {
            page.push_str(&self.name);
            self.render_labels(sample, page);
            push_line(page, format_args!(" {}", Number(sample.value)));
        }
    }

    fn render_labels(&self, sample: &Sample, page: &mut String) {
        let pairs: Vec<String> = self
            .labels
            .iter()
            .zip(&sample.labels)
            .map(|(name, value)| format!("{name}=\"{}\"", escape(value).replace('"', "\\\"")))
            .collect();
        if !pairs.is_empty() {
            page.push('{');
            page.push_str(&pairs.join(","));
            page.push('}');
        }
    }
}

/// A number in the text format's spelling.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            number => write!(f, "{number}"),
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

fn push_line(page: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    if writeln!(page, "{line}").is_err() {
        page.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::{FamilyShape, GaugeFamily, Sample};

    fn family(shape: FamilyShape, labels: &[&str], samples: &[(&[&str], f64)]) -> String {
        let mut page = String::new();
        let family = GaugeFamily {
            name: "touchload_x".to_owned(),
            help: "a \\ b".to_owned(),
            shape,
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
            samples: samples
                .iter()
                .map(|(labels, value)| Sample {
                    labels: labels.iter().map(|l| (*l).to_owned()).collect(),
                    value: *value,
                })
                .collect(),
        };
        family.render(&mut page);
        page
    }

    #[test]
    fn label_values_are_escaped() {
        let page = family(FamilyShape::Gauge, &["a", "b"], &[(&["q\"\\\n", ""], 1.5)]);
        let expected = "# HELP touchload_x a \\\\ b\n# TYPE touchload_x gauge\n\
                        touchload_x{a=\"q\\\"\\\\\\n\",b=\"\"} 1.5\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn buckets_are_untyped_and_infinity_is_spelt_out() {
        let page = family(FamilyShape::Buckets, &["le"], &[(&["+Inf"], f64::INFINITY)]);
        assert!(page.ends_with("# TYPE touchload_x untyped\ntouchload_x{le=\"+Inf\"} +Inf\n"), "{page}");
    }

    #[test]
    fn no_labels_no_braces_and_no_samples_no_family() {
        assert!(family(FamilyShape::Gauge, &[], &[(&[], 3.0)]).ends_with("touchload_x 3\n"));
        assert_eq!(family(FamilyShape::Gauge, &["a"], &[]), "");
    }
}
