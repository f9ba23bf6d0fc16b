//! Every bound the front end enforces on what a source file may make it do.

/// How much a translation may cost. Each limit ends in its unit and what it bounds; crossing one is a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one file.
    pub file_bytes_max: usize,
    /// Octets of all files together, each counted as often as it is included.
    pub source_bytes_max: usize,
    /// Files that include one another, the first counted.
    pub include_depth_max: usize,
    /// Conditional groups inside one another, in one file.
    pub condition_depth_max: usize,
    /// Tokens that reach the parser.
    pub tokens_max: usize,
    /// Tokens that macros produce, over the whole translation.
    pub expansion_tokens_max: usize,
    /// Macros whose replacement is being read at the same time.
    pub expansion_depth_max: usize,
    /// Parentheses, types and scopes inside one another.
    pub nesting_depth_max: usize,
    /// Operators in one constant expression.
    pub expression_operators_max: usize,
    /// Octets of a name.
    pub name_bytes_max: usize,
    /// Octets of a prefix of repository ids.
    pub prefix_bytes_max: usize,
    /// Octets of all repository ids together.
    pub repository_id_bytes_max: usize,
    /// Interfaces and valuetypes that one inherits, directly or not.
    pub ancestors_max: usize,
    /// Aliases between a name and the type it stands for.
    pub alias_depth_max: usize,
    /// Errors reported before the rest is left out.
    pub errors_max: usize,
    /// Characters of a source line that a diagnostic shows.
    pub excerpt_chars_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes_max: 16 << 20,
            source_bytes_max: 64 << 20,
            include_depth_max: 64,
            condition_depth_max: 256,
            tokens_max: 4 << 20,
            expansion_tokens_max: 1 << 20,
            expansion_depth_max: 256,
            nesting_depth_max: 64,
            expression_operators_max: 1024,
            name_bytes_max: 1024,
            prefix_bytes_max: 1024,
            repository_id_bytes_max: 128 << 20,
            ancestors_max: 256,
            alias_depth_max: 256,
            errors_max: 100,
            excerpt_chars_max: 160,
        }
    }
}
