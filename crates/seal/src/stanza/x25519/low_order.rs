//! The points with which every key agreement gives zero.
//!
//! Must never: cost more than a comparison. A recipient is read by every command, and most seal nothing.

use crate::key_text::KEY_BYTES;

/// The u-coordinates of the points of Curve25519 and its twist whose order divides 8, and the two of them that have another
/// form below 2^255: 0, 1, both of order 8, p-1, p and p+1, little endian (RFC 7748, sections 4.1, 5 and 6.1).
pub(super) const POINTS: [[u8; KEY_BYTES]; 7] = [
    number(0, 0, 0),
    number(1, 0, 0),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb,
        0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4,
        0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    number(0xec, 0xff, 0x7f),
    number(0xed, 0xff, 0x7f),
    number(0xee, 0xff, 0x7f),
];

const fn number(first: u8, middle: u8, last: u8) -> [u8; KEY_BYTES] {
    let mut bytes = [middle; KEY_BYTES];
    let [low, .., high] = &mut bytes;
    *low = first;
    *high = last;
    bytes
}

/// Whether a u-coordinate is one of them. Its highest bit says nothing (RFC 7748, section 5).
pub(super) fn is_one(share: &[u8; KEY_BYTES]) -> bool {
    let mut masked = *share;
    let [.., last] = &mut masked;
    *last &= 0x7f;
    POINTS.contains(&masked)
}
