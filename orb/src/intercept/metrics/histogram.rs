//! A histogram of durations.

use std::time::Duration;

/// The upper bounds of the buckets, in seconds; what is longer is in one more. From 5 ms on they are those that the
/// semantic conventions advise; calls inside a machine need the finer ones.
pub const DURATION_BOUNDS_SECONDS: [f64; 20] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
    0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0,
];

/// How often durations fell between the bounds.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    counts: [u64; DURATION_BOUNDS_SECONDS.len() + 1],
    sum: Duration,
}

/// A histogram as it was at one moment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    /// How many durations fell into each bucket, not cumulated: one for each of [`DURATION_BOUNDS_SECONDS`], and the last for
    /// what is longer.
    pub counts: Vec<u64>,
    /// All durations together, in seconds.
    pub sum_seconds: f64,
}

impl Histogram {
    pub(super) fn add(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = DURATION_BOUNDS_SECONDS.partition_point(|bound| *bound < seconds);
        self.counts[bucket] += 1;
        self.sum = self.sum.saturating_add(duration);
    }

    pub(super) fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot { counts: self.counts.to_vec(), sum_seconds: self.sum.as_secs_f64() }
    }
}

impl HistogramSnapshot {
    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Bounds and how many durations were not above each, without the last bucket.
    pub(super) fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.counts.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        });
        DURATION_BOUNDS_SECONDS.into_iter().zip(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let mut histogram = Histogram::default();
        for micros in [25, 26, 10_000_000, 10_000_001] {
            histogram.add(Duration::from_micros(micros));
        }
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.counts[0], snapshot.counts[1]), (1, 1));
        assert_eq!(snapshot.counts[19..], [1, 1]);
        assert_eq!((snapshot.count(), snapshot.cumulated().last()), (4, Some((10.0, 3))));
    }
}
