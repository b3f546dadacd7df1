//! How long something took, in buckets with fixed bounds.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// One counter a bucket, and one for the sum.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// Ascending; each belongs to its bucket.
    bounds: &'static [Duration],
    /// One more than there are bounds: the last is for whatever took longer.
    counts: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
}

/// What a histogram said at one moment.
pub(crate) struct Measured {
    /// Each bound, and how many took no longer.
    pub(crate) up_to: Vec<(Duration, u64)>,
    /// How many there were.
    pub(crate) count: u64,
    /// How long they took together.
    pub(crate) sum: Duration,
}

impl Histogram {
    pub(crate) fn new(bounds: &'static [Duration]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, nanoseconds: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, took: Duration) {
        let bucket = self.bounds.partition_point(|bound| *bound < took);
        self.counts[bucket].fetch_add(1, Relaxed);
        // Wraps after 584 years of waiting.
        self.nanoseconds.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// The count is that of the buckets, so that the two agree while others count on.
    pub(crate) fn read(&self) -> Measured {
        let counts: Vec<u64> = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        let mut total = 0;
        let up_to = self.bounds.iter().zip(&counts).map(|(bound, count)| {
            total += count;
            (*bound, total)
        });
        Measured {
            up_to: up_to.collect(),
            count: counts.iter().sum(),
            sum: Duration::from_nanos(self.nanoseconds.load(Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_what_is_longer_to_the_last() {
        const BOUNDS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];
        let histogram = Histogram::new(&BOUNDS);
        for micros in [0, 1000, 1001, 10_000, 10_001, 5_000_000] {
            histogram.add(Duration::from_micros(micros));
        }
        let measured = histogram.read();
        assert_eq!(measured.up_to, [(BOUNDS[0], 2), (BOUNDS[1], 4)]);
        assert_eq!((measured.count, measured.sum), (6, Duration::from_micros(5_022_002)));
    }
}
