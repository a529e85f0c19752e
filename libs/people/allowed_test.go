package people_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/people"
)

// procedures are all that the contract has, registered at a node or not yet.
func procedures(t *testing.T) []string {
	t.Helper()
	var (
		all      []string
		pkg      = regexp.MustCompile(`(?m)^package ([a-z0-9_.]+);`)
		services = regexp.MustCompile(`(?ms)^service (\w+) \{(.*?)^\}`)
		rpc      = regexp.MustCompile(`(?m)^\s*rpc (\w+)\(`)
	)
	err := filepath.WalkDir("../../proto/counterfoil", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".proto" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, s := range services.FindAllSubmatch(data, -1) {
			for _, m := range rpc.FindAllSubmatch(s[2], -1) {
				all = append(all, fmt.Sprintf("/%s.%s/%s", pkg.FindSubmatch(data)[1], s[1], m[1]))
			}
		}
		return nil
	})
	if err != nil || len(all) < 60 {
		t.Fatalf("%d procedures were found in the contract: %v", len(all), err)
	}
	return all
}

func TestEveryProcedureSaysWhoMayCallIt(t *testing.T) {
	for _, p := range procedures(t) {
		if err := people.Declared(p); err != nil {
			t.Error(err)
		}
		if len(people.Allowed(p)) == 0 {
			t.Errorf("no role may call %s", p)
		}
	}
	if err := people.Declared("/counterfoil.query.v1.QueryService/Foretell"); err == nil || !strings.Contains(err.Error(), "libs/people/allowed.go") {
		t.Errorf("a procedure that is not declared: %v; want where to declare it", err)
	}
}

// What a role may not do, whatever is added to the contract.
func TestRolesKeepToTheirPart(t *testing.T) {
	content := regexp.MustCompile(`/(PlanReplay|ReplayBlocks|Count|List|Links|Knew|AlertFile|Prove|Entries|Get|Explain|Watch|ParkedEvent|Totals|Balance|Allowance|CheckDeclaration|EditionContents|ListContents|ScreenName|ConsultationFigures|SimulatePolicy|Wire|Seen|Custody|PrepareReturn|ReadDraft|BuildReport|CheckReport|ExplainFigure|TakeLineage|ExportReport|CompareReports|Reconcile|Questionnaire|DraftMeasure|WriteReport|RowTree|RowEvents|Differences|WhatIf)$`)
	read := regexp.MustCompile(`(Query|Link|Knowledge|Proof|Compare)Service/|/(PlanReplay|ReplayBlocks|ListSnapshots|Totals|Balance|Allowance|CheckDeclaration|EditionContents|ListContents|ScreenName|ConsultationFigures|SimulatePolicy|Wire|PlanAgency|ShowAgency|Lag|Duties|Withdrawals|Seen|PrepareReturn|ReadDraft|BuildReport|CheckReport|ExplainFigure|TakeLineage|ExportReport|CompareReports|Reconcile|Questionnaire|DraftMeasure|WriteReport|ExportSetup|Calendar|WaitingBundles|FeedStatus|WhatIf|ListWebhooks|ParkedDeliveries)$`)
	decision := regexp.MustCompile(`/(Grant|Deny|Amend|Suspend|Reinstate|Revoke)Licence$|/(ConcludeReassessment|SignDecision|DropProposal|DecideAppeal|RevokeDenial)$|OpinionService/|DirectoryService/(Withdraw|Share|Widen|EndWidening|ReviewWidening|EndRelease)$`)
	for _, p := range procedures(t) {
		roles := people.Allowed(p)
		may := func(r people.Role) bool { return slices.Contains(roles, r) }
		reads := read.MatchString(p) && !strings.HasSuffix(p, "/RetryParked")
		if content.MatchString(p) && may(people.Operator) {
			t.Errorf("an operator may read rows with %s", p)
		}
		if !reads && (may(people.Viewer) || may(people.Auditor)) {
			t.Errorf("a viewer or an auditor may record with %s", p)
		}
		if reads && !may(people.Auditor) {
			t.Errorf("an auditor may not read with %s", p)
		}
		if decision.MatchString(p) && (may(people.Officer) || !may(people.Approver)) {
			t.Errorf("%s decides; it is for approvers, and is allowed to %v", p, roles)
		}
		if strings.Contains(p, "AuthorityService/") && !may(people.Operator) {
			t.Errorf("an operator may not %s", p)
		}
		if may(people.Viewer) && !may(people.Officer) || may(people.Officer) && !may(people.Approver) {
			t.Errorf("%s: an officer may all that a viewer may, and an approver all that an officer may; allowed is %v", p, roles)
		}
	}
}

const (
	get     = "/counterfoil.query.v1.QueryService/Get"
	doctor  = "/counterfoil.query.v1.QueryService/Doctor"
	submit  = "/counterfoil.licensing.v1.LicensingService/SubmitApplication"
	suspend = "/counterfoil.licensing.v1.LicensingService/SuspendLicence"
)

func TestCallerActsInARoleThatItHas(t *testing.T) {
	tests := []struct {
		name            string
		roles           []people.Role
		procedure, role string
		want            string
		says            string
	}{
		{"viewer reads", []people.Role{people.Viewer}, get, "", "viewer", ""},
		{"viewer decides", []people.Role{people.Viewer}, suspend, "", "", "user u-12 has the roles viewer; suspend licence needs approver; ask this node's operator"},
		{"officer decides", []people.Role{people.Officer}, suspend, "", "", "needs approver"},
		{"officer records", []people.Role{people.Officer}, submit, "", "officer", ""},
		{"approver reads", []people.Role{people.Approver}, get, "", "approver", ""},
		{"the role that may do least", []people.Role{people.Approver, people.Viewer}, get, "", "viewer", ""},
		{"the role that may", []people.Role{people.Viewer, people.Operator}, doctor, "", "operator", ""},
		{"operator reads rows", []people.Role{people.Operator}, get, "", "", "get needs viewer, auditor, officer or approver"},
		{"auditor records", []people.Role{people.Auditor}, submit, "", "", "needs officer or approver"},
		{"chosen", []people.Role{people.Viewer, people.Approver}, get, "approver", "approver", ""},
		{"chosen too low", []people.Role{people.Viewer, people.Approver}, suspend, "viewer", "", "user u-12 acts as viewer; suspend licence needs approver"},
		{"forged", []people.Role{people.Viewer}, suspend, "approver", "", `user u-12 has the roles viewer and cannot act as "approver"`},
		{"no role of ours", []people.Role{people.Viewer}, get, "analyst", "", "cannot act as"},
		{"not declared", people.Roles, "/x/Y", "", "", "no role may call /x/Y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := people.Caller{User: "u-12", Person: "p-12", Roles: tt.roles}.As(tt.procedure, tt.role, "p-forged")
			if tt.says != "" {
				if !errors.Is(err, fault.NotAllowed) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("As: %v; want a refusal that says %q", err, tt.says)
				}
				return
			}
			if err != nil || c.Role != tt.want || c.Person != "p-12" {
				t.Errorf("As: role %q, person %q, %v; want %q, p-12", c.Role, c.Person, err, tt.want)
			}
		})
	}
	if _, err := (people.Caller{User: "u", Roles: people.Roles}).As(get, "", strings.Repeat("p", 101)); !errors.Is(err, fault.Invalid) {
		t.Errorf("a person's id of 101 bytes: %v", err)
	}
}
