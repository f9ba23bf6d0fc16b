#![no_main]
//! libFuzzer over [`quorb_fuzz::idl_source`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::idl_source(octets));
