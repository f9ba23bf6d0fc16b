#![no_main]
//! libFuzzer over [`quorb_fuzz::iiop_connection`].

libfuzzer_sys::fuzz_target!(|octets: &[u8]| quorb_fuzz::iiop_connection(octets));
