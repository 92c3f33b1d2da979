//! `touchload` at a terminal: typed into and looked at, as a person would. `script` makes the terminal.

use crate::run_process::until;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A command at a terminal of 100 columns and 24 lines; killed with the value.
pub(crate) struct PseudoTerminal {
    child: Child,
    keys: Option<ChildStdin>,
    seen: Arc<Mutex<Vec<u8>>>,
    /// How much of what was seen has been waited for.
    passed: usize,
}

impl PseudoTerminal {
    /// Starts `touchload` with these words, which hold no quotes; its state is kept below `state`.
    pub(crate) fn start(words: &str, state: &Path) -> Self {
        let command = format!("stty rows 24 cols 100; exec {} {words}", env!("CARGO_BIN_EXE_touchload"));
        let mut child = Command::new("script")
            .args(["-qfec", &command, "/dev/null"])
            .env("XDG_STATE_HOME", state)
            .env("TERM", "xterm")
            .env("PAGER", "cat")
            .env_remove("PGPASSWORD")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script starts");
        let (keys, mut screen) = (child.stdin.take(), child.stdout.take().expect("a screen"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                kept.lock().expect("nobody panicked").extend_from_slice(&bytes[..read]);
            }
        });
        Self { child, keys, seen, passed: 0 }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        let input = self.keys.as_mut().expect("a keyboard");
        input.write_all(keys.as_bytes()).and_then(|()| input.flush()).expect("it listens");
    }

    /// Waits until `text` is seen, behind what was waited for before; gives what came until then.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let what = format!("{text:?} on the terminal");
        let (from, seen) = (self.passed, self.seen.clone());
        let (upto, came) = until(&what, || {
            let seen = seen.lock().expect("nobody panicked");
            let new = String::from_utf8_lossy(&seen[from..]).into_owned();
            let at = new.find(text)?;
            Some((from + at + text.len(), new[..at].to_owned()))
        });
        self.passed = upto;
        came
    }

    /// Whether `text` is seen behind what was waited for; then it has been waited for.
    pub(crate) fn sees(&mut self, text: &str) -> bool {
        let seen = self.seen.lock().expect("nobody panicked");
        let new = String::from_utf8_lossy(&seen[self.passed..]).into_owned();
        let found = new.find(text);
        self.passed += found.map_or(0, |at| at + text.len());
        found.is_some()
    }

    /// Presses keys until the command has ended: those that come while no line is read are lost. Its exit code.
    pub(crate) fn press_until_end(mut self, keys: &str) -> Option<i32> {
        let status = until("its end", || {
            let ended = self.child.try_wait().expect("a child can be asked");
            if let (None, Some(input)) = (ended, self.keys.as_mut()) {
                // It may have ended a moment ago, and then nobody listens.
                input.write_all(keys.as_bytes()).and_then(|()| input.flush()).unwrap_or_default();
            }
            ended
        });
        status.code()
    }

    /// Waits for the end of the command; its exit code.
    pub(crate) fn wait_end(mut self) -> Option<i32> {
        let status = until("its end", || self.child.try_wait().expect("a child can be asked"));
        status.code()
    }
}

impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        // `script` ends its command when its keyboard goes away.
        drop(self.keys.take());
        if let Ok(None) = self.child.try_wait() {
            self.child.kill().expect("a child can be killed");
            self.child.wait().expect("a child can be waited for");
        }
    }
}
