package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/config"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// patience is how long one of several nodes may take to answer.
const patience = 15 * time.Second

// contextStatus is one context's status, or why there is none.
type contextStatus struct {
	Context string    `json:"context"`
	Agency  string    `json:"agency"`
	Status  *statusOf `json:"status"`
	Error   string    `json:"error"`

	exit int
}

// statusOfAll asks every context at once. What was answered is printed even when a node was not reached.
func (env *Env) statusOfAll(ctx context.Context, root bool) error {
	contexts, err := env.contexts()
	if err != nil {
		return err
	}
	all, err := contexts.List()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%w: there are none in %s yet", config.ErrNoContext, contexts.Home)
	}
	answers := make([]contextStatus, len(all))
	var asked sync.WaitGroup
	for i, one := range all {
		asked.Go(func() { answers[i] = env.askStatus(ctx, contexts, one, root) })
	}
	asked.Wait()
	if err := env.Print(allDocument(answers, root)); err != nil {
		return err
	}
	for _, a := range answers {
		if a.exit != exitOK {
			return &failure{exit: a.exit, what: "status of all contexts", why: a.Context + ": " + a.Error, next: "counterfoil context list"}
		}
	}
	return nil
}

func (env *Env) askStatus(ctx context.Context, contexts config.Contexts, of config.Context, root bool) contextStatus {
	answer := contextStatus{Context: of.Name, Agency: of.Agency}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	clients, err := dial(contexts, of)
	if err == nil {
		var res *queryv1.StatusResponse
		if res, err = clients.Query.Status(ctx, &queryv1.StatusRequest{Root: root}); err == nil {
			value := statusValue(res)
			answer.Status = &value
			return answer
		}
	}
	alone := *env
	alone.in = of
	answer.exit, answer.Error = alone.judge(err)
	return answer
}

// allDocument lays contexts one below the other, then journals against contexts, so that it shows who lags.
func allDocument(answers []contextStatus, root bool) output.Document {
	nodes := output.Grid{Heads: []string{"context", "agency", "hub", "to send", "events", "behind", "parked", "stopped", "root"}}
	matrix := output.Grid{Heads: []string{"journal"}}
	doc := output.Document{Value: answers, Items: []any{}}
	var journals []string
	at := map[string][]string{}
	for i, a := range answers {
		doc.Items = append(doc.Items, a)
		matrix.Heads = append(matrix.Heads, a.Context)
		if a.Status == nil {
			nodes.Add(a.Context, a.Agency, "-", "", "", "", "", a.Error, "")
			continue
		}
		var events, behind, parked, stops uint64
		for _, j := range a.Status.Journals {
			events, behind, parked = events+j.Events, behind+j.BehindBy, parked+j.Parked
			if j.Stopped != nil {
				stops++
			}
			if at[j.Journal] == nil {
				at[j.Journal] = make([]string, len(answers))
				journals = append(journals, j.Journal)
			}
			at[j.Journal][i] = standing(j, root)
		}
		nodes.Add(a.Context, a.Agency, connected(a.Status.HubConnected), number(a.Status.ToSend), number(events), number(behind),
			number(parked), number(stops), short(a.Status.Root))
	}
	for _, journal := range journals {
		matrix.Add(append([]string{journal}, at[journal]...)...)
	}
	doc.Flat = &nodes
	doc.Sections = []output.Section{{Grid: nodes}, {Title: "journals: block reached, and the root of their rows when asked for", Grid: matrix}}
	return doc
}

func standing(j journalStatus, root bool) string {
	text := number(j.Block)
	if root {
		text += " " + short(j.RowsRoot)
	}
	if j.Stopped != nil {
		text += " STOPPED"
	}
	return text
}
