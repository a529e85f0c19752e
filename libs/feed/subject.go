package feed

import (
	"regexp"
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// Stream has every event once, its fact as recorded, and StreamJSON in JSON.
	Stream, StreamJSON = "FEED", "FEED_JSON"
	// Prefix and PrefixJSON are how the subjects in them begin.
	Prefix, PrefixJSON = "feed.v1.", "feed-json.v1."
)

// token is a name that can stand in a subject.
var token = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// Subject is where an event is published: the prefix, then "<agency>.<group>.<kind>", the kind without its package, or
// "unnamed" where that is no name.
func Subject(prefix string, e *queryv1.RecordedEvent) string {
	kind := e.Kind[strings.LastIndexByte(e.Kind, '.')+1:]
	if !token.MatchString(kind) {
		kind = "unnamed"
	}
	return prefix + strings.ReplaceAll(e.Journal, "/", ".") + "." + kind
}
