#![no_main]
//! libFuzzer over [`quorb_fuzz::native_pair`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::native_pair(octets));
