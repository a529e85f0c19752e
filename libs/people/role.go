// Package people is who may do what at a node's API: roles, local users and their sessions and tokens, and an issuer of
// OpenID Connect.
package people

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a person may do at a node's API. A person may have several.
type Role string

const (
	// Viewer reads the record.
	Viewer Role = "viewer"
	// Officer reads, and puts on record what happens.
	Officer Role = "officer"
	// Approver is an officer who decides too.
	Approver Role = "approver"
	// Operator keeps the node running and reads no rows.
	Operator Role = "operator"
	// Auditor reads everything, also who read what, and records nothing.
	Auditor Role = "auditor"
)

// Roles are the roles there are, from the one that may do least. A person who does not say in which role a call is made
// makes it in the first of them that may.
var Roles = []Role{Viewer, Auditor, Officer, Approver, Operator}

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fmt.Errorf("there is no role %q; there are %s", name, join(Roles, "and"))
}

// join lists roles for people.
func join(roles []Role, last string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}
