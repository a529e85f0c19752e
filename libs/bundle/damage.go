package bundle

import (
	"fmt"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Damage is an error that says where a file is not what was signed.
type Damage struct {
	Kind queryv1.BundleDamageKind
	// Frame counts from 1; 0 is before the first frame, or after the last.
	Frame int
	// Byte is where in the file the damaged part begins, or where the file ends.
	Byte int64
	// Journal of the frame.
	Journal string
	What    string
	// Usable is how many frames before it are whole.
	Usable int
}

const (
	truncated = queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_TRUNCATED
	altered   = queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_ALTERED
	surplus   = queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_SURPLUS
	noBundle  = queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_NO_BUNDLE
)

func (d *Damage) Error() string {
	if d.Frame == 0 {
		return fmt.Sprintf("byte %d: %s", d.Byte, d.What)
	}
	return fmt.Sprintf("frame %d, byte %d, journal %s: %s", d.Frame, d.Byte, d.Journal, d.What)
}

// Proto is the damage as it is answered.
func (d *Damage) Proto() *queryv1.BundleDamage {
	if d == nil {
		return nil
	}
	return &queryv1.BundleDamage{
		Kind: d.Kind, Frame: uint32(d.Frame), Byte: uint64(d.Byte), Journal: d.Journal, What: d.What, Usable: uint32(d.Usable),
	}
}
