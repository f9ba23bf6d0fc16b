//! A front end for OMG IDL: from source files to a resolved [`Model`], and back to text.
//!
//! A [`Compiler`] preprocesses, parses and resolves one file with all that it includes, and gives an [`Outcome`]: what
//! is wrong, as [`Diagnostic`]s with their places, and the [`Model`] if nothing is. It follows OMG IDL 4.2 in the
//! building blocks that CORBA uses, and accepts what CORBA 2 and 3 allowed before.
//!
//! ```
//! use quorb_idl::{Compiler, Memory};
//!
//! let files = Memory::new()
//!     .with("grid.idl", "#include \"cell.idl\"\ninterface Grid { Cell get(in short n); };")
//!     .with("cell.idl", "typedef sequence<octet, 4> Cell;");
//! let outcome = Compiler::new(&files).compile("grid.idl");
//! let model = outcome.model.expect("both files are valid");
//! let grid = model.find("Grid").expect("it is defined");
//! assert_eq!(model.definition(grid).repository_id, "IDL:Grid:1.0");
//! assert!(quorb_idl::print(&model).contains("Cell get(in short n);"));
//!
//! let files = Memory::new().with("wrong.idl", "interface Grid { Cell get(); };");
//! let outcome = Compiler::new(&files).compile("wrong.idl");
//! assert_eq!(outcome.errors().next().unwrap().lines().next(), Some(
//!     "wrong.idl:1:18: error[not-found]: Cell is not declared"
//! ));
//! ```
//!
//! Nothing a file says makes the front end panic, run on, or take unbounded memory: [`Limits`] bounds what it may cost.
//!
//! Where it is more generous than IDL 4.2: structs, unions and enums may be declared in the type of a member, as CORBA 2
//! allowed; keywords that came after CORBA 2 (`component`, `map`, `int32`...) may be names; `>>` closes two brackets;
//! a lone `;` is a warning. Not supported, and reported where it stands: components, homes, event types, maps, structs
//! that inherit, and instances of template modules. A `long double` constant has the precision of a `double`.

mod diagnostic;
mod lex;
mod limits;
pub mod model;
mod parse;
mod preprocess;
mod print;
mod resolve;
mod source;
mod syntax;

pub use diagnostic::{Code, Diagnostic, Severity, render};
pub use lex::KEYWORDS;
pub use limits::Limits;
pub use model::Model;
pub use print::print;
pub use source::{Disk, FileId, Files, Location, Memory, Place, ReadFault, SourceMap, Span};

use diagnostic::Report;
use parse::Parser;
use preprocess::Preprocessor;
use resolve::Resolver;

/// Settings of a translation, and where files come from.
#[derive(Clone)]
pub struct Compiler<'a> {
    files: &'a dyn Files,
    search_path: Vec<String>,
    definitions: Vec<(String, String)>,
    limits: Limits,
}

/// What came of a translation.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The model; none if there are errors.
    pub model: Option<Model>,
    /// What was found, file by file, each from top to bottom.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub sources: SourceMap,
    excerpt_chars_max: usize,
}

impl std::fmt::Debug for Compiler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler")
            .field("search_path", &self.search_path)
            .field("definitions", &self.definitions)
            .finish_non_exhaustive()
    }
}

impl<'a> Compiler<'a> {
    /// A compiler without a search path or macros, with the default limits.
    pub fn new(files: &'a dyn Files) -> Compiler<'a> {
        Compiler { files, search_path: Vec::new(), definitions: Vec::new(), limits: Limits::default() }
    }

    /// Adds a folder where included files are looked for, behind those added before.
    #[must_use]
    pub fn include(mut self, folder: impl Into<String>) -> Compiler<'a> {
        self.search_path.push(folder.into());
        self
    }

    /// Defines a macro before the first line.
    #[must_use]
    pub fn define(mut self, name: impl Into<String>, value: impl Into<String>) -> Compiler<'a> {
        self.definitions.push((name.into(), value.into()));
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Compiler<'a> {
        self.limits = limits;
        self
    }

    /// Translates a file. Time and memory are linear in what is read, but for what [`Limits`] bounds.
    pub fn compile(&self, path: &str) -> Outcome {
        let limits = &self.limits;
        let mut sources = SourceMap::default();
        let mut report = Report::new(limits.errors_max);
        let preprocessor =
            Preprocessor::new(self.files, &self.search_path, limits, &mut sources, &mut report);
        let preprocessed = preprocessor.run(path, &self.definitions);
        let declarations = Parser::new(preprocessed, limits, &mut report).run();
        let model = Resolver::new(limits, &mut report).run(declarations);
        let model = report.is_valid().then_some(model);
        Outcome {
            model,
            diagnostics: report.into_diagnostics(),
            sources,
            excerpt_chars_max: limits.excerpt_chars_max,
        }
    }
}

impl Outcome {
    /// Whether there are no errors.
    pub fn is_valid(&self) -> bool {
        self.model.is_some()
    }

    /// Each diagnostic as text, warnings included.
    pub fn rendered(&self) -> impl Iterator<Item = String> {
        self.diagnostics.iter().map(|diagnostic| self.render(diagnostic))
    }

    /// Each error as text.
    pub fn errors(&self) -> impl Iterator<Item = String> {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(|diagnostic| self.render(diagnostic))
    }

    fn render(&self, diagnostic: &Diagnostic) -> String {
        render(diagnostic, &self.sources, self.excerpt_chars_max)
    }
}
