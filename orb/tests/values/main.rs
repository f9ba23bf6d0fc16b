//! The type table of the guide, row by row: what a value is in IDL, in CDR of both byte orders and in CBOR, to the octet.
//!
//! Tests of a row bear its name. Each writes a sample by hand, reads it back, reads none of its beginnings, and sends
//! random values through both formats.

mod anys;
mod arguments;
mod blocks;
mod bounds;
mod decimals;
mod depth;
mod fuzz;
mod maps;
mod named;
mod numbers;
mod optional;
mod readable;
mod references;
mod rig;
mod sequences;
mod text;
mod type_codes;
mod value_types;

/// The sources of the tests.
const SOURCES: [&str; 12] = [
    include_str!("anys.rs"),
    include_str!("arguments.rs"),
    include_str!("decimals.rs"),
    include_str!("maps.rs"),
    include_str!("named.rs"),
    include_str!("numbers.rs"),
    include_str!("optional.rs"),
    include_str!("references.rs"),
    include_str!("sequences.rs"),
    include_str!("text.rs"),
    include_str!("type_codes.rs"),
    include_str!("value_types.rs"),
];

#[test]
fn every_row_of_the_guide_has_a_test_of_its_name() {
    let guide = include_str!("../../guide/types.md");
    let rows: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(row, _)| row)
        .collect();
    assert!(rows.len() > 25, "the search sees the rows: {rows:?}");
    for row in rows {
        let test = format!("#[test]\nfn {row}() {{");
        assert!(SOURCES.iter().any(|source| source.contains(&test)), "no test of row `{row}`");
    }
}
