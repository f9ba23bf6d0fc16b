//! A whole tree as octets: what a new member of a group gets, and what its log begins with.
//!
//! ```text
//! count(8), count times key, value, as a store has them; count(8), count times lease(8), its end in microseconds(8)
//! key, value: length(4) octets
//! ```

use std::time::Duration;

use bytes::{BufMut, BytesMut};

use super::row::NUMBERED_KEY_BYTES;
use super::wire::{Input, Malformed, microseconds, put_octets};
use super::{LeaseId, Tree, TreeLimits};

impl Tree {
    /// The octets of the whole tree as it is saved. Known at any time.
    pub fn saved_bytes(&self) -> usize {
        let number = size_of::<u64>();
        let rows = self.bindings + self.contexts.len() + self.leases.len() + 1;
        let values = self.leases.len() * number + number;
        let keys = (self.contexts.len() + self.leases.len()) * NUMBERED_KEY_BYTES + 1;
        let ends = self.leases.len() * 2 * number;
        2 * number + rows * 2 * size_of::<u32>() + self.binding_bytes + keys + values + ends
    }

    /// Appends the whole tree. Linear in its size.
    pub fn save(&self, out: &mut BytesMut) {
        let rows = self.bindings() + self.contexts() + self.leases() + 1;
        out.reserve(self.saved_bytes());
        out.put_u64(rows as u64);
        for (key, value) in self.rows() {
            put_octets(&key, out);
            put_octets(&value, out);
        }
        out.put_u64(self.leases() as u64);
        for (lease, ends) in self.leases.ends() {
            out.put_u64(lease.0);
            out.put_u64(microseconds(ends));
        }
    }

    /// The tree that was saved, with these limits.
    ///
    /// # Errors
    /// Octets that no tree was saved as.
    pub fn from_saved(octets: &[u8], limits: TreeLimits) -> Result<Tree, Malformed> {
        let mut input = Input(octets);
        let read = Tree::read_saved(&mut input, limits).filter(|_| input.0.is_empty());
        read.ok_or(Malformed { octets: octets.len() })
    }

    fn read_saved(input: &mut Input<'_>, limits: TreeLimits) -> Option<Tree> {
        let mut tree = Tree::new(limits);
        for _ in 0..input.u64()? {
            let (key, value) = (input.octets()?, input.octets()?);
            tree.restore(key, value).ok()?;
        }
        tree.restored(Duration::ZERO);
        for _ in 0..input.u64()? {
            let (lease, ends) = (LeaseId(input.u64()?), Duration::from_micros(input.u64()?));
            tree.leases.set_end(lease, ends).then_some(())?;
        }
        Some(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::cos::NameComponent;

    fn example() -> Tree {
        let mut tree = Tree::new(TreeLimits::from(&crate::Limits::default()));
        let label = |id: &str| vec![Label::of(&NameComponent { id: id.into(), kind: "k".into() }).unwrap()];
        let mut apply =
            |command, now| tree.apply(command, Duration::from_millis(now), &mut Vec::new()).unwrap();
        let at = ContextId::ROOT;
        apply(Command::BindNewContext { at, name: label("inner") }, 0);
        apply(Command::NewContext { at }, 0);
        let Outcome::Lease(lease) = apply(Command::Grant { ttl: Duration::from_millis(700) }, 5) else {
            panic!()
        };
        let target = Target::Object(Reference((*b"object").into()));
        let bind = |at, lease| Command::Bind {
            at,
            name: label("x"),
            target: target.clone(),
            mode: Mode::New,
            lease,
        };
        apply(bind(ContextId(2), Some(lease)), 6);
        apply(bind(at, None), 6);
        apply(Command::Grant { ttl: Duration::from_secs(3) }, 9);
        apply(Command::Renew { lease }, 11);
        tree
    }

    #[test]
    fn a_saved_tree_comes_back_as_it_was_with_the_time_that_is_left() {
        let tree = example();
        let mut saved = BytesMut::new();
        tree.save(&mut saved);
        assert_eq!(saved.len(), tree.saved_bytes());
        let limits = TreeLimits::from(&crate::Limits::default());
        let back = Tree::from_saved(&saved, limits).unwrap();
        assert_eq!(back.saved_bytes(), tree.saved_bytes());
        assert_eq!(back, tree);
        assert_eq!(back.next_expiry(), Some(Duration::from_millis(711)));
        for length in 0..saved.len() {
            assert!(Tree::from_saved(&saved[..length], limits).is_err(), "{length}");
        }
    }

    /// Seeded.
    #[test]
    fn spoilt_octets_cost_an_error_or_another_tree() {
        let mut whole = BytesMut::new();
        example().save(&mut whole);
        let limits = TreeLimits::from(&crate::Limits::default());
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut refused = 0;
        for _ in 0..20_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut spoilt = whole.to_vec();
            let at = (state >> 8) as usize % spoilt.len();
            spoilt[at] = state as u8;
            refused += usize::from(Tree::from_saved(&spoilt, limits).is_err());
        }
        assert!(refused > 2_000, "only {refused} were refused");
    }
}
