//! The kinds of findings.

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal,)*) => {
        /// What kind of finding a diagnostic is. Tools may rely on the spelling of [`Code::as_str`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// The name of the kind, as diagnostics show it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => $text,)*
                }
            }
        }
    };
}

codes! {
    /// A file cannot be found or read.
    Include = "include",
    /// A limit of the front end is crossed.
    Limit = "limit",
    /// More errors than are shown.
    TooManyErrors = "too-many-errors",
    /// A preprocessing directive is malformed or unknown.
    Directive = "directive",
    /// `#if` and its kin do not pair up.
    Conditional = "conditional",
    /// The expression of an `#if` is malformed.
    Condition = "condition",
    /// A macro is defined or used wrongly.
    Macro = "macro",
    /// An `#error` was reached.
    UserError = "user-error",
    /// A `#warning` was reached.
    UserWarning = "user-warning",
    /// A `#pragma` is malformed.
    Pragma = "pragma",
    /// A character that begins no token.
    Character = "character",
    /// A literal or a comment that does not end, or an escape or number that means nothing.
    Literal = "literal",
    /// What stands here is not what the grammar asks for.
    Syntax = "syntax",
    /// A keyword, or an identifier that differs from one in case alone, used as a name.
    Keyword = "keyword",
    /// Valid OMG IDL that this front end does not support.
    Unsupported = "unsupported",
    /// A construct that is accepted without effect.
    Ignored = "ignored",
    /// A name that is not declared.
    NotFound = "not-found",
    /// A name that means several things here.
    Ambiguous = "ambiguous",
    /// A name that differs from its declaration in case.
    CaseMismatch = "case-mismatch",
    /// A name declared twice in a scope.
    Redefinition = "redefinition",
    /// Two names of a scope that differ in case alone.
    CaseCollision = "case-collision",
    /// A name declared after its use in the scope with another meaning.
    RedefinedAfterUse = "redefined-after-use",
    /// A name that repeats the name of the scope it is declared in.
    ScopeName = "scope-name",
    /// A name that is not of the kind needed here.
    WrongKind = "wrong-kind",
    /// A forward declaration that is never completed.
    Incomplete = "incomplete",
    /// A forward declaration or reopening that contradicts the first one.
    Mismatch = "mismatch",
    /// A type that contains itself, or is used before it is complete.
    Recursion = "recursion",
    /// A constant expression with operands or a result of the wrong type.
    ConstantType = "constant-type",
    /// A constant expression with a value out of range.
    ConstantRange = "constant-range",
    /// A bound, a dimension, or digits of a fixed that are not allowed.
    Bound = "bound",
    /// A union's discriminator has a type that none may have.
    Discriminator = "discriminator",
    /// A union's label is there twice, or the default has no value left.
    Label = "label",
    /// Inheritance that is not allowed.
    Inheritance = "inheritance",
    /// An operation or attribute inherited twice or redefined.
    InheritedClash = "inherited-clash",
    /// A oneway operation that answers.
    Oneway = "oneway",
    /// A context that is no context name.
    Context = "context",
    /// A local type where only types that travel are allowed.
    Local = "local",
    /// A rule of valuetypes is broken.
    Value = "value",
    /// A repository id that is malformed or set twice.
    RepositoryId = "repository-id",
}
