package field

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// Every code that pages show has its words in every language, and every form the words of what it asks.
func TestFormsAndCodesHaveWords(t *testing.T) {
	w, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, list := range []refdata.List{refdata.Discrepancies, refdata.Indicators, refdata.DiversionKinds, refdata.IllicitGrounds, refdata.EvidenceSources, refdata.ChainEnds} {
		for _, o := range codes(list) {
			keys = append(keys, o.Key)
		}
	}
	deeds := append([]deed{raiseDeed(nil, "", ""), openDeed}, borderDeeds...)
	deeds = append(append(deeds, alertDeeds...), traceDeeds...)
	for _, d := range deeds {
		keys = append(keys, "deed."+d.Name)
		for _, a := range d.Asks {
			keys = append(keys, "ask."+a.Name)
			for _, o := range a.Options {
				if o.Text == "" {
					keys = append(keys, o.Key)
				}
			}
		}
	}
	for _, tag := range words.Languages {
		speaker := w.Speaker(tag.String(), "")
		for _, key := range keys {
			if _, err := speaker.T(key); err != nil {
				t.Error(err)
			}
		}
	}
}
