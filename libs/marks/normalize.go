// Package marks compares what stands on items.
package marks

import "strings"

// Normalize is the key that readings of one serial number share.
func Normalize(serial string) string { return strings.ToUpper(strings.TrimSpace(serial)) }
