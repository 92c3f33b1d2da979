//! A real S3 server for tests: a child process on a free port (`tests/python/object_store.py`), which ends with the value
//! and, since it reads its standard input, with the test process too.

use crate::test_setup;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use store::{Location, StoreOptions};

/// The bucket that every server has.
const BUCKET: &str = "touchload-tests";
/// Its secret, which no output may show.
pub(crate) const SECRET: &str = "hunter2-and-more";

/// What the server does wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It takes If-None-Match and does not look at it.
    IgnoresConditions,
    /// It carries out every n-th conditional PUT and answers 500.
    LosesReplies(u32),
    /// It speaks TLS with a certificate that nobody has signed.
    SelfSigned,
}

/// The server.
pub(crate) struct ObjectStoreServer {
    child: Child,
    url: String,
    python: PathBuf,
    folder: tempfile::TempDir,
}

impl ObjectStoreServer {
    /// A server that answers, `None` when Python is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when it is missing; anywhere when the server does not come up.
    pub(crate) fn start(fault: Fault) -> Option<Self> {
        let python = test_setup::provide("python.sh")?;
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(&python);
        command.arg(program("object_store.py")).arg(BUCKET);
        match fault {
            Fault::None => {}
            Fault::IgnoresConditions => drop(command.arg("--ignore-conditions")),
            Fault::SelfSigned => drop(command.arg("--self-signed")),
            Fault::LosesReplies(each) => drop(command.args(["--lose-replies", &each.to_string()])),
        }
        let log = File::create(folder.path().join("log")).expect("a log file");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("python starts");
        let mut url = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut url).expect("the server prints text");
        let server = Self { child, url: url.trim().to_owned(), python, folder };
        assert!(server.url.contains("://127.0.0.1:"), "the server did not come up:\n{}", server.said());
        Some(server)
    }

    /// What it has logged, such as every reply that it lost.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The URL of tables below a prefix.
    pub(crate) fn data(&self, prefix: &str) -> String {
        format!("s3://{BUCKET}/{prefix}")
    }

    /// How clients reach it, as options.
    pub(crate) fn options(&self) -> [(&'static str, &str); 5] {
        [
            ("endpoint", &self.url),
            ("allow_http", "true"),
            ("region", "us-east-1"),
            ("access_key_id", "test"),
            ("secret_access_key", SECRET),
        ]
    }

    /// How processes reach it, as environment variables.
    pub(crate) fn environment(&self) -> Vec<(String, &str)> {
        self.options().iter().map(|(name, value)| (format!("AWS_{}", name.to_ascii_uppercase()), *value)).collect()
    }

    /// Tables below a prefix, as the store's crate takes them.
    pub(crate) fn location(&self, prefix: &str) -> Location {
        let location = Location::parse(&self.data(prefix)).expect("a location");
        location.with_options(StoreOptions::from_iter(self.options()))
    }

    /// What the Python reader of Delta tables sees: table → `rows` and `positions`.
    ///
    /// # Panics
    /// It cannot read them.
    pub(crate) fn read_by_python(&self, prefix: &str) -> serde_json::Value {
        let mut command = Command::new(&self.python);
        command.arg(program("read_object_store.py")).args([&self.url, &self.data(prefix)]);
        let output = command.output().expect("python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}

impl Drop for ObjectStoreServer {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what is wanted.
        self.child.kill().unwrap_or_default();
        self.child.wait().ok();
    }
}
