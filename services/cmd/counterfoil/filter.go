package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// filterFlags pick the rows that are counted, listed or watched.
type filterFlags struct {
	byAttribute map[string]*[]string
	destination []string
	country     []string // the same attribute
	party       []string
	where       []string
	from, until string
	withdrawn   bool
}

func (f *filterFlags) add(cmd *cobra.Command) {
	f.byAttribute = map[string]*[]string{}
	flags := cmd.Flags()
	for _, flag := range []struct{ attribute, usage string }{
		{"status", "such as granted, refused, suspended, revoked"},
		{"year", "year of the row's own date"},
		{"rating", "control-list rating, such as ML1.a"},
		{"category", "treaty category, such as viii_small_arms_light_weapons"},
		{"kind", "export, import, transit, trans_shipment or brokering; of events, what they state"},
		{"criterion", "criterion that a denial names"},
	} {
		f.byAttribute[flag.attribute] = flags.StringSlice(flag.attribute, nil, flag.usage)
	}
	// Names have commas: these are lists only by being given more than once, or of countries' codes.
	flags.StringArrayVar(&f.party, "party", nil, "identifier such as lei:213800KUD8LAJWSQ9D15, or a name; may be given more than once")
	flags.StringArrayVar(&f.destination, "destination", nil, "country, two letters, or a name as it was published")
	flags.StringArrayVar(&f.country, "country", nil, "the same as --destination")
	flags.StringArrayVar(&f.where, "where", nil, "attribute=value, of any attribute of the table; the same attribute again: either value")
	flags.StringVar(&f.from, "from", "", "only rows dated from then on: yyyy-mm-dd, or a time with its zone")
	flags.StringVar(&f.until, "until", "", "only rows dated before then")
	flags.BoolVar(&f.withdrawn, "withdrawn", false, "also rows that a later edition of a register left out")
	complete(cmd, "status", "submitted", "granted", "refused", "suspended", "revoked", "withdrawn")
	complete(cmd, "kind", "export", "import", "transit", "trans_shipment", "brokering")
}

// filter returns the flags as the API takes them, every attribute once and in the order of the flags.
func (f *filterFlags) filter() (*queryv1.Filter, error) {
	filter := &queryv1.Filter{Withdrawn: f.withdrawn}
	conditions := conditions{}
	for _, attribute := range []string{"status", "year", "rating", "category", "kind", "criterion"} {
		conditions.add(attribute, *f.byAttribute[attribute]...)
	}
	conditions.add("destination", slices.Concat(f.destination, f.country)...)
	conditions.add("party", f.party...)
	if err := conditions.where(f.where); err != nil {
		return nil, err
	}
	filter.Conditions = conditions.all
	var err error
	if filter.From, err = parseTime("from", f.from); err != nil {
		return nil, err
	}
	filter.Until, err = parseTime("until", f.until)
	return filter, err
}

// conditions gathers what is asked of each attribute.
type conditions struct {
	all []*queryv1.Condition
}

func (c *conditions) add(attribute string, values ...string) {
	if len(values) == 0 {
		return
	}
	var indexed []string
	for _, value := range values {
		indexed = append(indexed, asIndexed(attribute, value)...)
	}
	for _, one := range c.all {
		if one.Attribute == attribute {
			one.Values = append(one.Values, indexed...)
			return
		}
	}
	c.all = append(c.all, &queryv1.Condition{Attribute: attribute, Values: indexed})
}

func (c *conditions) where(pairs []string) error {
	for _, pair := range pairs {
		attribute, value, found := strings.Cut(pair, "=")
		if !found || attribute == "" {
			return usage("--where %s is not attribute=value", pair)
		}
		c.add(strings.ReplaceAll(attribute, "-", "_"), value)
	}
	return nil
}

// asIndexed returns a value as the ledger's indexes may have it: enums in lower case with underscores, countries in
// capitals, names folded behind "name:".
func asIndexed(attribute, value string) []string {
	switch attribute {
	case "status", "category", "priority", "stage", "effect":
		return []string{strings.ReplaceAll(strings.ToLower(value), "-", "_")}
	case "kind":
		return asKind(value)
	case "destination", "state":
		return asCountries(value)
	case "party":
		if scheme, _, isIdentifier := strings.Cut(value, ":"); !isIdentifier || scheme == "name" {
			return []string{"name:" + ledger.FoldName(strings.TrimPrefix(value, "name:"))}
		}
	}
	return []string{value}
}

// asCountries returns one or more codes, "xa,xb", in capitals; a name stays as it was written.
func asCountries(value string) []string {
	codes := strings.Split(strings.ToUpper(value), ",")
	for _, code := range codes {
		if len(code) != 2 {
			return []string{value}
		}
	}
	return codes
}

// asKind tells the kind of a transfer, such as export, from that of an event, which is a message: LicenceGranted, with
// its package or without.
func asKind(value string) []string {
	short := shortKind(value)
	if value == "" || short == strings.ToLower(short) {
		return []string{strings.ReplaceAll(value, "-", "_")}
	}
	kinds := []string{short}
	protoregistry.GlobalTypes.RangeMessages(func(kind protoreflect.MessageType) bool {
		if name := kind.Descriptor().FullName(); string(name.Name()) == short && strings.HasPrefix(string(name), "counterfoil.") {
			kinds = append(kinds, string(name))
		}
		return true
	})
	slices.Sort(kinds)
	return kinds
}

// parseTime reads a day, which starts at midnight UTC, or a time with its zone; nothing is nil.
func parseTime(flag, text string) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return timestamppb.New(t), nil
		}
	}
	return nil, usage("--%s %s is neither a day such as 2008-12-31 nor a time such as 2008-12-31T12:00:00Z", flag, text)
}
