package backbone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// A hub's certificates are pinned, so that their end is not what limits them.
	validFor = 20 * 365 * 24 * time.Hour
	// validSince lets an agency whose clock is behind connect.
	validSince = -48 * time.Hour
)

// authority is the hub's own certificate authority, the only one that agencies trust for it.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// pem is the certificate as agencies get it.
	pem []byte
}

// keptAuthority reads the authority in dir (ca.pem, ca.key), made on first start.
func keptAuthority(dir string) (*authority, error) {
	keyPEM, err := keptFile(filepath.Join(dir, "ca.key"), func() ([]byte, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
	})
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("read ca.key: %w", err)
	}
	certPEM, err := keptFile(filepath.Join(dir, authorityCert), func() ([]byte, error) {
		c := template("Counterfoil hub authority")
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = true, true, true
		c.KeyUsage = x509.KeyUsageCertSign
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
	})
	if err != nil {
		return nil, err
	}
	certificate, err := parseCertificate(certPEM)
	if err != nil {
		return nil, fmt.Errorf("read ca.pem: %w", err)
	}
	return &authority{certificate, key, certPEM}, nil
}

// certify returns a certificate for a server that is reached as any of hosts (names or addresses), and its key, in PEM.
// One for routes is good at both ends of them: only a server of the hub has such a one.
func (a *authority) certify(hosts []string, route bool) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	c := template("Counterfoil hub")
	c.KeyUsage = x509.KeyUsageDigitalSignature
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if route {
		c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.certificate, private.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("certify the hub: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), err
}

// The files of a server that was given its certificates, rather than its authority's key.
const (
	serverCert, serverKey = "server.pem", "server.key"
	routeCert, routeKey   = "route.pem", "route.key"
	authorityCert         = "ca.pem"
)

// agencyTLS returns the settings towards agencies of a server that is reached as any of hosts, and the certificate of
// the authority that they are to trust. A server without a certificate of its own makes one at every start, so that it
// always covers its hosts, under an authority that it keeps in dir.
func agencyTLS(dir string, hosts []string) (settings *tls.Config, ca []byte, err error) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, serverCert), filepath.Join(dir, serverKey))
	if errors.Is(err, fs.ErrNotExist) {
		a, err := keptAuthority(dir)
		if err != nil {
			return nil, nil, err
		}
		certPEM, keyPEM, err := a.certify(hosts, false)
		if err != nil {
			return nil, nil, err
		}
		certificate, err = tls.X509KeyPair(certPEM, keyPEM)
		return serverTLS(certificate), a.pem, err
	} else if err != nil {
		return nil, nil, fmt.Errorf("read the server's certificate: %w", err)
	}
	ca, err = os.ReadFile(filepath.Join(dir, authorityCert))
	return serverTLS(certificate), ca, err
}

// routeTLS returns the settings between the servers of a hub: each shows a certificate of the hub's authority for routes.
func routeTLS(dir string) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, routeCert), filepath.Join(dir, routeKey))
	if err != nil {
		return nil, fmt.Errorf("read the server's certificate for routes: %w", err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, authorityCert))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate of the hub's authority in " + authorityCert)
	}
	settings := serverTLS(certificate)
	settings.RootCAs, settings.ClientCAs, settings.ClientAuth = pool, pool, tls.RequireAndVerifyClientCert
	return settings, nil
}

func serverTLS(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(uint64(time.Now().UnixNano())),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(validSince),
		NotAfter:     time.Now().Add(validFor),
	}
}

func parseKey(content []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T, not an ECDSA key", key)
	}
	return ec, nil
}

func parseCertificate(content []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	return x509.ParseCertificate(block.Bytes)
}
