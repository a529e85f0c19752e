package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/seal"
)

func TestOpenReturnsWhatWasSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, plain := seal.NewKey(), rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		place := rapid.String().Draw(t, "place")
		sealed, err := seal.Seal(key, plain, place)
		if err != nil {
			t.Fatal(err)
		}
		got, err := seal.Open(key, sealed, place)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v; want %x", got, err, plain)
		}
		if _, err := seal.Open(key, sealed, place+"x"); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("opened at another place: %v", err)
		}
		if _, err := seal.Open(seal.NewKey(), sealed, place); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("opened with another key: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)*8-1).Draw(t, "bit")
		sealed[i/8] ^= 1 << (i % 8)
		if _, err := seal.Open(key, sealed, place); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("opened with bit %d flipped: %v", i, err)
		}
	})
}

func TestUnwrapIsForTheMemberAndThePlace(t *testing.T) {
	private, public, err := seal.GenerateMember()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := seal.GenerateMember()
	if err != nil {
		t.Fatal(err)
	}
	key, place := seal.NewKey(), seal.Place("border", 1, "customs")
	wrapped, err := seal.Wrap(public, key, place)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := seal.Unwrap(private, wrapped, place); err != nil || !bytes.Equal(got, key) {
		t.Fatalf("Unwrap = %x, %v; want %x", got, err, key)
	}
	if _, err := seal.Unwrap(other, wrapped, place); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("another member unwrapped it: %v", err)
	}
	if _, err := seal.Unwrap(private, wrapped, seal.Place("border", 2, "customs")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("it unwrapped as another epoch: %v", err)
	}
}
