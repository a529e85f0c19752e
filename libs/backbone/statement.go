package backbone

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// statementDomain keeps a signature for the hub from being taken for one under anything else.
	statementDomain = "counterfoil statement to the hub v1\n"
	// freshness is how far the clocks of an agency and of the hub may be apart, and how long a statement is good.
	freshness = 5 * time.Minute
	// answerLimit bounds one request to the hub that it decides on.
	answerLimit = 20 * time.Second
)

// statement is what an agency tells the hub, signed with its signing key.
type statement struct {
	// Subject is what is asked, so that no statement can be turned to another end.
	Subject string    `json:"subject"`
	Agency  string    `json:"agency"`
	User    string    `json:"user"`
	At      time.Time `json:"at"`
	// Root is what the rehearsal came to; only when joining.
	Root []byte `json:"root,omitempty"`
}

// signed is a statement as it travels: the bytes that were signed, never encoded again.
type signed struct {
	Statement []byte `json:"statement"`
	Signature []byte `json:"signature"`
}

// reply is the hub's answer to a statement.
type reply struct {
	// Kind and Refusal are of a fault.Refusal; empty when it was granted.
	Kind    fault.Kind `json:"kind,omitempty"`
	Refusal string     `json:"refusal,omitempty"`
	// JWT is that of the user that was asked for.
	JWT string `json:"jwt,omitempty"`
	// RenewBy is by when a new user is to be asked for; zero for no need.
	RenewBy time.Time `json:"renew_by,omitzero"`
}

// sign returns the statement as it travels.
func (s statement) sign(signer crypto.Signer) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(rand.Reader, append([]byte(statementDomain), text...), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign a statement to the hub: %w", err)
	}
	return json.Marshal(signed{text, signature})
}

// readStatement returns what the agency with the key has signed, if it says what is asked on the subject, by which agency, and
// that it is recent.
func readStatement(data []byte, subject, agency string, key ed25519.PublicKey, now time.Time) (statement, error) {
	var in signed
	var s statement
	if json.Unmarshal(data, &in) != nil {
		return s, fault.Errorf(fault.Invalid, "this is not a statement of an agency")
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, append([]byte(statementDomain), in.Statement...), in.Signature) {
		return s, fault.Errorf(fault.NotAllowed, "the statement is not signed with the signing key that the hub has of this agency: "+
			"tell its operator the key that is in use")
	}
	if err := json.Unmarshal(in.Statement, &s); err != nil || s.Subject != subject || s.Agency != agency {
		return s, fault.Errorf(fault.NotAllowed, "the statement was made for something else")
	}
	if off := now.Sub(s.At); off.Abs() > freshness {
		return s, fault.Errorf(fault.NotAllowed, "the statement was made at %s, and it is %s at the hub: set the clock",
			s.At.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return s, nil
}

// tell makes the statement to the hub and returns its answer. A refusal is a fault.Refusal.
func tell(ctx context.Context, nc *nats.Conn, signer crypto.Signer, s statement) (reply, error) {
	s.At = time.Now().UTC()
	var r reply
	data, err := s.sign(signer)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, s.Subject, data)
	if errors.Is(err, nats.ErrNoResponders) {
		return r, fault.Errorf(fault.Unavailable, "the hub does not answer yet; try again")
	} else if err != nil {
		return r, fmt.Errorf("ask the hub (%s): %w", s.Subject, err)
	}
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return r, fmt.Errorf("read the hub's answer: %w", err)
	}
	if r.Refusal != "" {
		return r, fault.Errorf(r.Kind, "%s", r.Refusal)
	}
	return r, nil
}
