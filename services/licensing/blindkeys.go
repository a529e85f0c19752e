package licensing

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// blindKeys reads the file that this agency makes and answers blind checks with, and makes it where there is none. What hides
// its own questions follows from it.
func blindKeys(path string) (*denial.Keys, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		key, err := blind.NewKey(rand.Reader)
		if err == nil {
			err = blind.WriteKey(path, key)
		}
		if err != nil {
			return nil, err
		}
	}
	key, err := blind.ReadKey(path)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the blind check key: %w", err)
	}
	secret, err := hkdf.Key(sha256.New, content, nil, "counterfoil: what hides the questions of blind checks", blind.MinSecret)
	if err != nil {
		return nil, fmt.Errorf("derive what hides the questions of blind checks: %w", err)
	}
	return &denial.Keys{Holder: key, Secret: secret}, nil
}
