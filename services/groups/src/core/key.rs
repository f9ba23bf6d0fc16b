//! The proof of a shared key: who does not know it gets no further than the hello.
//!
//! ```text
//!   dialler -- HELLO(nonce d) -->            PROOF(side) = HMAC-SHA-256(key, side, nonce of the verifier, nonce of the
//!           <-- HELLO(nonce a), PROOF --     prover, domain name, incarnation and address of the prover)
//!           -- PROOF -->                     RESUME follows when the other side's proof is good
//! ```
//!
//! Both nonces and both sides go into each proof, so none can be used again, for another process, or in the other direction.
//! It keeps out strangers and processes that were configured by mistake; it does not hide or protect what is said
//! afterwards from whoever can change the traffic itself.

use super::identity::{Address, DomainName, ProcessId};
use super::wire::Wire;
use bytes::{Bytes, BytesMut};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;

/// Octets of a nonce.
pub(crate) const NONCE_BYTES: usize = 16;

/// A key that all processes of a domain were given. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedKey(Arc<[u8]>);

impl SharedKey {
    /// A key of these octets.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        Self(octets.into())
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey")
    }
}

/// What a proof is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Whether the prover dialled.
    pub(crate) dialled: bool,
    pub(crate) asked: &'a [u8],
    pub(crate) own: &'a [u8],
    pub(crate) name: &'a DomainName,
    pub(crate) process: ProcessId,
    pub(crate) address: &'a Address,
}

impl SharedKey {
    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        // A key of any length is one.
        let mut mac = Hmac::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(content);
        mac
    }

    /// A nonce for a connection: no two are alike, since incarnations and connections are not.
    pub(crate) fn nonce(&self, process: ProcessId, link: u64) -> Bytes {
        let mut content = BytesMut::from(&b"nonce"[..]);
        process.write(&mut content);
        link.write(&mut content);
        Bytes::copy_from_slice(&self.mac(&content).finalize().into_bytes()[..NONCE_BYTES])
    }

    pub(crate) fn prove(&self, claim: Claim<'_>) -> Bytes {
        Bytes::copy_from_slice(&self.mac(&claim.octets()).finalize().into_bytes())
    }

    /// Whether the proof is good; takes the same time whatever it is.
    pub(crate) fn verify(&self, claim: Claim<'_>, proof: &[u8]) -> bool {
        self.mac(&claim.octets()).verify_slice(proof).is_ok()
    }
}

impl Claim<'_> {
    fn octets(&self) -> Bytes {
        let mut octets = BytesMut::from(&b"hello"[..]);
        self.dialled.write(&mut octets);
        Bytes::copy_from_slice(self.asked).write(&mut octets);
        Bytes::copy_from_slice(self.own).write(&mut octets);
        self.name.write(&mut octets);
        self.process.write(&mut octets);
        self.address.write(&mut octets);
        octets.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_claim_and_one_key() {
        let (name, address): (DomainName, Address) = ("d".into(), "a".into());
        let claim = |dialled, asked, own, process| Claim {
            dialled,
            asked,
            own,
            name: &name,
            process: ProcessId(process),
            address: &address,
        };
        let key = SharedKey::new(b"secret");
        let proof = key.prove(claim(true, b"n1", b"n2", 1));
        assert!(key.verify(claim(true, b"n1", b"n2", 1), &proof));
        assert!(!key.verify(claim(false, b"n1", b"n2", 1), &proof), "the other direction");
        assert!(!key.verify(claim(true, b"n2", b"n1", 1), &proof), "the other side's");
        assert!(!key.verify(claim(true, b"n1n", b"2", 1), &proof), "the same octets, cut elsewhere");
        assert!(!key.verify(claim(true, b"n1", b"n2", 2), &proof), "another process");
        assert!(!SharedKey::new(b"other").verify(claim(true, b"n1", b"n2", 1), &proof));
        assert!(!key.verify(claim(true, b"n1", b"n2", 1), &proof[..31]));
        assert_eq!(format!("{key:?}"), "SharedKey");
        assert_ne!(key.nonce(ProcessId(1), 1), key.nonce(ProcessId(1), 2));
    }
}
