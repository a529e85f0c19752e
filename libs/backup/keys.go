package backup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// minPassphrase is the shortest passphrase that is taken, in bytes: an archive holds private keys and may be tried at
// leisure by whoever finds it.
const minPassphrase = 16

// Recipients are who can open an archive: holders of the identities that belong to the public keys ("age1…"), or who
// knows the passphrase in the file. One of the two is given, not both, which age does not allow.
func Recipients(public []string, passphraseFile string) ([]age.Recipient, error) {
	switch {
	case len(public) > 0 && passphraseFile != "":
		return nil, fault.Errorf(fault.Invalid, "a backup is for public keys or for a passphrase, not for both: leave one away")
	case passphraseFile != "":
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		recipient, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return nil, err
		}
		return []age.Recipient{recipient}, nil
	case len(public) == 0:
		return nil, fault.Errorf(fault.Invalid, "a backup holds private keys and is never written in the clear: say whose public key "+
			"opens it, or which passphrase")
	}
	recipients, err := age.ParseRecipients(strings.NewReader(strings.Join(public, "\n")))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the public key is not one like age1…: %v", err)
	}
	return recipients, nil
}

// Identities are what opens an archive: the identities ("AGE-SECRET-KEY-1…") in one file, or the passphrase in another.
func Identities(identityFile, passphraseFile string) ([]age.Identity, error) {
	switch {
	case (identityFile == "") == (passphraseFile == ""):
		return nil, fault.Errorf(fault.Invalid, "say what opens the backup: a file with the identity or one with the passphrase")
	case passphraseFile != "":
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return nil, err
		}
		return []age.Identity{identity}, nil
	}
	content, err := os.ReadFile(identityFile)
	if err != nil {
		return nil, fmt.Errorf("read the identity: %w", err)
	}
	identities, err := age.ParseIdentities(bytes.NewReader(content))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s holds no identity like AGE-SECRET-KEY-1…", identityFile) // its content stays out of messages
	}
	return identities, nil
}

func readPassphrase(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	passphrase := strings.TrimSpace(string(content))
	if len(passphrase) < minPassphrase {
		return "", fault.Errorf(fault.Invalid, "the passphrase in %s is too short: take %d characters or more", file, minPassphrase)
	}
	return passphrase, nil
}

// notOurs says that an archive was not made for the identities at hand.
func notOurs(err error) error {
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return fault.Errorf(fault.Invalid, "the backup was not made for this identity or passphrase")
	}
	return err
}
