#![no_main]
//! libFuzzer over [`quorb_fuzz::references`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::references(octets));
