// Package contract is the contract between agencies as text: the .proto files, with what they import beside protobuf's own.
package contract

import "embed"

// Files are the .proto files under the paths by which they import each other.
//
//go:embed counterfoil/*/v1/*.proto buf/validate/*.proto
var Files embed.FS
