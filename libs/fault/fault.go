// Package fault says why a request is refused: a kind for code, a sentence for people.
package fault

import (
	"errors"
	"fmt"
)

// Kind is why a request is refused. It is an error itself, so that errors.Is(err, fault.NotFound) works.
type Kind string

const (
	// Invalid: the request cannot be right whatever the ledger holds.
	Invalid Kind = "invalid"
	// NotFound: what it names is not on record here.
	NotFound Kind = "not found"
	// Conflict: it contradicts what is on record.
	Conflict Kind = "conflict"
	// Precondition: what is on record does not allow it now.
	Precondition Kind = "precondition"
	// NotAllowed: this caller may not do it.
	NotAllowed Kind = "not allowed"
	// Unavailable: it cannot be done now, through no fault of the request; try again.
	Unavailable Kind = "unavailable"
)

func (k Kind) Error() string { return string(k) }

// Refusal is an error whose sentence is shown to the caller as it stands.
type Refusal struct {
	Kind Kind
	// Code is the field's own code for it, such as "DX02"; often empty.
	Code     string
	Sentence string
}

func (r *Refusal) Error() string {
	if r.Code != "" {
		return r.Code + ": " + r.Sentence
	}
	return r.Sentence
}

// Unwrap lets errors.Is find the kind.
func (r *Refusal) Unwrap() error { return r.Kind }

// Errorf refuses with a sentence that says what is wrong and what to do.
func Errorf(kind Kind, format string, args ...any) error {
	return &Refusal{Kind: kind, Sentence: fmt.Sprintf(format, args...)}
}

// Coded refuses with a code of the field beside the sentence.
func Coded(kind Kind, code, format string, args ...any) error {
	return &Refusal{Kind: kind, Code: code, Sentence: fmt.Sprintf(format, args...)}
}

// As returns the refusal in err's chain, or nil when err is a fault of the program or the machine.
func As(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}
