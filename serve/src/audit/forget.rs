//! Forgetting a person in the audit log: that somebody asked stays, of whom does not.
//!
//! Every text of a line that is the id becomes another name; a line that is no JSON and holds the id, which a full disk cut
//! off, goes. A file is replaced as a whole once its new content is on the disk, so that a kill leaves the old or the new
//! one; what a kill left half-written is overwritten by the next try.

use super::file::{create_beside, sync_folder};
use serde_json::Value;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Replaces `hcp_id` by `name` in every file of `folder`; gives how many lines changed. Without the folder there are none.
///
/// # Errors
/// A file cannot be read or replaced: the disk's fault or that of its rights. What was done stays done; try again.
pub fn forget(folder: &Path, hcp_id: &str, name: &str) -> io::Result<u64> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        files => files?,
    };
    let mut changed = 0;
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "ndjson") {
            changed += forget_in(folder, &path, (hcp_id, name))?;
        }
    }
    Ok(changed)
}

fn forget_in(folder: &Path, path: &Path, names: (&str, &str)) -> io::Result<u64> {
    let (old, mut new, mut changed) = (fs::read(path)?, Vec::new(), 0);
    for line in old.split_inclusive(|byte| *byte == b'\n') {
        match without(line, names) {
            Line::Same => new.extend_from_slice(line),
            Line::Other(text) => {
                changed += 1;
                new.extend_from_slice(text.as_bytes());
                new.push(b'\n');
            }
            Line::Gone => changed += 1,
        }
    }
    if changed > 0 {
        let beside = path.with_extension("new");
        let mut file = create_beside(&beside)?;
        file.write_all(&new)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_folder(folder)?;
    }
    Ok(changed)
}

/// What becomes of a line.
enum Line {
    Same,
    Other(String),
    Gone,
}

fn without(line: &[u8], (hcp_id, name): (&str, &str)) -> Line {
    let Ok(mut value) = serde_json::from_slice::<Value>(line) else {
        let holds = line.windows(hcp_id.len().max(1)).any(|part| part == hcp_id.as_bytes());
        return if holds { Line::Gone } else { Line::Same };
    };
    if rename(&mut value, hcp_id, name) { Line::Other(value.to_string()) } else { Line::Same }
}

/// Whether any text was renamed.
fn rename(value: &mut Value, hcp_id: &str, name: &str) -> bool {
    match value {
        Value::String(text) if text == hcp_id => {
            name.clone_into(text);
            true
        }
        Value::Array(values) => values.iter_mut().fold(false, |any, value| rename(value, hcp_id, name) | any),
        Value::Object(fields) => fields.values_mut().fold(false, |any, value| rename(value, hcp_id, name) | any),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::forget;
    use std::fs;

    #[test]
    fn the_person_goes_and_that_somebody_asked_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(forget(&folder.path().join("none"), "h-1", "erased").unwrap(), 0);
        let path = folder.path().join("2026-03-05.ndjson");
        let lines = "{\"hcp_id\":\"h-1\",\"verdict\":\"deny\",\"proposed\":{\"hcp_id\":\"h-1\"}}\n{\"hcp_id\":\"h-12\"}\n\
                     {\"hcp_id\":\"h-1\",\"ver\n{\"hcps\":[\"\\u0068-1\",\"h-2\"]}\nnot json\n{\"at\":\"last";
        fs::write(&path, lines).unwrap();
        fs::write(path.with_extension("new"), "half of an earlier try").unwrap();
        assert_eq!(forget(folder.path(), "h-1", "erased").unwrap(), 3);
        let left = fs::read_to_string(&path).unwrap();
        assert_eq!(
            left,
            "{\"hcp_id\":\"erased\",\"proposed\":{\"hcp_id\":\"erased\"},\"verdict\":\"deny\"}\n{\"hcp_id\":\"h-12\"}\n\
             {\"hcps\":[\"erased\",\"h-2\"]}\nnot json\n{\"at\":\"last"
        );
        assert_eq!(forget(folder.path(), "h-1", "erased").unwrap(), 0);
        assert!(!path.with_extension("new").exists());
    }
}
