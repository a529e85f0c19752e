package application_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

// rifle is all that the table asks of an ML1 item.
var rifle = map[string]string{"type": "assault_rifle", "part": "no"}

var ruleRifle = &licensingv1.FiredRule{Rule: 15, Category: small, Row: "VIII small arms 4", Reason: "an assault rifle"}

func isRifle(c *licensingv1.ClassificationAssigned) {
	c.Parameters, c.Fired = rifle, []*licensingv1.FiredRule{ruleRifle}
}

func reason(s string) func(*licensingv1.ClassificationAssigned) {
	return func(c *licensingv1.ClassificationAssigned) { c.Reason = s }
}

func TestClassify(t *testing.T) {
	certain := assigned(2, "ML1.a", small, "VIII small arms 4", isRifle)
	command := &licensingv1.ClassifyLineRequest{Particulars: particulars, ApplicationId: applicationID, Line: 2, Parameters: rifle}
	of := func(change ...func(*licensingv1.ClassifyLineRequest)) *licensingv1.ClassifyLineRequest {
		return with(command, change...)
	}
	unsure := func(c *licensingv1.ClassifyLineRequest) { c.Parameters = nil }
	why := func(c *licensingv1.ClassifyLineRequest) { c.Reason = "seen at the maker's" }
	as := func(category transferv1.Category, row string) func(*licensingv1.ClassifyLineRequest) {
		return func(c *licensingv1.ClassifyLineRequest) { c.Category, c.Row = category, row }
	}
	none := func(c *licensingv1.ClassifyLineRequest) { c.None = true }
	shotgun := assigned(2, "ML1.a", small, "VIII small arms others", reason("seen at the maker's"))
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.ClassifyLineRequest
		want    []proto.Message
		wantErr error
	}{
		{"the table is certain", []proto.Message{submitted()}, command, []proto.Message{certain}, nil},
		{"by what the line says itself", []proto.Message{submitted(func(d *licensingv1.Deal) { d.Lines[1].Parameters = map[string]string{"part": "no"} })},
			of(func(c *licensingv1.ClassifyLineRequest) { c.Parameters = map[string]string{"type": "assault_rifle"} }), []proto.Message{certain}, nil},
		{"the table is not certain", []proto.Message{submitted()}, of(unsure), nil, nil},
		{"again", []proto.Message{submitted(), beside(certain)}, command, nil, nil},
		{"an officer is", []proto.Message{submitted()}, of(unsure, why, as(small, "VIII small arms others")), []proto.Message{shotgun}, nil},
		{"an officer is, without a reason", []proto.Message{submitted()}, of(unsure, as(small, "")), nil, fault.Invalid},
		{"an officer agrees", []proto.Message{submitted()}, of(as(small, "")), []proto.Message{certain}, nil},
		{"an officer agrees, with a reason", []proto.Message{submitted()}, of(why, as(small, "VIII small arms 4")),
			[]proto.Message{with(certain, reason("seen at the maker's"))}, nil},
		{"another row than the table's, without a reason", []proto.Message{submitted()}, of(as(small, "VIII small arms 2")), nil, fault.Invalid},
		{"an officer sees it otherwise", []proto.Message{submitted()}, of(why, as(small, "VIII small arms 2")),
			[]proto.Message{assigned(2, "ML1.a", small, "VIII small arms 2", isRifle, reason("seen at the maker's"))}, nil},
		{"an officer takes it for none", []proto.Message{submitted()}, of(why, none),
			[]proto.Message{assigned(2, "ML1.a", 0, "", isRifle, reason("seen at the maker's"), func(c *licensingv1.ClassificationAssigned) { c.None = true })}, nil},
		{"none, without a reason", []proto.Message{submitted()}, of(none), nil, fault.Invalid},
		{"a later one replaces", []proto.Message{submitted(), beside(shotgun)}, command, []proto.Message{certain}, nil},
		{"none and a category", []proto.Message{submitted()}, of(why, none, as(small, "")), nil, fault.Invalid},
		{"none and a row", []proto.Message{submitted()}, of(why, none, as(0, "VIII small arms 2")), nil, fault.Invalid},
		{"a row of no category", []proto.Message{submitted()}, of(why, as(0, "VIII small arms 2")), nil, fault.Invalid},
		{"a line that there is not", []proto.Message{submitted()}, of(func(c *licensingv1.ClassifyLineRequest) { c.Line = 3 }), nil, fault.NotFound},
		{"never submitted", nil, command, nil, fault.NotFound},
		{"decided", []proto.Message{submitted(), denied}, command, nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.Classify(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestLook(t *testing.T) {
	view := given(t, submitted())
	fired, missing, err := application.Look(view, &licensingv1.ClassifyLineRequest{ApplicationId: applicationID, Line: 2, Parameters: map[string]string{"type": "assault_rifle"}})
	if err != nil || len(fired) != 1 || !proto.Equal(fired[0], ruleRifle) || !slices.Equal(missing, []string{"assemblable", "part"}) {
		t.Errorf("Look says %v, misses %v, %v", fired, missing, err)
	}
	if _, _, err := application.Look(view, &licensingv1.ClassifyLineRequest{ApplicationId: "licensing/A-9", Line: 1}); err == nil {
		t.Error("Look says something of an application that there is not")
	}
}
