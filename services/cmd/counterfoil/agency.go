package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newAgencyCommand(env *Env) *cobra.Command {
	return family("agency", "Let agencies in and out, at the coordinating authority",
		newAgencyPlanCommand(env), newAgencyAddCommand(env), newAgencyKitCommand(env), newAgencyShowCommand(env), newAgencyLagCommand(env),
		newAgencySuspendCommand(env), newAgencyResumeCommand(env), newAgencyRemoveCommand(env), newAgencyRotateCommand(env),
		newAgencyContactsCommand(env), newAgencyCompetencesCommand(env), newAgencyEndKeyCommand(env))
}

// membershipFlags say which groups a new agency comes into.
type membershipFlags struct {
	like, history     string
	postOf            string
	groups, recording []string
}

func (m *membershipFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.like, "like", "", "the groups of this agency")
	flags.StringSliceVar(&m.groups, "groups", nil, "these groups")
	flags.StringSliceVar(&m.recording, "recording-for", nil, "of these groups it also records for, where not every member does")
	flags.StringVar(&m.postOf, "post-of", "", "for a customs post: the customs agency that counts licences and gives it allowances")
	flags.StringVar(&m.history, "history", "", "what it is given of their past: from-start, from-joining, or from a day on, yyyy-mm-dd (default: each group's own rule)")
}

// plan asks the authority what the flags come to. The memberships in the answer are what AddAgency takes.
func (m *membershipFlags) plan(ctx context.Context, c *Clients, agency string) (*directoryv1.PlanAgencyResponse, error) {
	if m.like == "" && len(m.groups) == 0 {
		return nil, usage("say which groups %s comes into: --like AGENCY, or --groups A,B", agency)
	}
	req := &directoryv1.PlanAgencyRequest{Agency: agency, Like: m.like, PostOf: m.postOf}
	for _, group := range m.groups {
		req.Memberships = append(req.Memberships, &directoryv1.Membership{Group: group})
	}
	res, err := c.Authority.PlanAgency(ctx, req)
	if err != nil || m.history == "" && len(m.recording) == 0 {
		return res, err
	}
	rule, from, err := parseHistory(m.history)
	if err != nil {
		return nil, err
	}
	for _, membership := range res.Memberships {
		membership.History, membership.HistoryFrom = rule, from
		for _, group := range m.recording {
			membership.Publishes = membership.Publishes || group == membership.Group
		}
	}
	return c.Authority.PlanAgency(ctx, &directoryv1.PlanAgencyRequest{Agency: agency, Memberships: res.Memberships, PostOf: m.postOf})
}

func newAgencyPlanCommand(env *Env) *cobra.Command {
	var m membershipFlags
	cmd := &cobra.Command{
		Use:   "plan NAME --like AGENCY | --groups A,B",
		Short: "Say what a new agency would read and would not; nothing changes",
		Args:  takes("NAME"),
	}
	m.add(cmd)
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := m.plan(ctx, c, args[0])
		if err != nil {
			return doing("agency plan "+args[0], "counterfoil directory show", err)
		}
		return env.Print(planDocument(res))
	})
	return cmd
}

func planDocument(res *directoryv1.PlanAgencyResponse) output.Document {
	doc := output.Document{Value: res, ItemType: &directoryv1.PlannedJournal{}}
	journals := output.Grid{Heads: []string{"journal", "would read", "from", "consent", "kinds", "blocks", "why"}}
	kinds := output.Grid{Heads: []string{"journal", "kind", "fields"}}
	for _, j := range res.Journals {
		doc.Items = append(doc.Items, j)
		reads, from, consent := "no", "", ""
		if j.Reads {
			reads, from, consent = "yes", history(j.History, j.HistoryFrom), "by itself"
			if !j.ConsentByItself {
				consent = "has to be asked"
			}
			for _, k := range j.Kinds {
				kinds.Add(j.Journal, shortKind(k.Kind), strings.Join(k.Fields, " "))
			}
		}
		journals.Add(j.Journal, reads, from, consent, count(len(j.Kinds)), number(j.Blocks), j.Rule)
	}
	doc.Sections = []output.Section{
		{Title: "journals", Grid: journals}, {Title: "what it would see", Grid: kinds}, {Text: strings.Join(res.Sentences, "\n")},
	}
	return doc
}

func newAgencyAddCommand(env *Env) *cobra.Command {
	req := &directoryv1.AddAgencyRequest{}
	var m membershipFlags
	var file string
	cmd := &cobra.Command{
		Use:   "add NAME -f REQUEST --like AGENCY | --groups A,B",
		Short: "Register an agency by its request and make it a member of groups",
		Args:  takes("NAME"),
	}
	m.add(cmd)
	cmd.Flags().StringVarP(&file, "request", "f", "", "the request that the agency made with: counterfoil join request (required)")
	require(cmd, "request")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Request = &directoryv1.JoinRequest{}
		if err := env.readRequest(file, req.Request); err != nil {
			return nil, err
		}
		if req.Request.Agency != args[0] {
			return nil, usage("%s is the request of agency %s, not of %s", file, req.Request.Agency, args[0])
		}
		plan, err := m.plan(ctx, c, args[0])
		if err != nil {
			return nil, err
		}
		req.Memberships, req.PostOf = plan.Memberships, m.postOf
		return c.Authority.AddAgency(ctx, req)
	})
}

