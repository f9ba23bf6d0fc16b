//! Definitions in their modules.

use super::words::escaped;

/// Definitions in the order in which they are written, each in its module.
#[derive(Debug, Default)]
pub(super) struct Layout {
    items: Vec<(Vec<String>, Vec<String>)>,
}

impl Layout {
    /// Adds the lines of a definition.
    pub(super) fn add(&mut self, modules: &[String], lines: Vec<String>) {
        self.items.push((modules.to_vec(), lines));
    }

    /// The text: a module is open as long as what follows stands in it.
    pub(super) fn write(&self, text: &mut String) {
        let mut open: Vec<String> = Vec::new();
        for (modules, lines) in &self.items {
            let common = open.iter().zip(modules).take_while(|(left, right)| left == right).count();
            close(&mut open, common, text);
            while open.len() < modules.len() {
                let name = modules[open.len()].clone();
                line(open.len(), &format!("module {} {{", escaped(&name)), text);
                open.push(name);
            }
            lines.iter().for_each(|one| line(open.len(), one, text));
        }
        close(&mut open, 0, text);
    }
}

fn close(open: &mut Vec<String>, left: usize, text: &mut String) {
    while open.len() > left {
        open.pop();
        line(open.len(), "};", text);
    }
}

fn line(depth: usize, content: &str, text: &mut String) {
    // A directive stands at the beginning of its line.
    if !content.starts_with('#') {
        text.extend(std::iter::repeat_n("  ", depth));
    }
    text.push_str(content);
    text.push('\n');
}
