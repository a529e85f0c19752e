package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/whole"
	"github.com/counterfoil/counterfoil/services/lab"
)

// labUsers are who may log in to the console of every agency of a lab, where its folder names nobody.
var labUsers = []people.User{
	{Name: "officer", Person: "p-1", Roles: []people.Role{people.Viewer, people.Officer}},
	{Name: "approver", Person: "p-2", Roles: []people.Role{people.Viewer, people.Auditor, people.Officer, people.Approver}},
	{Name: "operator", Person: "p-3", Roles: []people.Role{people.Operator, people.Auditor}},
}

// loginsFile says how to log in to the consoles of a lab.
func (l labFolder) loginsFile() string { return l.path("logins.txt") }

// writeLogins lets somebody look at the lab in a browser: it adds users to agencies that have none, all with one secret, and writes down where
// to log in with it.
func (l labFolder) writeLogins(running *lab.Lab) error {
	secret, err := l.secret()
	if err != nil {
		return err
	}
	hashed := people.User{} // all have the one secret: it is hashed once, which takes its time
	if err := hashed.SetSecret(secret); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "secret %s\n", secret)
	for _, n := range running.Nodes() {
		err := people.UsersFile(string(n.Home())).Edit(func(us *people.Users) error {
			if len(*us) > 0 {
				return nil
			}
			for _, u := range labUsers {
				u.Hash = hashed.Hash
				if err := us.Add(u); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("add the lab's users to %s: %w", n.Agency, err)
		}
		fmt.Fprintf(&b, "%s %s/console/ officer, approver, operator\n", n.Agency, n.URL())
	}
	return whole.Write(l.loginsFile(), []byte(b.String()), 0o600)
}

// secret is the one that was written down at an earlier start, or a new one.
func (l labFolder) secret() (string, error) {
	data, err := os.ReadFile(l.loginsFile())
	if os.IsNotExist(err) {
		return people.NewSecret(), nil
	}
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	secret, found := strings.CutPrefix(first, "secret ")
	if !found {
		return "", fmt.Errorf("%s does not begin with the secret: delete it, and the users.json of each agency", l.loginsFile())
	}
	return secret, nil
}
