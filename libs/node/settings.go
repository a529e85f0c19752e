package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// passedOver says of every key in agency.json that this program has no setting for, such as a misspelled one, that it is passed over, and
// which setting is nearest to it. Such a key is no error: an earlier program starts on the file of a later one.
func (h Home) passedOver() (said []string, err error) {
	data, err := os.ReadFile(h.path("agency.json"))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", h.path("agency.json"), err)
	}
	var written any
	if err := json.Unmarshal(data, &written); err != nil {
		return nil, fmt.Errorf("read %s: %w", h.path("agency.json"), err)
	}
	known := settingsOf(reflect.TypeFor[Profile](), "")
	for _, key := range keysOf(written, "") {
		// encoding/json knows a key in upper and lower case.
		if !slices.ContainsFunc(known, func(is string) bool { return strings.EqualFold(is, key) }) {
			said = append(said, fmt.Sprintf("%q is no setting that this program knows and is passed over; the nearest is %q", key, nearest(key, known)))
		}
	}
	return said, nil
}

// settingsOf are the keys that encoding/json reads into a struct, such as "listen" and "feed.listen".
func settingsOf(t reflect.Type, within string) (keys []string) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" { // what is embedded is among the visible fields
			continue
		}
		keys = append(keys, within+name)
		if of := f.Type; of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Struct {
			keys = append(keys, settingsOf(of.Elem(), within+name+".")...)
		}
	}
	return keys
}

// keysOf are the keys of what was read from JSON, in order.
func keysOf(written any, within string) (keys []string) {
	object, _ := written.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		keys = append(keys, within+name)
		keys = append(keys, keysOf(object[name], within+name+".")...)
	}
	return keys
}

// nearest is the setting whose name is most like a key's, wherever in the file it belongs; of two such the one that belongs where the key is.
func nearest(key string, known []string) string {
	key = strings.ToLower(key)
	like := func(is string) []float32 {
		return []float32{edlib.JaroWinklerSimilarity(last(key), last(is)), edlib.JaroWinklerSimilarity(key, is)}
	}
	return slices.MaxFunc(known, func(a, b string) int { return slices.Compare(like(a), like(b)) })
}

// last is the name of a setting without what it is in.
func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// examineSettings says, for the doctor, what the node passed over in agency.json when it started.
func (n *Node) examineSettings(context.Context) (*queryv1.Check, error) {
	file := n.cfg.Home.path("agency.json")
	if len(n.passedOver) == 0 {
		return &queryv1.Check{Ok: true, Detail: "every key in agency.json is a setting of this program"}, nil
	}
	return &queryv1.Check{
		Detail: "agency.json: " + strings.Join(n.passedOver, "; "),
		Next:   fmt.Sprintf("mend it in %s, or take it out, and start the node again", file),
	}, nil
}
