package people

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// NodeUser is the built-in user that the node's own token opens the API for. It has every role and says itself in
	// whose name it acts.
	NodeUser = "node"
	// maxName is the longest role or person that a caller may name, in bytes.
	maxName = 100
)

// Caller is who makes a call.
type Caller struct {
	// User is the name that the node knows the caller by.
	User  string
	Roles []Role
	// Role is the one in which the call is made, and Person the opaque id of who makes it: what goes on record.
	Role, Person string

	// free callers name any role and person.
	free bool
}

// As returns the caller in the role that it names, or in the first of its roles that may call the procedure, and the
// person it says it is where it may say so. It refuses a role that the caller has not, and one that may not do this.
func (c Caller) As(procedure, role, person string) (Caller, error) {
	if len(role) > maxName || len(person) > maxName {
		return c, fault.Errorf(fault.Invalid, "role and person have at most %d bytes", maxName)
	}
	need := allowed[procedure]
	if len(need) == 0 {
		return c, fault.Errorf(fault.NotAllowed, "no role may call %s at this node", procedure)
	}
	if c.free {
		c.Role, c.Person = role, person
		return c, nil
	}
	acting := c.Roles
	if role != "" {
		if !slices.Contains(c.Roles, Role(role)) {
			return c, fault.Errorf(fault.NotAllowed, "user %s has the roles %s and cannot act as %q; ask this node's operator", c.User, c.roles(), role)
		}
		acting = []Role{Role(role)}
	}
	for _, r := range need {
		if slices.Contains(acting, r) {
			c.Role = string(r)
			return c, nil
		}
	}
	if len(acting) < len(c.Roles) && slices.ContainsFunc(need, func(r Role) bool { return slices.Contains(c.Roles, r) }) {
		return c, fault.Errorf(fault.NotAllowed, "user %s acts as %s; %s needs %s: leave the role out, or name that one", c.User, role, action(procedure), join(need, "or"))
	}
	return c, fault.Errorf(fault.NotAllowed, "user %s has the roles %s; %s needs %s; ask this node's operator", c.User, c.roles(), action(procedure), join(need, "or"))
}

func (c Caller) roles() string {
	names := make([]string, len(c.Roles))
	for i, r := range c.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
