package journal

import (
	"fmt"
	"regexp"
	"strings"
)

var name = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// ID names a journal: the agency that writes it and the sharing group that it is released to.
type ID struct {
	Agency, Group string
}

// ParseID reads "agency/group". Both are 2 to 32 lower-case letters, digits and hyphens, a letter first.
func ParseID(s string) (ID, error) {
	agency, group, ok := strings.Cut(s, "/")
	id := ID{agency, group}
	if !ok || !id.Valid() {
		return ID{}, fmt.Errorf("journal %q is not agency/group", s)
	}
	return id, nil
}

// Valid reports whether both parts are names that can stand in a subject.
func (id ID) Valid() bool { return name.MatchString(id.Agency) && name.MatchString(id.Group) }

// String returns "agency/group".
func (id ID) String() string { return id.Agency + "/" + id.Group }

// Subject is where the journal's blocks are published: "block.<agency>.<group>".
func (id ID) Subject() string { return "block." + id.Agency + "." + id.Group }
