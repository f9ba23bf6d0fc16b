#![no_main]
//! libFuzzer over [`quorb_fuzz::values`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::values(octets));
