// Package watchlists reads the lists of parties that the United Nations Security Council and the United States publish
// for screening: the UN's consolidated list, OFAC's list of specially designated nationals, the denied persons list of
// the Bureau of Industry and Security, and the US consolidated screening list. Everything that a file says in another
// form than the publisher promises is a problem or a remark; nothing is dropped in silence.
package watchlists

import "github.com/counterfoil/counterfoil/libs/published"

// List is one edition of a list.
type List struct {
	// Source is "un", "ofac-sdn", "ofac-alt", "bis-dpl" or "us-csl".
	Source string
	// Date of the edition, yyyy-mm-dd: the day the UN's file was generated, the latest update of the denied persons
	// list. Empty for the others, whose files do not say it.
	Date string
	// Entries in the order of the file. No two have the same key.
	Entries []Entry
	// Problems are rows that are in no entry, and why; at most 1,000.
	Problems []published.Problem
	// Remarks are what was read, but not as it stands or not without doubt; at most 1,000.
	Remarks []published.Problem
}

// Type is what a list says an entry is.
type Type string

const (
	// Person is a natural person.
	Person Type = "person"
	// Entity is any organization, and whatever the list does not call otherwise.
	Entity Type = "entity"
	// Vessel is a ship.
	Vessel Type = "vessel"
	// Aircraft is an aircraft, listed by its registration mark.
	Aircraft Type = "aircraft"
)

// Kind is what a name is to the one who has it.
type Kind string

const (
	// Primary is the name of the entry.
	Primary Kind = "primary"
	// Alias is another name, of good quality.
	Alias Kind = "alias"
	// Weak is an alias that the publisher itself calls weak or of low quality; it raises many false hits.
	Weak Kind = "weak"
	// Former is a name that was given up.
	Former Kind = "former"
)

// Name is one name of an entry.
type Name struct {
	Text string
	Kind Kind
	// Original is the name in its own script, where the list gives it.
	Original string
}

// Entry is one listed party.
type Entry struct {
	// Key is the same in every edition: the UN's permanent reference number; OFAC's ent_num; "SDN:306" in the
	// consolidated screening list; name and effective date where the list numbers nothing, such as
	// "AIR FREIGHT LTD/2019-06-05", with "#2" and so on where several rows have both, in order of their content.
	Key  string
	Type Type
	// Names: the primary first, the others as the file has them, none twice.
	Names []Name
	// Programmes are the regimes under which the entry is listed, as the publisher calls them.
	Programmes []string
	// Countries of nationality, flag and address, ISO 3166-1 alpha-2, sorted. A country that libs/refdata does not
	// know is in Remarks.
	Countries []string
	// Identifiers as "scheme:value", sorted: passport, national-id, tax-id, registration, imo, imo-company, mmsi, bic,
	// lei, duns, aircraft-serial. Values stand as given.
	Identifiers []string
	// BirthDates as yyyy, yyyy-mm or yyyy-mm-dd; "circa" before those that are not exact, "to" between two.
	BirthDates []string
	Addresses  []string
	// ListedOn is the day since which it holds, and Until the day it ends, yyyy-mm-dd or empty.
	ListedOn, Until string
	// Remarks are what the list says besides, in its own words.
	Remarks string
	// Digest is a SHA-256 over all of the above but the key.
	Digest [32]byte
}

// Compare says what leads from what is on record, digests by key, to a list. Added and changed are in the order of the
// list, removed keys are sorted.
func Compare(onRecord map[string][32]byte, list List) (added, changed []Entry, removed []string) {
	seen := make(map[string]bool, len(list.Entries))
	for _, e := range list.Entries {
		seen[e.Key] = true
		switch digest, ok := onRecord[e.Key]; {
		case !ok:
			added = append(added, e)
		case digest != e.Digest:
			changed = append(changed, e)
		}
	}
	return added, changed, missing(onRecord, seen)
}
