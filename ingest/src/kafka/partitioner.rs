//! Which partition a key belongs to, and the check that every record stands where its key says.
//!
//! Producers hash keys differently: Java clients with murmur2, librdkafka and those built on it with CRC32. Where the
//! partitions of the four topics are split among several processes, an HCP's records must have the same partition
//! number in all of them, so one partitioner must explain *every* record of *every* topic. [`PartitionerCheck`] starts
//! with both candidates and strikes those that a record contradicts; when none is left, that record is the mismatch.
//! Records without a key are not judged here: the decoder rejects them.

use crate::kafka::error::IngestError;
use std::fmt;

/// What the configuration says about the producers' partitioner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartitionerChoice {
    /// Find out from the records.
    #[default]
    Auto,
    /// Java clients' default.
    Murmur2,
    /// librdkafka's default.
    Crc32,
}

/// The partitioners that explain every record seen so far; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    /// Both still fit.
    Either,
    /// Only murmur2 fits.
    Murmur2,
    /// Only CRC32 fits.
    Crc32,
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Either => "murmur2 or crc32",
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
        })
    }
}

/// Holds one partitioner against every record of the four topics.
#[derive(Debug, Clone)]
pub struct PartitionerCheck {
    candidates: Candidates,
}

impl PartitionerCheck {
    /// A check that has seen nothing yet.
    pub fn new(choice: PartitionerChoice) -> Self {
        let candidates = match choice {
            PartitionerChoice::Auto => Candidates::Either,
            PartitionerChoice::Murmur2 => Candidates::Murmur2,
            PartitionerChoice::Crc32 => Candidates::Crc32,
        };
        Self { candidates }
    }

    /// What still explains every record.
    pub fn candidates(&self) -> Candidates {
        self.candidates
    }

    /// Judges a record with a key in `partition` of `topic`, which has `count` partitions.
    ///
    /// # Errors
    /// [`IngestError::PartitionerMismatch`] when no candidate puts `key` there. The candidates are then unchanged.
    pub fn check(&mut self, topic: &str, key: &[u8], partition: i32, count: i32) -> Result<(), IngestError> {
        let murmur = || murmur2_partition(key, count) == partition;
        let crc = || crc32_partition(key, count) == partition;
        let left = match self.candidates {
            Candidates::Murmur2 => murmur().then_some(Candidates::Murmur2),
            Candidates::Crc32 => crc().then_some(Candidates::Crc32),
            Candidates::Either => match (murmur(), crc()) {
                (true, true) => Some(Candidates::Either),
                (true, false) => Some(Candidates::Murmur2),
                (false, true) => Some(Candidates::Crc32),
                (false, false) => None,
            },
        };
        let mismatch =
            || IngestError::PartitionerMismatch { topic: topic.to_owned(), expected: self.candidates, partition };
        self.candidates = left.ok_or_else(mismatch)?;
        Ok(())
    }
}

/// The partition that Java producers choose for `key` among `count` (at least 1) partitions.
pub fn murmur2_partition(key: &[u8], count: i32) -> i32 {
    // The masked hash is a non-negative i32, so nothing is cut.
    (murmur2(key) & 0x7fff_ffff) as i32 % count.max(1)
}

/// The partition that librdkafka's `consistent` partitioners choose for a non-empty `key` among `count` partitions.
pub fn crc32_partition(key: &[u8], count: i32) -> i32 {
    (crc32(key) % count.max(1).unsigned_abs()) as i32
}

/// The 32-bit murmur2 of Kafka's Java client, with its seed.
pub fn murmur2(key: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ key.len() as u32;
    let mut words = key.chunks_exact(4);
    for word in &mut words {
        let mut k = word.iter().rev().fold(0_u32, |k, byte| k << 8 | u32::from(*byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash ^= rest.iter().rev().fold(0_u32, |k, byte| k << 8 | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

/// The CRC-32 of zlib, as librdkafka uses it.
pub fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(!0_u32, |crc, byte| {
        let slot = (crc ^ u32::from(*byte)) & 0xff;
        crc >> 8 ^ CRC_TABLE.get(slot as usize).copied().unwrap_or_default()
    })
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut i = 0;
    while i < 256 {
        let mut entry = i as u32;
        let mut bit = 0;
        while bit < 8 {
            entry = if entry & 1 == 1 { entry >> 1 ^ 0xedb8_8320 } else { entry >> 1 };
            bit += 1;
        }
        table[i] = entry;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{Candidates, PartitionerCheck, PartitionerChoice, crc32, crc32_partition, murmur2, murmur2_partition};
    use crate::kafka::IngestError;

    #[test]
    fn murmur2_gives_the_hashes_of_the_java_client() {
        let vectors: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key) as i32, hash, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn crc32_gives_the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_second_partitioner_is_found_out_whichever_topic_uses_it() {
        let mut check = PartitionerCheck::new(PartitionerChoice::Auto);
        let keys: Vec<String> = (0..64).map(|i| format!("HCP{i}")).collect();
        for key in &keys {
            check.check("engagement.calls", key.as_bytes(), murmur2_partition(key.as_bytes(), 12), 12).unwrap();
        }
        assert_eq!(check.candidates(), Candidates::Murmur2);
        let other = keys.iter().find(|k| murmur2_partition(k.as_bytes(), 12) != crc32_partition(k.as_bytes(), 12));
        let other = other.unwrap().as_bytes();
        let partition = crc32_partition(other, 12);
        let error = check.check("engagement.emails", other, partition, 12).unwrap_err();
        let expected = Candidates::Murmur2;
        assert_eq!(error, IngestError::PartitionerMismatch { topic: "engagement.emails".into(), expected, partition });
    }

    #[test]
    fn a_record_that_no_partitioner_explains_is_a_mismatch_at_once() {
        let mut check = PartitionerCheck::new(PartitionerChoice::Auto);
        let key = b"HCP1";
        let wrong = (0..12).find(|p| *p != murmur2_partition(key, 12) && *p != crc32_partition(key, 12)).unwrap();
        assert!(check.check("t", key, wrong, 12).is_err());
        assert_eq!(check.candidates(), Candidates::Either);
    }

    #[test]
    fn a_configured_partitioner_is_not_inferred() {
        let mut check = PartitionerCheck::new(PartitionerChoice::Crc32);
        let key = (0..)
            .map(|i| format!("K{i}"))
            .find(|k| murmur2_partition(k.as_bytes(), 7) != crc32_partition(k.as_bytes(), 7));
        let key = key.unwrap();
        assert!(check.check("t", key.as_bytes(), crc32_partition(key.as_bytes(), 7), 7).is_ok());
        assert!(check.check("t", key.as_bytes(), murmur2_partition(key.as_bytes(), 7), 7).is_err());
    }
}
