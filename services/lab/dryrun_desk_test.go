package lab_test

import (
	"net/url"
	"regexp"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// offersOnly fails where the border desk offers a command on a declaration, as it stands, that the node refuses on a dry run.
func (r rehearsed) offersOnly(declaration string) {
	r.Helper()
	dry := &eventv1.Particulars{DryRun: true}
	commands := map[string]desk.Request{
		"accept":    &customsv1.AcceptLodgedRequest{Particulars: dry, DeclarationId: declaration},
		"release":   &customsv1.ReleaseGoodsRequest{Particulars: dry, DeclarationId: declaration},
		"hold":      &customsv1.HoldGoodsRequest{Particulars: dry, DeclarationId: declaration, Reason: "to be opened"},
		"lift":      &customsv1.LiftHoldRequest{Particulars: dry, DeclarationId: declaration, Reason: "opened"},
		"exit":      &customsv1.ConfirmExitRequest{Particulars: dry, DeclarationId: declaration},
		"arrive":    &customsv1.ConfirmArrivalRequest{Particulars: dry, DeclarationId: declaration},
		"transit":   &customsv1.OpenTransitRequest{Particulars: dry, DeclarationId: declaration, OfficeOfDestination: "XA000102", Due: timestamppb.New(inTwoYears)},
		"discharge": &customsv1.DischargeTransitRequest{Particulars: dry, DeclarationId: declaration},
		"cancel":    &customsv1.CancelDeclarationRequest{Particulars: dry, DeclarationId: declaration, Reason: "not shipped"},
		"note":      &customsv1.NoteDiscrepancyRequest{Particulars: dry, DeclarationId: declaration, Code: "DX22", Text: "it weighs half"},
	}
	offered := regexp.MustCompile(`action="/console/border/`+regexp.QuoteMeta(declaration)+`/([a-z]+)"`).FindAllStringSubmatch(r.desk.page("border?q="+url.QueryEscape(declaration)), -1)
	if len(offered) == 0 {
		r.Errorf("the desk offers nothing to do about %s", declaration)
	}
	for _, o := range offered {
		switch req := commands[o[1]]; {
		case req != nil:
			if err := r.try("customs", req); err != nil {
				r.Errorf("the desk offers %s of %s, and the node refuses it: %v", o[1], declaration, err)
			}
		case o[1] == "settle", o[1] == "override", o[1] == "correct", o[1] == "restore": // of other records
		default:
			r.Errorf("the desk offers %q of %s, and no command here is that", o[1], declaration)
		}
	}
}
