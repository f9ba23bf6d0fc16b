//! Incremental build steps: files made out of files by a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use crate::limits::BUILD_JOBS_MAX;

/// One file that a command makes out of others.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// What the command is given; the step is done anew when one of them is newer than the output, or when the
    /// output was made by another command or of other files: by another checkout, say, that shares the folder.
    pub(crate) inputs: Vec<PathBuf>,
    /// The file whose presence says that the step is done. A command writes it last, or at once by renaming.
    pub(crate) output: PathBuf,
    /// The program and its arguments. `{out}` among them stands for a path beside the output that is renamed to
    /// it after success, so that an interrupted command leaves nothing that looks finished.
    pub(crate) command: Vec<String>,
}

/// Why a step failed: its command and what it printed.
#[derive(Debug, Clone)]
pub(crate) struct StepFault {
    pub(crate) command: String,
    pub(crate) output: String,
}

/// Does what is not done yet of independent steps, several at once and politely to other processes.
pub(crate) fn run(steps: &[Step]) -> Result<(), StepFault> {
    let next = AtomicUsize::new(0);
    let fault = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..BUILD_JOBS_MAX {
            scope.spawn(|| {
                while let Some(step) = steps.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failed) = step.run() {
                        *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed);
                        next.store(steps.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

impl Step {
    fn run(&self) -> Result<(), StepFault> {
        if self.is_done() {
            return Ok(());
        }
        let fault = |output: String| StepFault { command: self.command.join(" "), output };
        let temporary = self.output.with_extension(format!("making-{}", std::process::id()));
        if let Some(folder) = self.output.parent() {
            fs::create_dir_all(folder).map_err(|cause| fault(cause.to_string()))?;
        }
        let words = self.command.iter().map(|word| word.replace("{out}", &temporary.to_string_lossy()));
        let output = Command::new("nice")
            .args(["-n", "10"])
            .args(words)
            .output()
            .map_err(|cause| fault(cause.to_string()))?;
        if !output.status.success() {
            let _ = fs::remove_file(&temporary);
            return Err(fault(
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
            ));
        }
        if temporary.exists() {
            fs::rename(&temporary, &self.output).map_err(|cause| fault(cause.to_string()))?;
        }
        if !self.output.exists() {
            return Err(fault("the command did not make its output".to_owned()));
        }
        fs::write(self.recipe_file(), self.recipe()).map_err(|cause| fault(cause.to_string()))
    }

    fn is_done(&self) -> bool {
        let Ok(made) = modified(&self.output) else { return false };
        let same_recipe = fs::read_to_string(self.recipe_file()).is_ok_and(|recipe| recipe == self.recipe());
        same_recipe && self.inputs.iter().all(|input| modified(input).is_ok_and(|changed| changed <= made))
    }

    fn recipe_file(&self) -> PathBuf {
        let name = self.output.file_name().unwrap_or_default().to_string_lossy();
        self.output.with_file_name(format!(".{name}.recipe"))
    }

    fn recipe(&self) -> String {
        format!("{:?}\n{:?}\n", self.command, self.inputs)
    }
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("quorb-steps-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        folder
    }

    fn copy(from: &Path, to: &Path) -> Step {
        let command = ["cp", &from.to_string_lossy(), "{out}"].map(str::to_owned).to_vec();
        Step { inputs: vec![from.to_owned()], output: to.to_owned(), command }
    }

    #[test]
    fn a_step_runs_once_and_again_when_its_input_changed() {
        let folder = folder("again");
        let (from, to) = (folder.join("from"), folder.join("deep/to"));
        fs::write(&from, "one").expect("written");
        run(&[copy(&from, &to)]).expect("copied");
        assert_eq!(fs::read_to_string(&to).expect("made"), "one");

        // Not made again while nothing changed: what was put there stays.
        fs::write(&to, "kept").expect("written");
        run(&[copy(&from, &to)]).expect("nothing to do");
        assert_eq!(fs::read_to_string(&to).expect("there"), "kept");

        fs::write(&from, "two").expect("written");
        let later = modified(&to).expect("there") + std::time::Duration::from_secs(2);
        fs::File::options().write(true).open(&from).and_then(|file| file.set_modified(later)).expect("dated");
        run(&[copy(&from, &to)]).expect("copied");
        assert_eq!(fs::read_to_string(&to).expect("made"), "two");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_step_runs_again_when_its_command_changed() {
        let folder = folder("recipe");
        let (one, two, to) = (folder.join("one"), folder.join("two"), folder.join("to"));
        fs::write(&one, "one").expect("written");
        fs::write(&two, "two").expect("written");
        run(&[copy(&one, &to)]).expect("copied");
        // No file is newer than what was made of the other one.
        run(&[copy(&two, &to)]).expect("copied");
        assert_eq!(fs::read_to_string(&to).expect("made"), "two");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_failed_step_says_what_its_command_said_and_leaves_nothing() {
        let folder = folder("fault");
        let to = folder.join("to");
        let fault = run(&[copy(&folder.join("missing"), &to)]).expect_err("there is nothing to copy");
        assert!(fault.command.starts_with("cp ") && fault.output.contains("missing"), "{fault:?}");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
        fs::remove_dir_all(&folder).expect("removed");
    }
}
