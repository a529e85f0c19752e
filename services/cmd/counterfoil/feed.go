package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/feed"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newFeedCommand(env *Env) *cobra.Command {
	cmd := family("feed", "Look after what a node publishes to its agency's own systems",
		newFeedStatusCommand(env), newFeedUserCommand(env), newFeedAsyncAPICommand(env))
	cmd.Long = "A node whose agency.json has \"feed\": {\"listen\": \"127.0.0.1:4333\"} publishes what it folded as CloudEvents on a NATS server\n" +
		"of its own, to those systems that counterfoil feed user add names."
	return cmd
}

func newFeedStatusCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how far a node's feed is, and how far those who read it are",
		Long: "Shows the streams of the feed and every system that reads it: what waits for it, and what was dropped before it read it.\n" +
			"It ends with exit code 3 while the feed does not go on, or a system cannot read.",
		Example: "counterfoil feed status\ncounterfoil feed status -o json",
		Args:    takes(),
		RunE: env.online(func(ctx context.Context, c *Clients, _ []string) error {
			res, err := c.Feed.FeedStatus(ctx, &queryv1.FeedStatusRequest{})
			if err != nil {
				return doing("look at the feed", "", err)
			}
			if err := env.Print(feedDocument(res)); err != nil {
				return err
			}
			var wrong []string
			if res.Trouble != "" {
				wrong = append(wrong, res.Trouble)
			}
			for _, s := range res.Streams {
				if s.Trouble != "" {
					wrong = append(wrong, s.Stream+": "+s.Trouble)
				}
			}
			for _, u := range res.Users {
				if u.Trouble != "" {
					wrong = append(wrong, u.User+": "+u.Trouble)
				}
			}
			if len(wrong) > 0 {
				return problems("look at the feed", strings.Join(wrong, "; "), "counterfoil doctor")
			}
			return nil
		}),
	}
}

func feedDocument(res *queryv1.FeedStatusResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.FeedReader{}}
	if !res.Enabled && res.Trouble != "" {
		doc.Sections = []output.Section{{Text: "the node runs without its feed, which did not start: " + res.Trouble}}
		return doc
	}
	if !res.Enabled {
		doc.Sections = []output.Section{{Text: "the node has no feed: its agency.json had no \"feed\" when it started"}}
		return doc
	}
	streams := output.Grid{Heads: []string{"stream", "behind", "messages", "bytes", "first", "last", "oldest", "trouble"}}
	for _, s := range res.Streams {
		streams.Add(s.Stream, number(s.Behind), number(s.Messages), number(s.Bytes), number(s.FirstSequence), number(s.LastSequence), date(s.OldestAt), s.Trouble)
	}
	users := output.Grid{Heads: []string{"user", "stream", "only", "connections", "acknowledged", "unacknowledged", "waiting", "dropped", "read at", "trouble"}}
	for _, u := range res.Users {
		doc.Items = append(doc.Items, u)
		users.Add(u.User, u.Stream, strings.Join(u.Only, " "), number(uint64(u.Connections)), number(u.Acknowledged), number(u.Unacknowledged),
			number(u.Pending), number(u.Dropped), date(u.ReadAt), u.Trouble)
	}
	doc.Flat = &users
	doc.Sections = []output.Section{{Text: "the feed is at " + res.Url}, {Grid: streams}}
	if len(res.Users) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "read by", Grid: users})
	}
	return doc
}

func newFeedAsyncAPICommand(env *Env) *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use:   "asyncapi",
		Short: "Print what the feed publishes as an AsyncAPI 3.0 document",
		Long: "Prints a channel for every kind of event of the contract that this program has, its message by the .proto file that declares it,\n" +
			"and the headers of a CloudEvent. It asks no node.",
		Example: "counterfoil feed asyncapi > feed.asyncapi.json",
		Args:    takes(),
		RunE: func(*cobra.Command, []string) error {
			doc, err := feed.AsyncAPI(url, version())
			if err != nil {
				return usage("%v", err)
			}
			data, err := json.MarshalIndent(doc, "", "  ")
			if err == nil {
				_, err = env.Out.Write(append(data, '\n'))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&url, "url", "nats://127.0.0.1:4333", "where the feed is")
	return cmd
}
