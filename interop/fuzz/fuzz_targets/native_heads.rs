#![no_main]
//! libFuzzer over [`quorb_fuzz::native_heads`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::native_heads(octets));
