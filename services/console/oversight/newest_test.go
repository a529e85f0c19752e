package oversight

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/people"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// written serves what a part of a page would show, a word in each line.
func written(t *testing.T, words func(v *web.Visit) ([]string, error)) *consoletest.Served {
	return consoletest.Serve(t, func(s *web.Site) error {
		s.Page("GET /part", func(v *web.Visit) error {
			all, err := words(v)
			fmt.Fprint(v.W, strings.Join(all, "\n"))
			return err
		})
		return nil
	})
}

// Every widening of this agency that nobody reviewed is shown, before the newest of the others; it is said where there are more of those.
func TestWideningsThatWaitAreAllShown(t *testing.T) {
	s := written(t, func(v *web.Visit) (words []string, err error) {
		page := &sharingPage{}
		err = page.widenings(v)
		for _, w := range page.Widenings {
			words = append(words, w.Id)
		}
		return append(words, page.MoreWidenings), err
	})
	say := func(agency string, fact proto.Message) {
		s.Record(ledgertest.In("directory", ledgertest.By(agency, fact)))
	}
	widen := func(n int) string {
		id := fmt.Sprintf("licensing/widening-%06d", n)
		say("licensing", &directoryv1.AudienceWidened{WideningId: id, ToGroup: "all"})
		return id
	}
	first := widen(0)
	for n := range 60 {
		say("licensing", &directoryv1.WideningReviewed{WideningId: widen(n + 1)})
	}
	say("customs", &directoryv1.AudienceWidened{WideningId: "customs/widening-000001", ToGroup: "all"})
	shown := strings.Split(s.Read("/console/part"), "\n")
	if len(shown) != 52 || shown[0] != first || shown[1] != "licensing/widening-000060" || shown[51] != "/console/list/widenings?f.journal=licensing%2Fdirectory&f.open=false" {
		t.Errorf("shown are %d: %v", len(shown)-1, shown)
	}
}

// What was decided stands newest first.
func TestAuditShowsTheLatestOnTop(t *testing.T) {
	s := written(t, func(v *web.Visit) (words []string, err error) {
		events, more, err := decided(v, nil)
		for _, e := range events {
			words = append(words, fmt.Sprint(e.Number))
		}
		return append(words, more), err
	})
	for n := range 60 {
		s.Record(&licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-2026-%06d", n)})
	}
	if shown := strings.Split(s.Read("/console/part"), "\n"); shown[0] != "60" || shown[1] != "59" || shown[len(shown)-1] == "" {
		t.Errorf("shown are %v", shown)
	}
}

// An event whose block nobody signed is not said to be as signed, however it is shown.
func TestAuditVerifiesThePage(t *testing.T) {
	s := consoletest.Serve(t, Register)
	s.Record(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1"})
	if page := s.Read("/console/audit"); !strings.Contains(page, "Verify this page") || strings.Contains(page, "as signed") {
		t.Error("it is said to be verified before anybody asked, or nobody can ask")
	}
	page := s.Read("/console/audit?verify=1")
	if !strings.Contains(page, "1 event is not as its agency recorded and signed it") || strings.Contains(page, ">as signed<") {
		t.Errorf("it is said to hold:\n%s", page)
	}
}

// Nobody is led to what was known when an event was recorded that decided nothing: there is no answer.
func TestAuditLeadsToWhatWasKnownOfDecisions(t *testing.T) {
	s := consoletest.Serve(t, Register)
	s.Record(&licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1"}, &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", ApplicationId: "licensing/A-1"})
	page := s.Read("/console/audit")
	if !strings.Contains(page, `href="/console/events/licensing/all/1"`) || strings.Contains(page, `/console/knew?id=licensing%2fall/1"`) || !strings.Contains(page, `/console/knew?id=licensing%2fall/2"`) {
		t.Errorf("the first is an application, the second a licence:\n%s", page)
	}
}

// Blanks around what an auditor types do not hide who read it, and a serial that was looked for leads to no record.
func TestAuditFindsWhatIsTyped(t *testing.T) {
	s := consoletest.Serve(t, func(site *web.Site) error {
		site.Page("GET /looks", func(v *web.Visit) error {
			if _, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-1"}); err != nil {
				return err
			}
			_, err := v.API.Query.Custody(v.R.Context(), &queryv1.CustodyRequest{Mark: &transferv1.Mark{Serial: "KA-1"}})
			return err
		})
		return Register(site)
	})
	s.Record(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1"})
	s.Read("/console/looks")
	u := people.User{Name: "auditor", Person: "p-2", Roles: []people.Role{people.Auditor}}
	s.Must(u.SetSecret("a-secret-of-an-auditor-1"))
	s.Must(people.UsersFile(s.Dir).Edit(func(us *people.Users) error { return us.Add(u) }))
	session, err := s.Door.Login(t.Context(), "127.0.0.1:1", "auditor", "a-secret-of-an-auditor-1")
	s.Must(err)
	s.Session = session.Token
	if page := s.Read("/console/audit?owner=+licensing+&id=+licensing/L-1+"); strings.Contains(page, "Nobody has read") || !strings.Contains(page, `href="/console/records/licensing/L-1"`) {
		t.Errorf("who read it is not found:\n%s", page)
	}
	if page := s.Read("/console/audit"); !strings.Contains(page, "KA-1<") || strings.Contains(page, "/console/records/KA-1") {
		t.Errorf("the item that was looked for leads to a record:\n%s", page)
	}
}
