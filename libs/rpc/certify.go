package rpc

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

	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// authorityFor and certificateFor are how long what Certify makes is good.
	authorityFor   = 10 * 365 * 24 * time.Hour
	certificateFor = 365 * 24 * time.Hour
	// validSince lets in clients whose clock is behind.
	validSince = -24 * time.Hour
)

// Certify makes a certificate for a node that is reached as any of hosts (names or addresses), signed by the node's own
// authority, which is made the first time: ca.crt and ca.key, tls.crt and tls.key in dir, all of mode 0600. Called again it
// renews the certificate; a client that trusts ca.crt notices nothing. It returns how long the certificate is good.
func Certify(dir, agency string, hosts []string, now time.Time) (until time.Time, err error) {
	if len(hosts) == 0 {
		return until, errors.New("certify the API: no name or address is given")
	}
	ca, err := keptAuthority(dir, agency, now)
	if err != nil {
		return until, fmt.Errorf("certify the API: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return until, err
	}
	c := certificate("Counterfoil node "+agency, now, min(certificateFor, ca.Leaf.NotAfter.Sub(now)))
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	err = writePair(filepath.Join(dir, "tls"), c, ca.Leaf, key, ca.PrivateKey)
	return c.NotAfter, err
}

// keptAuthority reads the node's authority, or makes it.
func keptAuthority(dir, agency string, now time.Time) (tls.Certificate, error) {
	base := filepath.Join(dir, "ca")
	if _, err := os.Stat(base + ".key"); errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return tls.Certificate{}, err
		}
		c := certificate("Counterfoil authority of node "+agency, now, authorityFor)
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero, c.KeyUsage = true, true, true, x509.KeyUsageCertSign
		if err := writePair(base, c, c, key, key); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.LoadX509KeyPair(base+".crt", base+".key")
}

func certificate(name string, now time.Time, good time.Duration) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text())[:16]),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(validSince), NotAfter: now.Add(good),
	}
}

// writePair writes base.crt and base.key. A server that reads them in between finds a pair that does not match and keeps
// the one before.
func writePair(base string, c, parent *x509.Certificate, key *ecdsa.PrivateKey, signer any) error {
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		whole.Write(base+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		whole.Write(base+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
	)
}
