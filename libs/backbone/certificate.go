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
	"math/big"
	"net"
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
	certPEM, err := keptFile(filepath.Join(dir, "ca.pem"), func() ([]byte, error) {
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

// serverTLS returns the settings of a server that is reached as any of hosts (names or addresses). Its certificate
// is made anew at every start, so that it always covers them.
func (a *authority) serverTLS(hosts []string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := template("Counterfoil hub")
	c.KeyUsage = x509.KeyUsageDigitalSignature
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("certify the hub: %w", err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS13,
	}, nil
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
