package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/rpc"
)

// Clients are the APIs of the node of a context.
type Clients struct {
	Context config.Context
	*clients.Clients
}

func dial(contexts config.Contexts, to config.Context) (*Clients, error) {
	over, err := httpClient(contexts, to)
	if err != nil {
		return nil, err
	}
	token, err := sessionToken(contexts, to)
	if err != nil {
		return nil, err
	}
	return clientsOver(over, to.URL, to, token), nil
}

// sessionToken is the token of a context. A user who is not logged in is told how to.
func sessionToken(contexts config.Contexts, to config.Context) (string, error) {
	token, err := contexts.Token(to)
	if errors.Is(err, fs.ErrNotExist) && to.User != "" {
		err = &failure{exit: exitNotAllowed, why: fmt.Sprintf("nobody is logged in with context %s", to.Name), next: "counterfoil login --context " + quote(to.Name)}
	}
	return token, err
}

func clientsOver(over *http.Client, url string, to config.Context, token string) *Clients {
	return &Clients{to, clients.Over(over, url, clients.Identity{Token: token, Role: to.Role, Person: to.Person})}
}

// httpClient speaks to the node of a context. It trusts those whom the context names, or the machine where it names none.
func httpClient(contexts config.Contexts, to config.Context) (*http.Client, error) {
	node, err := url.Parse(to.URL)
	if err != nil || node.Host == "" || node.Scheme != "http" && node.Scheme != "https" {
		return nil, fmt.Errorf("context %s: url %q is not http://… or https://…", to.Name, to.URL)
	}
	t := rpc.Transport(node.Scheme)
	if to.CAFile == "" {
		return &http.Client{Transport: t}, nil
	}
	data, err := os.ReadFile(contexts.File(to.CAFile))
	if err != nil {
		return nil, fmt.Errorf("read who certifies the node of context %s: %w", to.Name, err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("context %s: %s holds no certificate", to.Name, to.CAFile)
	}
	return &http.Client{Transport: t}, nil
}
