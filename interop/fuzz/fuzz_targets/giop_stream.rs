#![no_main]
//! libFuzzer over [`quorb_fuzz::giop_stream`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::giop_stream(octets));
