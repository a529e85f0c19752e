package customs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/whole"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
)

// Folders are where files of licence messages are exchanged with another system. A file, or a mail with one, that comes into In is
// recorded, then its reply is written to Out, then it is moved to In's folder done, or to failed with a text beside it that says
// why. Each step is on disk before the next begins and changes nothing when it is done again, so that it makes no difference
// where this is broken off.
type Folders struct {
	// In and Out have to be there. Both empty: no files are exchanged.
	In, Out string
	// Every is how often In is looked at; 0 is 2 s.
	Every time.Duration
	// Logger is told of each step that is on disk.
	Logger *slog.Logger
}

// exchange is a service's work on its folders.
type exchange struct {
	Folders
	service *Service
	// seen is what the last look found: a file that is still written to is left alone.
	seen map[string]stamp
}

type stamp struct {
	size    int64
	changed time.Time
}

// Run exchanges files until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if s.folders.In == "" && s.folders.Out == "" {
		return nil
	}
	x := &exchange{Folders: s.folders, service: s}
	for _, dir := range []string{x.In, x.Out} {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("exchange licence messages: %s is no folder: %w", dir, cmp.Or(err, fs.ErrInvalid))
		}
	}
	for _, dir := range []string{x.done(), x.failed()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("exchange licence messages: %w", err)
		}
	}
	look := time.NewTicker(cmp.Or(x.Every, 2*time.Second))
	defer look.Stop()
	for {
		if err := x.sweep(ctx); err != nil && ctx.Err() == nil {
			x.Logger.Error("licence messages wait", "err", err)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (x *exchange) done() string   { return filepath.Join(x.In, "done") }
func (x *exchange) failed() string { return filepath.Join(x.In, "failed") }

// incoming is a file that nobody writes to any more.
type incoming struct {
	name string
	data []byte
	// carried is the file itself, or what it carries where it is a mail.
	carried chief.Attachment
	file    *wire.File // nil where it cannot be read
	why     error
}

func (in incoming) read() *chief.File {
	if in.file == nil {
		return nil
	}
	return in.file.File
}

// sweep takes what has come in, in the order in which it was sent. What cannot be taken now waits, and so does what follows it.
func (x *exchange) sweep(ctx context.Context) error {
	names, err := x.still()
	if err != nil {
		return err
	}
	var all []incoming
	for _, name := range names {
		in := incoming{name: name}
		if in.data, err = os.ReadFile(filepath.Join(x.In, name)); err != nil {
			return fmt.Errorf("read what came in: %w", err)
		}
		if in.carried, in.why = chief.Unwrap(name, in.data); in.why == nil {
			in.file, in.why = wire.Read(in.carried.Name, in.carried.Data)
		}
		all = append(all, in)
	}
	slices.SortStableFunc(all, func(a, b incoming) int { return chief.InOrder(a.read(), b.read()) })
	for _, in := range all {
		if err := x.take(ctx, in); err != nil {
			return fmt.Errorf("take %s: %w", in.name, err)
		}
	}
	return nil
}

// still are the files that are as they were at the last look.
func (x *exchange) still() (names []string, err error) {
	entries, err := os.ReadDir(x.In)
	if err != nil {
		return nil, fmt.Errorf("look for what came in: %w", err)
	}
	now := map[string]stamp{}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), ".tmp") {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for what came in: %w", err)
		}
		now[e.Name()] = stamp{info.Size(), info.ModTime()}
		if x.seen[e.Name()] == now[e.Name()] {
			names = append(names, e.Name())
		}
	}
	x.seen = now
	return names, nil
}

// take records a file, writes its reply and puts it away.
func (x *exchange) take(ctx context.Context, in incoming) error {
	if in.why != nil {
		return x.put(in, in.why.Error())
	}
	res, err := x.service.ReceiveWire(ctx, &customsv1.ReceiveWireRequest{
		Particulars: &eventv1.Particulars{Officer: &eventv1.Officer{Role: "folder"}}, Name: plainName(in.carried.Name), Data: in.carried.Data,
	})
	if fault.As(err) != nil && errors.Is(err, fault.Invalid) {
		return x.put(in, err.Error())
	}
	if err != nil {
		return err
	}
	x.Logger.Info("licence messages recorded", "wire", res.GetWireId())
	if !in.file.Header.DataID.IsReply() {
		answer, err := x.service.Wire(ctx, &customsv1.WireRequest{WireId: res.GetWireId(), Form: customsv1.WireForm_WIRE_FORM_ANSWER})
		if err != nil {
			return err
		}
		if _, err := chief.Deliver(x.Out, answer.GetName(), answer.GetData()); err != nil {
			return err
		}
		x.Logger.Info("licence messages answered", "wire", res.GetWireId())
	}
	if refused := res.GetRefused(); refused != nil {
		return x.put(in, refused.GetCode()+": "+refused.GetText())
	}
	return x.put(in, "")
}

// put moves a file to where it stays; why is empty where it was taken.
func (x *exchange) put(in incoming, why string) error {
	to := x.done()
	if why != "" {
		to = x.failed()
	}
	name := in.name[:min(len(in.name), 200)] // more is put after it, and a name has at most 255 bytes
	_, err := chief.Deliver(to, name, in.data)
	if fault.As(err) != nil { // one of the same name was put away before
		name += "." + wire.Short(in.data)
		_, err = chief.Deliver(to, name, in.data)
	}
	if err == nil && why != "" {
		_, err = chief.Deliver(to, name+".why", []byte(why+"\n"))
	}
	if err != nil {
		return err
	}
	x.Logger.Info("licence messages kept", "file", name)
	if err := os.Remove(filepath.Join(x.In, in.name)); err != nil {
		return err
	}
	x.Logger.Info("licence messages put away", "file", name, "failed", why != "")
	return whole.SyncFolder(x.In)
}

// plainName is a file's name as a request takes it.
func plainName(name string) string {
	name = strings.ToValidUTF8(name, "?")
	if runes := []rune(name); len(runes) > 200 {
		return string(runes[:200])
	}
	return name
}
