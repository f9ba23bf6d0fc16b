//! Dynamic values against the generated types' formats, and under hostile input.
