package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newPolicyCommand(env *Env) *cobra.Command {
	return family("policy", "Write decision policies, try them on past cases, and put them in force",
		newPolicyListCommand(env), newPolicyShowCommand(env), newPolicyTestCommand(env), newPolicySimulateCommand(env), newPolicyAdoptCommand(env))
}

func newPolicyAdoptCommand(env *Env) *cobra.Command {
	req := &directoryv1.AdoptPolicyRequest{}
	cmd := &cobra.Command{
		Use:   "adopt FILE",
		Short: "Put a version of a decision policy on record, at the coordinating authority",
		Args:  takes("FILE"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		p, content, err := env.readPolicy(args[0])
		if err != nil {
			return nil, err
		}
		req.Policy = &directoryv1.PolicyAdopted{PolicyId: p.ID(), Content: content}
		res, err := c.Authority.AdoptPolicy(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, w := range res.Warnings {
			env.Advise("%s", w)
		}
		return res, nil
	})
}

// readPolicy reads a policy from a file. What is wrong with it is a problem found, with file and line.
func (env *Env) readPolicy(path string) (*policy.Policy, []byte, error) {
	content, err := env.readFile(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := policy.Load(path, content)
	if refusal := fault.As(err); refusal != nil {
		return nil, nil, problems("", refusal.Error(), "counterfoil policy test "+quote(path))
	}
	return p, content, err
}

// adopted is a version of a policy in the directory, as it is listed.
type adopted struct {
	ID        string `json:"policy"`
	InForce   bool   `json:"in_force"`
	ValidFrom string `json:"valid_from"`
	Title     string `json:"title"`
	Decider   string `json:"decider"`
	Rule      string `json:"rule"`
	Scope     string `json:"scope"`
	// Why it cannot be read; empty when it can.
	Problem string `json:"problem"`

	content []byte
	read    *policy.Policy
}

func newPolicyListCommand(env *Env) *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the versions of decision policies that were adopted, and which are in force",
		Args:  takes(),
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "the moment: yyyy-mm-dd, which is its first, or a time with its zone (default: now)")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		list, basis, err := env.policiesAt(ctx, c, asOf)
		if err != nil {
			return err
		}
		env.adviseBasis(basis)
		grid := output.Grid{Heads: []string{"policy", "in force", "valid from", "decider", "rule", "scope", "title"}}
		items := []any{}
		for _, a := range list {
			inForce := ""
			if a.InForce {
				inForce = "yes"
			}
			grid.Add(a.ID, inForce, a.ValidFrom, a.Decider, a.Rule, orElse(a.Problem, orElse(a.Scope, "everything")), a.Title)
			items = append(items, a)
		}
		doc := output.Document{Value: items, Items: items, Flat: &grid, Sections: []output.Section{{Grid: grid}}}
		if len(list) == 0 {
			doc.Sections = []output.Section{{Text: "no policy was adopted"}}
		}
		return env.Print(doc)
	})
	return cmd
}

// policiesAt are the versions that were adopted by a moment, now when it is empty, in order of name and version.
func (env *Env) policiesAt(ctx context.Context, c *Clients, asOf string) ([]*adopted, *queryv1.Basis, error) {
	res, err := directoryAt(ctx, c, "as-of", asOf)
	if err != nil {
		return nil, nil, err
	}
	at := env.Now()
	if moment, err := parseTime("as-of", asOf); err == nil && moment != nil {
		at = moment.AsTime()
	}
	return adoptedAt(res.Policies, at), res.Basis, nil
}

func adoptedAt(rows []*ledgerv1.Policy, at time.Time) []*adopted {
	var list []*adopted
	var read []*policy.Policy
	for _, row := range rows {
		a := &adopted{ID: row.Id, Title: row.Adopted.GetTitle(), ValidFrom: row.Adopted.GetValidFrom().AsTime().Format(time.DateOnly), content: row.Adopted.GetContent()}
		p, err := policy.Load(row.Id, a.content)
		if err != nil {
			a.Problem = "it cannot be read: " + err.Error()
		} else {
			a.read, a.Decider, a.Rule, a.Scope = p, p.Terms.GetDecider(), p.Terms.GetRule(), p.Terms.GetScope()
			read = append(read, p)
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *adopted) int {
		nameA, versionA := splitID(a.ID)
		nameB, versionB := splitID(b.ID)
		return cmp.Or(strings.Compare(nameA, nameB), cmp.Compare(versionA, versionB))
	})
	inForce := policy.InForce(read, at)
	for _, a := range list {
		a.InForce = slices.Contains(inForce, a.read)
	}
	return list
}

// splitID takes the id of a policy apart; the version is 0 where there is none.
func splitID(id string) (name string, version int) {
	name, rest, _ := strings.Cut(id, "/")
	if _, err := fmt.Sscanf(rest, "%d", &version); err != nil {
		version = 0
	}
	return name, version
}

func newPolicyShowCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME[/VERSION]",
		Short: "Print a policy as it was adopted: the version in force, or the one named",
		Args:  takes("NAME or NAME/VERSION"),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			list, _, err := env.policiesAt(ctx, c, "")
			if err != nil {
				return err
			}
			a := pick(list, args[0])
			if a == nil {
				return &failure{exit: exitFailed, why: fmt.Sprintf("no policy %s was adopted", args[0]), next: "counterfoil policy list"}
			}
			state := "not in force"
			if a.InForce {
				state = "in force"
			}
			env.Advise("%s is %s, valid from %s", a.ID, state, a.ValidFrom)
			doc := output.Document{Value: a, Sections: []output.Section{{Text: string(a.content)}}}
			if a.read != nil {
				doc.Value, doc.ItemType = a.read.Terms, a.read.Terms
			}
			return env.Print(doc)
		}),
	}
}

// pick returns the version that is named; of a name alone the one in force, or the last where none is.
func pick(list []*adopted, named string) (found *adopted) {
	for _, a := range list {
		switch name, _ := splitID(a.ID); {
		case a.ID == named || name == named && a.InForce:
			return a
		case name == named:
			found = a
		}
	}
	return found
}
