package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDirectoryCommand(env *Env) *cobra.Command {
	return family("directory", "Show who is who and who may read what", newDirectoryShowCommand(env), newDirectoryDiffCommand(env))
}

func newDirectoryShowCommand(env *Env) *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show agencies, groups, sharing rules, policies and calendars, now or as they were",
		Args:  takes(),
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "the moment: yyyy-mm-dd, which is its first, or a time with its zone (default: now)")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := directoryAt(ctx, c, "as-of", asOf)
		if err != nil {
			return err
		}
		env.adviseBasis(res.Basis)
		return env.Print(directoryDocument(res))
	})
	return cmd
}

// directoryAt asks for the directory as it stood at the moment that a flag gives; now, when it gives none.
func directoryAt(ctx context.Context, c *Clients, flag, moment string) (*queryv1.DirectoryResponse, error) {
	at, err := parseTime(flag, moment)
	if err != nil {
		return nil, err
	}
	res, err := c.Query.Directory(ctx, &queryv1.DirectoryRequest{AsOf: at})
	if err != nil {
		return nil, doing("show the directory", "", err)
	}
	return res, nil
}

func directoryDocument(res *queryv1.DirectoryResponse) output.Document {
	doc := output.Document{Value: res}
	section := func(title string, heads []string, rows [][]string) {
		if len(rows) > 0 {
			doc.Sections = append(doc.Sections, output.Section{Title: title, Grid: output.Grid{Heads: heads, Rows: rows}})
		}
	}
	section("agencies", []string{"agency", "title", "state", "service", "post of", "status", "since", "contacts"}, each(res.Agencies, func(a *ledgerv1.Agency) []string {
		return []string{a.Id, a.Title, a.State, a.Service, a.PostOf, strings.TrimSuffix(agencyStatus(a.Status)+": "+a.StatusReason, ": "), date(a.Since), contacts(a.Contacts)}
	}))
	section("groups", []string{"group", "members", "recording", "purpose", "legal basis", "newcomers read"}, each(res.Groups, func(g *ledgerv1.Group) []string {
		return []string{
			g.Id, strings.Join(members(g), ", "), orElse(strings.Join(g.Publishers, ", "), "every member"), g.Purpose, g.LegalBasis,
			strings.Join(append([]string{history(g.History, g.HistoryFrom)}, exceptions(g)...), "; "),
		}
	}))
	section("sharing rules in force, the latest first", []string{"kind", "marking", "agency", "group"}, each(res.Rules, func(r *directoryv1.SharingRule) []string {
		return []string{orElse(shortKind(r.Kind), "any"), orElse(r.Marking, "none"), orElse(r.Agency, "any"), r.Group}
	}))
	section("consents that are not plainly given", []string{"journal", "reader", "state", "since", "reason"}, unsaid(res.Releases))
	section("policies", []string{"policy", "title", "valid from", "legal basis"}, each(res.Policies, func(p *ledgerv1.Policy) []string {
		return directoryCells(&queryv1.Row{Row: &queryv1.Row_Policy{Policy: p}})
	}))
	section("calendars", []string{"calendar", "weekend", "holidays"}, each(res.Calendars, func(k *ledgerv1.Calendar) []string {
		return directoryCells(&queryv1.Row{Row: &queryv1.Row_Calendar{Calendar: k}})
	}))
	section("roles handed over", []string{"handover", "role", "from", "to", "at", "duties"}, each(res.Handovers, func(h *ledgerv1.Handover) []string {
		return directoryCells(&queryv1.Row{Row: &queryv1.Row_Handover{Handover: h}})
	}))
	section("emergency widenings", []string{"widening", "to group", "until", "ended", "review by", "reviewed", "reason"}, each(res.Widenings, func(w *ledgerv1.Widening) []string {
		return directoryCells(&queryv1.Row{Row: &queryv1.Row_Widening{Widening: w}})
	}))
	if len(doc.Sections) == 0 {
		doc.Sections = []output.Section{{Text: "nothing was in the directory then"}}
	}
	return doc
}

func each[R any](rows []R, cells func(R) []string) (all [][]string) {
	for _, r := range rows {
		all = append(all, cells(r))
	}
	return all
}

func members(g *ledgerv1.Group) []string {
	since := map[string]*timestamppb.Timestamp{}
	for _, m := range g.Since {
		since[m.Agency] = m.Since
	}
	list := make([]string, len(g.Members))
	for i, m := range g.Members {
		if list[i] = m; since[m] != nil {
			list[i] += " since " + date(since[m])
		}
	}
	return list
}

func exceptions(g *ledgerv1.Group) (list []string) {
	for _, e := range g.Exceptions {
		list = append(list, e.Agency+": "+history(e.History, e.HistoryFrom))
	}
	return list
}

func contacts(all []*directoryv1.Contact) string {
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = fmt.Sprintf("%s: %s", c.Role, strings.TrimSpace(c.Reach+" "+c.Hours))
	}
	return strings.Join(lines, "; ")
}

// unsaid are the consents that were refused or ended, or begin after the journal's first event.
func unsaid(releases []*ledgerv1.Release) (rows [][]string) {
	for _, r := range releases {
		journal, _, _ := strings.Cut(r.Id, ">")
		state, reason := enum(r.State), r.Reason
		switch {
		case r.State != ledgerv1.ReleaseState_RELEASE_STATE_AGREED:
		case r.Start != nil:
			reason = fmt.Sprintf("from event %d on", r.Start.Events+1)
		default:
			continue
		}
		rows = append(rows, []string{journal, r.Reader, state, date(r.Since), reason})
	}
	return rows
}
