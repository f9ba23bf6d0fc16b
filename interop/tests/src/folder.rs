//! Folders of foreign programs.

use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new folder among the temporary ones, which goes away with the value and all that is in it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one; `purpose` is in its name, for whoever finds what a killed process has left.
    ///
    /// # Errors
    /// The system makes none.
    pub fn new(purpose: &str) -> io::Result<Folder> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("quorb-{purpose}-{}-{number}", process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What a process still holds open is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_as_long_as_its_value() {
        let (one, other) = (Folder::new("folder").expect("it is made"), Folder::new("folder").expect("two"));
        assert_ne!(one.path(), other.path());
        std::fs::write(one.path().join("file"), "text").expect("it can be written to");
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists() && other.path().exists());
    }
}
