#![no_main]
//! libFuzzer over [`quorb_fuzz::cdr_values`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::cdr_values(octets));
