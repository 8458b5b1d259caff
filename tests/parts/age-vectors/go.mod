// The age test vectors of C2SP's CCTV, pinned by hash in go.sum.
module sealbridge.dev/tests/parts/age-vectors

go 1.26.0

require c2sp.org/CCTV/age v0.0.0-20251208015420-e9274a7bdbfd