func newAgencyKitCommand(env *Env) *cobra.Command {
	req := &directoryv1.MakeKitRequest{}
	var out string
	var valid time.Duration
	cmd := &cobra.Command{
		Use:   "kit NAME --out FILE",
		Short: "Write the file that an agency joins with: for one receiver, for one use, for a while",
		Args:  takes("NAME"),
	}
	cmd.Flags().StringVar(&req.Recipient, "to", "", "whom it is encrypted to, age1… (default: whom the agency's request names)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	cmd.Flags().DurationVar(&valid, "valid-for", 48*time.Hour, "how long it can be used, a week at most")
	require(cmd, "out")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "agency kit " + args[0]
		req.Agency, req.ValidSeconds = args[0], uint32(valid/time.Second)
		file, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return doing(what, "ls -l "+quote(out), err)
		}
		defer file.Close()
		res, err := c.Authority.MakeKit(ctx, req)
		if err != nil {
			os.Remove(out)
			return doing(what, "counterfoil agency show "+args[0], err)
		}
		if _, err := file.Write(res.Kit); err != nil {
			return doing(what, "", err)
		}
		if err := file.Close(); err != nil {
			return doing(what, "", err)
		}
		env.Advise("give %s to agency %s; there: counterfoil join %s --dir DIR", out, args[0], out)
		kit := struct {
			Agency    string    `json:"agency"`
			File      string    `json:"file"`
			ExpiresAt time.Time `json:"expires_at"`
		}{args[0], out, res.ExpiresAt.AsTime()}
		return env.Print(output.Document{Value: kit, Items: []any{kit}, Sections: []output.Section{
			{Text: fmt.Sprintf("%s is for agency %s, once, until %s", out, args[0], date(res.ExpiresAt))},
		}})
	})
	return cmd
}

func newAgencySuspendCommand(env *Env) *cobra.Command {
	req := &directoryv1.SuspendAgencyRequest{}
	cmd := &cobra.Command{
		Use:   "suspend NAME",
		Short: "Shut an agency out of the hub until it is resumed",
		Args:  takes("NAME"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Agency = args[0]
		return c.Authority.SuspendAgency(ctx, req)
	})
}

func newAgencyResumeCommand(env *Env) *cobra.Command {
	req := &directoryv1.ResumeAgencyRequest{}
	cmd := &cobra.Command{
		Use:   "resume NAME",
		Short: "Let a suspended agency in again",
		Args:  takes("NAME"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Agency = args[0]
		return c.Authority.ResumeAgency(ctx, req)
	})
}

func newAgencyRemoveCommand(env *Env) *cobra.Command {
	req := &directoryv1.RemoveAgencyRequest{}
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "End an agency's part: it is cut off at once and reads nothing more",
		Args:  takes("NAME"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		if !req.GetParticulars().GetDryRun() {
			if err := env.Confirm("Agency " + args[0] + " loses its place in every group, and its credentials for good. Remove it?"); err != nil {
				return nil, err
			}
		}
		req.Agency = args[0]
		return c.Authority.RemoveAgency(ctx, req)
	})
}

func newAgencyRotateCommand(env *Env) *cobra.Command {
	var grace time.Duration
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Have an agency's node take new credentials for the hub, by itself",
		Long: "Has an agency's node make a new key for the hub and ask for new credentials with it, over the line that it has. The\n" +
			"credentials before stop working once it has them, and at the deadline in any case.",
		Args: takes("NAME"),
	}
	cmd.Flags().DurationVar(&grace, "grace", 24*time.Hour, "how long the credentials that it has go on working")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Authority.RotateAgency(ctx, &directoryv1.RotateAgencyRequest{Agency: args[0], GraceSeconds: uint32(grace / time.Second)})
		if err != nil {
			return doing("agency rotate "+args[0], "counterfoil agency show "+args[0], err)
		}
		return env.Print(output.Document{Value: res, ItemType: res, Items: []any{res}, Sections: []output.Section{
			{Text: fmt.Sprintf("agency %s takes new credentials when its node is next connected; those it has end on %s", args[0], date(res.Deadline))},
		}})
	})
	return cmd
}

func newAgencyContactsCommand(env *Env) *cobra.Command {
	req := &directoryv1.NameContactsRequest{}
	cmd := &cobra.Command{
		Use:   "contacts -f FILE",
		Short: "Say anew how an agency is reached, by role",
		Args:  takes(),
	}
	fromFile(cmd, "the agency and its contacts")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Authority.NameContacts(ctx, req)
	})
}

func newAgencyCompetencesCommand(env *Env) *cobra.Command {
	req := &directoryv1.AssignCompetencesRequest{}
	cmd := &cobra.Command{
		Use:   "competences -f FILE",
		Short: "Say anew what an agency decides on: category, kind of transfer, step",
		Args:  takes(),
	}
	fromFile(cmd, "the agency and its competences")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Authority.AssignCompetences(ctx, req)
	})
}
