package chief

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Name is what a file, or the mail that carries it, is called: the parts that are there, with _ between them.
type Name struct {
	// Destination, Environment and Source are as in CHIEF_LIVE_SPIRE_licenceData_…: CHIEF, LIVE, SPIRE. CHIEF_licenceReply_…
	// has a source only. Environment is live or LIVE.
	Destination, Environment, Source string
	DataID                           DataID
	Run                              Number
	Created                          Stamp
}

func (n Name) String() string {
	parts := []string{n.Destination, n.Environment, n.Source, string(n.DataID), string(n.Run), string(n.Created)}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "_")
}

// NameOf returns what to call a file: <destination>_live_<source>_<data id>_<run>_<created>.
func NameOf(h Header) Name {
	return Name{Destination: h.Destination, Environment: "live", Source: h.Source, DataID: h.DataID, Run: h.Run, Created: h.Created}
}

// ParseName reads such a name; String returns it as it was. It refuses what is no name of this form.
func ParseName(text string) (Name, error) {
	parts := strings.Split(text, "_")
	var n Name
	switch len(parts) {
	case 6:
		n.Destination, n.Environment, n.Source = parts[0], parts[1], parts[2]
	case 4:
		n.Source = parts[0]
	default:
		return Name{}, badName(text)
	}
	rest := parts[len(parts)-3:]
	n.DataID, n.Run, n.Created = DataID(rest[0]), Number(rest[1]), Stamp(rest[2])
	_, err := n.Created.Time()
	live := len(parts) == 4 || n.Environment == "live" || n.Environment == "LIVE"
	if err != nil || !live || !n.DataID.Valid() || !digits(rest[1], 7) || !isSystem(n.Source) || len(parts) == 6 && !isSystem(n.Destination) {
		return Name{}, badName(text)
	}
	return n, nil
}

func badName(text string) error {
	return fault.Errorf(fault.Invalid, "%s is no name of a licence message: it has to be like CHIEF_LIVE_SPIRE_licenceData_1_202001010000 or CHIEF_licenceReply_1_202001010000", show(text))
}

// isSystem reports whether the text is of one to eight capital letters and digits.
func isSystem(text string) bool {
	return text != "" && len(text) <= maxSystem && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
