package lab_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/people"
)

// visitor is an officer who is logged in at a node's console.
type visitor struct {
	t      *testing.T
	client *http.Client
	at     string
}

func visits(t *testing.T, n *node.Node) visitor {
	t.Helper()
	officer, secret := people.User{Name: "officer", Person: "p-1", Roles: []people.Role{people.Viewer, people.Officer}}, people.NewSecret()
	err := officer.SetSecret(secret)
	if err == nil {
		err = people.UsersFile(string(n.Home())).Edit(func(us *people.Users) error { return us.Add(officer) })
	}
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, &http.Client{Jar: jar}, n.URL() + "/console/"}
	res, err := v.client.PostForm(v.at+"login", url.Values{"user": {"officer"}, "secret": {secret}})
	v.read(res, err)
	return v
}

// page is what a page says.
func (v visitor) page(path string) string {
	v.t.Helper()
	res, err := v.client.Get(v.at + path)
	return v.read(res, err)
}

func (v visitor) read(res *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v\n%s", res.Request.URL, res.Status, err, body)
	}
	return string(body)
}
