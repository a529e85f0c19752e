package casework

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// adopted is a version of a policy that was adopted.
type adopted struct {
	*ledgerv1.Policy
	InForce bool
	// Read is the policy; nil when it cannot be read, and Problem says why.
	Read    *policy.Policy
	Problem string
}

// versions are those that were adopted, the newest of each first.
func versions(rows []*ledgerv1.Policy, at time.Time) (all []*adopted) {
	var read []*policy.Policy
	for _, row := range rows {
		a := &adopted{Policy: row}
		p, err := policy.LoadAdopted(row.GetId(), row.GetAdopted().GetContent())
		if err != nil {
			a.Problem = err.Error()
		} else {
			a.Read, read = p, append(read, p)
		}
		all = append(all, a)
	}
	inForce := policy.InForce(read, at)
	for _, a := range all {
		a.InForce = a.Read != nil && slices.Contains(inForce, a.Read)
	}
	slices.SortFunc(all, func(a, b *adopted) int {
		nameA, versionA := splitID(a.GetId())
		nameB, versionB := splitID(b.GetId())
		return cmp.Or(strings.Compare(nameA, nameB), cmp.Compare(versionB, versionA))
	})
	return all
}

// splitID takes the id of a policy apart; the version is 0 where there is none.
func splitID(id string) (name string, version int) {
	name, rest, _ := strings.Cut(id, "/")
	version, _ = strconv.Atoi(rest)
	return name, version
}

type policiesPage struct {
	InForce, Others []*adopted
	Basis           *queryv1.Basis
}

func (p pages) policies(v *web.Visit) error {
	res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	page := policiesPage{Basis: res.Basis}
	for _, a := range versions(res.Policies, v.Site().Now()) {
		if a.InForce {
			page.InForce = append(page.InForce, a)
		} else {
			page.Others = append(page.Others, a)
		}
	}
	return v.Page(p.Pages, "policies", page)
}

func (p pages) policy(v *web.Visit) error {
	res, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	named := v.R.PathValue("name") + "/" + v.R.PathValue("version")
	for _, a := range versions(res.Policies, v.Site().Now()) {
		if a.GetId() == named {
			return v.Page(p.Pages, "policy", a)
		}
	}
	return connect.NewError(connect.CodeNotFound, "no policy "+named+" was adopted; those that were stand on the page “Policies”")
}
