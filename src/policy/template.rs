//! Policies to begin with: complete files with their reasons in comments, read by the same loader as any other.

/// One shipped policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        /// Every template, in the order in which they are listed.
        pub const TEMPLATES: &[Template] =
            &[$(Template { name: $name, text: include_str!(concat!("templates/", $name, ".toml")) }),+];
    };
}

templates!("rep-email", "hq-email", "cross-channel", "uk-abpi", "coverage", "navigation", "orchestration", "demo");

impl Template {
    /// What it is: the first line of its file.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

/// The template of a name.
pub fn named(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}
