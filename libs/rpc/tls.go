package rpc

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
)

// Certificate is a server's certificate and key in two PEM files, which may be renewed while it serves.
type Certificate struct {
	CertFile, KeyFile string
	Logger            *slog.Logger

	mu        sync.Mutex
	cert, key fs.FileInfo
	current   *tls.Certificate
}

// TLS returns the settings of a server with the certificate: TLS 1.3, and 1.2 when old clients are to be served. It fails
// when the files are not right now; later the last good pair stays in use.
func (c *Certificate) TLS(old bool) (*tls.Config, error) {
	if err := c.load(); err != nil {
		return nil, err
	}
	settings := &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}
	if old {
		settings.MinVersion = tls.VersionTLS12
	}
	return settings, nil
}

// get returns the certificate as the files hold it now.
func (c *Certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if unchanged(c.CertFile, c.cert) && unchanged(c.KeyFile, c.key) {
		return c.current
	}
	if err := c.load(); err != nil {
		c.Logger.Error("renewed certificate cannot be used, the one before stays", "err", err)
		return c.current
	}
	c.Logger.Info("certificate was renewed", "until", c.current.Leaf.NotAfter)
	return c.current
}

func unchanged(path string, was fs.FileInfo) bool {
	is, err := os.Stat(path)
	return err == nil && os.SameFile(is, was) && is.ModTime().Equal(was.ModTime()) && is.Size() == was.Size()
}

func (c *Certificate) load() error {
	cert, err := os.Stat(c.CertFile)
	if err != nil {
		return fmt.Errorf("read the API's certificate: %w", err)
	}
	key, err := os.Stat(c.KeyFile)
	if err != nil {
		return fmt.Errorf("read the API's key: %w", err)
	}
	if key.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("read the API's key: %s has mode %04o and others on this machine can read it; type: chmod 600 %s", c.KeyFile, key.Mode().Perm(), c.KeyFile)
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return fmt.Errorf("read the API's certificate: %w", err)
	}
	c.cert, c.key, c.current = cert, key, &pair
	return nil
}

// Loopback says whether an address to listen on is reached from this machine only.
func Loopback(listen string) (bool, error) {
	at, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return false, fmt.Errorf("listen for the API: %w", err)
	}
	return at.IP.IsLoopback(), nil
}
