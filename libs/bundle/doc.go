// Package bundle is what a courier carries to an agency without a line to the hub: journals as sealed blocks, in one signed
// file, made at one node and taken in at another (docs/courier.md).
//
// A file is, end to end, numbers big-endian:
//
//	"CFBUNDLE"            8 bytes
//	version               4 bytes: 1
//	size of the manifest  4 bytes
//	manifest              counterfoil.query.v1.BundleManifest
//	key id                8 bytes: journal.KeyID of the maker's signing key
//	signature             64 bytes: Ed25519 over "counterfoil bundle v1\n" and the SHA-256 of the manifest
//	frames                counterfoil.query.v1.BundleFrame each; their sizes and digests are in the manifest
//	"CFBUNEND"            8 bytes
//	digest                32 bytes: SHA-256 of everything before "CFBUNEND"
//
// The frames of a journal stand together, in the order of its agency's stream; the journals in the order of the manifest.
package bundle

const (
	// Version of the layout. A reader refuses any other.
	Version = 1
	// MaxFrames is the most frames in a file; of more, the rest goes into the next file.
	MaxFrames = 1 << 20
	// MaxFrame is the largest frame, in bytes: the largest message that a broker carries, with its numbers.
	MaxFrame = 1<<20 + 64<<10
	// MaxManifest is the largest manifest, in bytes: sizes and digests of MaxFrames, and MaxJournals.
	MaxManifest = 48 << 20
	// MaxJournals is the most journals in a file.
	MaxJournals = 10_000
	// MaxFile is the largest file, in bytes.
	MaxFile = 64 << 30
)

const (
	magic       = "CFBUNDLE"
	magicEnd    = "CFBUNEND"
	signed      = "counterfoil bundle v1\n"
	headSize    = len(magic) + 4 + 4
	keySize     = 8
	digestSize  = 32
	trailerSize = len(magicEnd) + digestSize
)
