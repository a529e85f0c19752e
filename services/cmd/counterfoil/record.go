package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"buf.build/go/protoyaml"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// recorded is the answer to every command that records something.
type recorded interface {
	proto.Message
	GetReceipt() *eventv1.Receipt
}

// request is what such a command sends.
type request interface {
	proto.Message
	GetParticulars() *eventv1.Particulars
}

// recording makes cmd a command that sends req and prints its receipt. send gets the arguments, puts them and its flags
// into req and calls the API. Every such command has the flags of the particulars. more shows what else the answer says.
func recording(env *Env, cmd *cobra.Command, req request, send func(ctx context.Context, c *Clients, args []string) (recorded, error), more ...func(recorded) []output.Section) *cobra.Command {
	var particulars particularsFlags
	particulars.add(cmd)
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := cmd.Parent().Name() + " " + strings.Join(append([]string{cmd.Name()}, args...), " ")
		if file := cmd.Flag("file"); file != nil && file.Value.String() != "" {
			if err := env.readRequest(file.Value.String(), req); err != nil {
				return doing(what, "", err)
			}
		}
		if err := particulars.putInto(env, req); err != nil {
			return err
		}
		res, err := send(ctx, c, args)
		if err != nil {
			next := ""
			if len(args) > 0 {
				next = "counterfoil explain " + quote(args[0])
			}
			return doing(what, next, err)
		}
		doc, err := receiptDocument(res)
		if err != nil {
			return err
		}
		for _, sections := range more {
			doc.Sections = append(doc.Sections, sections(res)...)
		}
		return env.Print(doc)
	})
	return cmd
}

// fromFile gives a command the flag that its request is read by.
func fromFile(cmd *cobra.Command, what string) {
	cmd.Flags().StringP("file", "f", "", what+`, as JSON or YAML with the field names of the API; "-" is the standard input`)
}

type particularsFlags struct {
	key, occurredAt, purpose, correlation, marking string
	dryRun                                         bool
}

func (p *particularsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.key, "idempotency-key", "", "makes it safe to send again: the same key with the same request is recorded once (default: a new one)")
	flags.StringVar(&p.occurredAt, "occurred-at", "", "when it was true: yyyy-mm-dd, or a time with its zone (default: now)")
	flags.StringVar(&p.purpose, "purpose", "", `what it is recorded under, such as "ATT 7(7)"`)
	flags.StringVar(&p.correlation, "correlation", "", "ties the events of one case together")
	flags.StringVar(&p.marking, "marking", "", "who may read it, where the sharing rules leave a choice")
	flags.BoolVar(&p.dryRun, "dry-run", false, "decide and record nothing: say what would be recorded and who would read it")
}

// putInto sets the particulars of a request, over those that its file gave. Without a key it makes one, so that what was
// sent and not answered can be sent again.
func (p *particularsFlags) putInto(env *Env, req request) error {
	particulars := req.GetParticulars()
	if particulars == nil {
		particulars = &eventv1.Particulars{}
		m := req.ProtoReflect()
		m.Set(m.Descriptor().Fields().ByName("particulars"), protoreflect.ValueOfMessage(particulars.ProtoReflect()))
	}
	at, err := parseTime("occurred-at", p.occurredAt)
	if err != nil {
		return err
	}
	if at != nil {
		particulars.OccurredAt = at
	}
	for _, one := range []struct {
		given string
		into  *string
	}{
		{p.key, &particulars.IdempotencyKey}, {p.purpose, &particulars.Purpose},
		{p.correlation, &particulars.Correlation}, {p.marking, &particulars.Marking},
	} {
		if one.given != "" {
			*one.into = one.given
		}
	}
	particulars.DryRun = particulars.DryRun || p.dryRun
	if particulars.IdempotencyKey == "" {
		particulars.IdempotencyKey = rand.Text()
	}
	env.key = particulars.IdempotencyKey
	return nil
}

// readRequest reads a message from a file. A field that the message does not have is an error.
func (env *Env) readRequest(path string, into proto.Message) error {
	data, err := env.readFile(path)
	if err != nil {
		return err
	}
	if err := parseRequest(data, into); err != nil {
		return usage("%s is not a %s: %v", path, into.ProtoReflect().Descriptor().Name(), err)
	}
	return nil
}

// readFile reads a file that was named; "-" is the standard input.
func (env *Env) readFile(path string) (data []byte, err error) {
	if path == "-" {
		data, err = io.ReadAll(env.In)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was named: %w", err)
	}
	return data, nil
}

// parseRequest reads JSON, or YAML; what is wrong is said with its line.
func parseRequest(data []byte, into proto.Message) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		return protojson.Unmarshal(data, into)
	}
	if err := protoyaml.Unmarshal(data, into); err != nil {
		return errors.New("line " + strings.TrimPrefix(err.Error(), ":"))
	}
	return nil
}

// receiptDocument shows what was recorded and where it stands.
func receiptDocument(res recorded) (output.Document, error) {
	receipt := res.GetReceipt()
	if receipt.GetDryRun() != nil {
		return dryRunDocument(res)
	}
	text := "nothing had to be recorded"
	if receipt.GetJournal() != "" {
		text = fmt.Sprintf("%s is on record: %s, block %d, event %d", receipt.Subject, receipt.Journal, receipt.Block, receipt.FirstEvent)
		if receipt.Events > 1 {
			text += fmt.Sprintf(" to %d", receipt.FirstEvent+uint64(receipt.Events)-1)
		}
		if receipt.Repeated {
			text += " (it had been recorded before)"
		}
	}
	return output.Document{Value: res, ItemType: res, Sections: []output.Section{{Text: text}}}, nil
}
