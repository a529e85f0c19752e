package oversight

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// agenciesPage is who takes part, with how far each is.
type agenciesPage struct {
	Agencies []participant
	Groups   []*ledgerv1.Group
	Basis    *queryv1.Basis
}

// participant is an agency as the directory has it, and as the hub sees it where this is the authority's node.
type participant struct {
	*ledgerv1.Agency
	Heard heard
	// Lag is nil where only the authority would know.
	Lag *directoryv1.AgencyLag
}

// Behind is how many blocks it lacks, by its own receipts.
func (p participant) Behind() (n uint64) {
	for _, j := range p.Lag.GetJournals() {
		n += j.Behind
	}
	return n
}

func (p pages) agencies(v *web.Visit) error {
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return err
	}
	status, err := v.API.Query.Status(v.R.Context(), &queryv1.StatusRequest{})
	if err != nil {
		return err
	}
	lags := map[string]*directoryv1.AgencyLag{}
	if v.Site().Service == authority && v.May(showOne) == "" {
		res, err := v.API.Authority.Lag(v.R.Context(), &directoryv1.LagRequest{})
		if err != nil {
			return err
		}
		for _, a := range res.Agencies {
			lags[a.Agency] = a
		}
	}
	page := agenciesPage{Groups: directory.Groups, Basis: directory.Basis}
	known := map[string]heard{}
	for _, h := range heardFrom(v.Site().Agency, directory, status) {
		known[h.Agency] = h
	}
	for _, a := range directory.Agencies {
		page.Agencies = append(page.Agencies, participant{a, known[a.Id], lags[a.Id]})
	}
	return v.Page(p.Pages, "agencies", page)
}

// agencyPage is all that is known of one agency.
type agencyPage struct {
	*ledgerv1.Agency
	Keys []key
	// Groups it is a member of, and what that lets it do.
	Groups   []membership
	Releases []*ledgerv1.Release
	Receipts []*ledgerv1.Receipt
	Lag      *directoryv1.AgencyLag
	// Why it cannot be suspended or resumed here; empty where it can.
	WhyNot string
	// Here says that this is the authority's node: what only that does is shown nowhere else.
	Here   bool
	Reason string
	Failed *web.Failure
	Basis  *queryv1.Basis
}

// key is a signing key with where it stands.
type key struct {
	ID         string
	raw        []byte
	From, Till *timestamppb.Timestamp
	// Ended keys are not believed any more; one that ends within a month is said so.
	Ended, Soon bool
}

// soon is how long before its end a key is pointed out.
const soon = 30 * 24 * time.Hour

type membership struct {
	*ledgerv1.Group
	// Publishes says that it records for the group; every member reads.
	Publishes bool
}

func (p pages) agency(v *web.Visit) error {
	page, err := readAgency(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "agency", page)
}

func readAgency(v *web.Visit) (*agencyPage, error) {
	name := v.R.PathValue("name")
	directory, err := v.API.Query.Directory(v.R.Context(), &queryv1.DirectoryRequest{})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(directory.Agencies, func(a *ledgerv1.Agency) bool { return a.Id == name })
	if i < 0 {
		return nil, web.NotFound("there is no agency " + name + " in the directory")
	}
	page := &agencyPage{Agency: directory.Agencies[i], Basis: directory.Basis}
	page.Keys = keysOf(page.Agency, directory.Keys, v.Site().Now())
	for _, g := range directory.Groups {
		if slices.Contains(g.Members, name) {
			page.Groups = append(page.Groups, membership{g, len(g.Publishers) == 0 || slices.Contains(g.Publishers, name)})
		}
	}
	for _, r := range directory.Releases {
		if r.Reader == name {
			page.Releases = append(page.Releases, r)
		}
	}
	call := suspend
	if page.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED {
		call = resume
	}
	page.Here, page.WhyNot = v.Site().Service == authority, why(v, call)
	if v.Site().Service == authority && v.May(showOne) == "" {
		res, err := v.API.Authority.ShowAgency(v.R.Context(), &directoryv1.ShowAgencyRequest{Agency: name})
		if err != nil {
			return nil, err
		}
		page.Lag = res.Agency
	}
	return page, nil
}

// keysOf are the signing keys of an agency: those that the authority registered and those that it changed to itself.
func keysOf(a *ledgerv1.Agency, changed []*ledgerv1.AgencyKeys, now time.Time) (all []key) {
	signing := slices.Clone(a.SigningKeys)
	for _, c := range changed {
		if c.Id == a.Id+"/keys" {
			signing = append(signing, c.SigningKeys...)
		}
	}
	for _, k := range signing {
		raw := journal.KeyID(k.Public)
		one := key{ID: hex.EncodeToString(raw), raw: raw, From: k.ValidFrom, Till: k.ValidUntil}
		for _, e := range a.EndedKeys {
			if hex.EncodeToString(e.KeyId) == one.ID {
				one.Till = e.ValidUntil
			}
		}
		if one.Till != nil {
			one.Ended = !now.Before(one.Till.AsTime())
			one.Soon = !one.Ended && one.Till.AsTime().Sub(now) < soon
		}
		all = append(all, one)
	}
	return all
}

func (p pages) suspend(v *web.Visit) error {
	return p.change(v, func(name, reason string) error {
		_, err := v.API.Authority.SuspendAgency(v.R.Context(), &directoryv1.SuspendAgencyRequest{Agency: name, Reason: reason})
		return err
	})
}

func (p pages) resume(v *web.Visit) error {
	return p.change(v, func(name, _ string) error {
		_, err := v.API.Authority.ResumeAgency(v.R.Context(), &directoryv1.ResumeAgencyRequest{Agency: name})
		return err
	})
}

// change does something to an agency and shows it, or the form again with why not.
func (p pages) change(v *web.Visit, do func(name, reason string) error) error {
	name, reason := v.R.PathValue("name"), strings.TrimSpace(v.R.FormValue("reason"))
	err := do(name, reason)
	if err == nil {
		return v.Redirect("/agencies/" + name)
	}
	return p.again(v, reason, err)
}

// again shows an agency with why something was not done, and the reason that was typed for it.
func (p pages) again(v *web.Visit, reason string, err error) error {
	if !web.IsRefusal(err) {
		return err
	}
	page, again := readAgency(v)
	if again != nil {
		return again
	}
	page.Reason, page.Failed = reason, web.Refusal(err)
	return v.PageAgain(p.Pages, "agency", page)
}

// Removed reports whether the agency takes no part any more.
func (a *agencyPage) Removed() bool {
	return a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED
}

// GoodKeys are those that are believed.
func (a *agencyPage) GoodKeys() (good []key) {
	for _, k := range a.Keys {
		if !k.Ended {
			good = append(good, k)
		}
	}
	return good
}
