//! Every target over its seeds, over harmed seeds, and over everything that ever broke one.

use std::fs;
use std::path::Path;

use quorb_fuzz::{TARGETS, Target};

/// Rounds over all seeds of a target; a fuzzer goes on where this ends.
const ROUNDS: u64 = 40;

/// Marsaglia's xorshift: the seed says the whole sequence.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Octets with some of them flipped, replaced, cut off or repeated.
fn harmed(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut octets = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(octets.len());
        match dice.below(6) {
            0 | 1 => octets.iter_mut().skip(place).take(1).for_each(|octet| *octet ^= 1 << dice.below(8)),
            2 => octets
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|octet| *octet = [0, 0x7f, 0x80, 0xff][dice.below(4)]),
            3 => octets.truncate(place),
            4 => octets.insert(place, dice.next() as u8),
            _ => {
                let again = octets[place..place + dice.below(octets.len() - place)].to_vec();
                octets.extend_from_slice(&again);
            }
        }
    }
    octets
}

fn survive(target: &Target) {
    let seeds = (target.seeds)();
    assert!(seeds.len() > 1, "{} begins nowhere", target.name);
    for (number, seed) in seeds.iter().enumerate() {
        (target.run)(seed);
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ number as u64);
        for _ in 0..ROUNDS {
            (target.run)(&harmed(seed, &mut dice));
        }
    }
}

#[test]
fn harmed_seeds_cost_an_error() {
    TARGETS.iter().for_each(survive);
}

#[test]
fn what_was_found_stays_mended() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings");
    for target in TARGETS {
        let Ok(findings) = fs::read_dir(folder.join(target.name)) else {
            continue;
        };
        for finding in findings {
            let path = finding.expect("an entry").path();
            println!("{}", path.display());
            (target.run)(&fs::read(&path).expect("a file that can be read"));
        }
    }
}

#[test]
fn every_target_has_its_program() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("a manifest");
    for target in TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{}\"\npath = \"fuzz_targets", target.name)),
            "{}",
            target.name
        );
    }
}
