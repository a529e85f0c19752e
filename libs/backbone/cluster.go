package backbone

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// settingsFile of a server's folder says how it is run.
	settingsFile = "hub.yaml"
	// routesAbove is how far a server's port for the other servers is above that for agencies.
	routesAbove = 2000
	// clusterName is the same for all servers of a hub.
	clusterName = "hub"
)

// Server is one server of a hub, as agencies and the other servers reach it.
type Server struct {
	// Name is that of its folder, too.
	Name string
	// Host is a name or an address.
	Host string
	// Port is for agencies; the one 2,000 above it is for the other servers.
	Port int
}

func (s Server) url() string { return "tls://" + net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func (s Server) route() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port+routesAbove)) }

// listen is where the server listens at the port: on every address of its machine, but for one that cannot be reached
// from others.
func (s Server) listen(port int) string {
	host := "0.0.0.0"
	if ip := net.ParseIP(s.Host); ip != nil && ip.IsLoopback() {
		host = s.Host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func (s Server) check() error {
	switch {
	case !validAgency(s.Name):
		return fault.Errorf(fault.Invalid, "%q cannot be the name of a server: use 2 to 32 lower-case letters, digits and hyphens, "+
			"a letter first", s.Name)
	case s.Host == "":
		return fault.Errorf(fault.Invalid, "server %s has no host that agencies reach it by", s.Name)
	case s.Port < 1 || s.Port > 65535-routesAbove:
		return fault.Errorf(fault.Invalid, "port %d of server %s is not between 1 and %d (the port %d above it is used too)",
			s.Port, s.Name, 65535-routesAbove, routesAbove)
	}
	return nil
}

// settings is what hub.yaml says.
type settings struct {
	Name    string         `yaml:"name"`
	Listen  string         `yaml:"listen"`
	Hosts   []string       `yaml:"hosts"`
	URLs    []string       `yaml:"urls"`
	Cluster *ClusterConfig `yaml:"cluster,omitempty"`
	// Authority is set at the one server that the coordinating authority's node runs beside.
	Authority bool `yaml:"authority,omitempty"`
}

// InitHub writes into dir a folder for each server of a new hub, of one or of three, complete and with nothing to edit:
// hub.yaml, the operator's seed, the authority's certificate, and the server's own certificates and their keys. The
// authority's key stays in dir itself: no server needs it. Every file has mode 0600. It refuses where there is a hub
// already.
func InitHub(dir string, servers []Server) error {
	if len(servers) != 1 && len(servers) != 3 {
		return fault.Errorf(fault.Invalid, "a hub has one server or three, not %d: two cannot go on without each other", len(servers))
	}
	names := map[string]bool{}
	for _, s := range servers {
		if err := s.check(); err != nil {
			return err
		}
		names[s.Name] = true
		if used, err := holdsAnything(filepath.Join(dir, s.Name)); err != nil {
			return err
		} else if used {
			return fault.Errorf(fault.Conflict, "%s is there already: take another folder for a new hub", filepath.Join(dir, s.Name))
		}
	}
	if len(names) != len(servers) {
		return fault.Errorf(fault.Invalid, "two servers have the same name")
	}
	if err := privateDir(dir); err != nil {
		return err
	}
	a, err := keptAuthority(dir)
	if err != nil {
		return err
	}
	pair, err := nkeys.CreateOperator()
	if err != nil {
		return err
	}
	seed, err := pair.Seed()
	if err != nil {
		return err
	}
	for i := range servers {
		if err := initServer(filepath.Join(dir, servers[i].Name), servers, i, a, seed); err != nil {
			return fmt.Errorf("prepare server %s: %w", servers[i].Name, err)
		}
	}
	return nil
}

func initServer(dir string, servers []Server, i int, a *authority, seed []byte) error {
	own := servers[i]
	s := settings{Name: own.Name, Listen: own.listen(own.Port), Hosts: []string{own.Host}, Authority: i == 0}
	if len(servers) > 1 {
		s.Cluster = &ClusterConfig{Listen: own.listen(own.Port + routesAbove)}
	}
	for j, other := range servers {
		s.URLs = append(s.URLs, other.url())
		if j != i {
			s.Cluster.Routes = append(s.Cluster.Routes, other.route())
		}
	}
	text, err := yaml.Marshal(s)
	if err != nil {
		return err
	}
	files := map[string][]byte{"operator.seed": seed, authorityCert: a.pem}
	if files[serverCert], files[serverKey], err = a.certify(s.Hosts, false); err != nil {
		return err
	}
	if s.Cluster != nil {
		if files[routeCert], files[routeKey], err = a.certify(s.Hosts, true); err != nil {
			return err
		}
	}
	if err := privateDir(dir); err != nil {
		return err
	}
	for name, content := range files {
		if err := whole.Write(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	// Last, so that a folder with settings is whole.
	return whole.Write(filepath.Join(dir, settingsFile), text, 0o600)
}

// LoadHubConfig reads how the server whose folder InitHub has written is run. A folder without settings gives an error
// that wraps fs.ErrNotExist.
func LoadHubConfig(dir string) (HubConfig, error) {
	text, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if err != nil {
		return HubConfig{}, fmt.Errorf("read the hub's settings: %w", err)
	}
	var s settings
	if err := yaml.Unmarshal(text, &s); err != nil {
		return HubConfig{}, fmt.Errorf("read %s: %w", filepath.Join(dir, settingsFile), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "operator.seed")); errors.Is(err, fs.ErrNotExist) {
		return HubConfig{}, fmt.Errorf("%s has settings and no operator.seed: copy the whole folder", dir)
	}
	return HubConfig{Dir: dir, Name: s.Name, Listen: s.Listen, Hosts: s.Hosts, URLs: s.URLs, Cluster: s.Cluster, Authority: s.Authority}, nil
}

// clusterOptions are those of the routes to the other servers.
func clusterOptions(dir string, c *ClusterConfig) (o server.ClusterOpts, routes []*url.URL, err error) {
	host, portText, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return o, nil, fmt.Errorf("address for the other servers: %w", err)
	}
	if o.Port, err = strconv.Atoi(portText); err != nil {
		return o, nil, fmt.Errorf("address for the other servers: %w", err)
	}
	o.Name, o.Host, o.NoAdvertise, o.TLSTimeout = clusterName, host, true, handshake
	o.PingInterval = pingInterval
	if o.TLSConfig, err = routeTLS(dir); err != nil {
		return o, nil, err
	}
	for _, address := range c.Routes {
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: address})
	}
	return o, routes, nil
}
