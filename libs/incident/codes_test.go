package incident_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/refdata"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Every stage of the contract has its code and types of its own, and takes no other stage's.
func TestTypesOfStages(t *testing.T) {
	codes := map[string]bool{}
	for number := range enforcementv1.Stage_name {
		stage := enforcementv1.Stage(number)
		code := incident.StageCode(stage)
		if stage == enforcementv1.Stage_STAGE_UNSPECIFIED {
			if code != "" || !errors.Is(incident.CheckType(stage, "gift"), fault.Invalid) {
				t.Errorf("a stage that is not known has the code %q, or types", code)
			}
			continue
		}
		codes[code] = true
		if err := incident.CheckType(stage, ""); err != nil {
			t.Errorf("%s needs a type: %v", stage, err)
		}
		for _, c := range refdata.Codes(refdata.DiversionKinds).Codes {
			if err := incident.CheckType(stage, c.Code); (err == nil) != (c.Group == code) {
				t.Errorf("type %s of %s at %s: %v", c.Code, c.Group, stage, err)
			}
		}
	}
	if stages := refdata.Codes(refdata.DiversionStages).Codes; len(codes) != len(stages) {
		t.Errorf("%d stages have codes, of %d", len(codes), len(stages))
	}
}

func TestChecks(t *testing.T) {
	for name, tt := range map[string]struct {
		got     error
		wantErr error
	}{
		"flags":                  {incident.CheckIndicators([]string{"RF01", "RF28"}), nil},
		"a flag that is none":    {incident.CheckIndicators([]string{"RF01", "RF29"}), fault.Invalid},
		"patterns":               {incident.CheckPatterns([]string{"corruption", "trafficking_route"}), nil},
		"a pattern that is none": {incident.CheckPatterns([]string{"smuggling"}), fault.Invalid},
		"evidence in words":      {incident.CheckEvidence(&enforcementv1.Evidence{Text: "a photograph"}), nil},
		"evidence by a document": {incident.CheckEvidence(&enforcementv1.Evidence{DocumentSha256: "00"}), nil},
		"evidence of nothing":    {incident.CheckEvidence(&enforcementv1.Evidence{Source: "media"}), fault.Invalid},
		"countries":              {incident.CheckCountries("", "XA", "FR"), nil},
		"a country that is none": {incident.CheckCountries("XA", "EU"), fault.Invalid},
	} {
		if !errors.Is(tt.got, tt.wantErr) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.wantErr)
		}
	}
}

func TestAt(t *testing.T) {
	now := timestamppb.New(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	before, after := timestamppb.New(now.AsTime().Add(-1)), timestamppb.New(now.AsTime().Add(1))
	for name, tt := range map[string]struct {
		stated, want *timestamppb.Timestamp
		wantErr      error
	}{
		"not stated": {nil, now, nil},
		"now":        {now, now, nil},
		"before":     {before, before, nil},
		"after":      {after, nil, fault.Invalid},
		"no time":    {&timestamppb.Timestamp{Nanos: -1}, nil, fault.Invalid},
	} {
		got, err := incident.At(tt.stated, now, "it was seen")
		if !errors.Is(err, tt.wantErr) || !got.AsTime().Equal(tt.want.AsTime()) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
