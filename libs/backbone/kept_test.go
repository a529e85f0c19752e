package backbone_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// taken are the streams of a folder's broker, by name.
type taken struct {
	streams []backbone.KeptStream
	bytes   map[backbone.StreamName][]byte
}

func takeAll(t *testing.T, dir string) taken {
	t.Helper()
	source, err := backbone.OpenSnapshots(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}()
	names, err := source.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := taken{bytes: map[backbone.StreamName][]byte{}}
	for _, name := range names {
		err := source.Read(t.Context(), name, func(kept backbone.KeptStream, r io.Reader) error {
			all.streams = append(all.streams, kept)
			content, err := io.ReadAll(r)
			all.bytes[name] = content
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// putBack makes a folder with the files of another, but for what a broker made there, and with the streams.
func (all taken) putBack(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"store.key", "operator.seed", "port", "hub.yaml", "ca.key", "ca.pem", "server.pem", "server.key", "route.pem", "route.key"} {
		copyTo(t, dir, from, part)
	}
	_, err := backbone.RestoreStreams(t.Context(), dir, all.streams, func(kept backbone.KeptStream) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(all.bytes[kept.StreamName])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyTo copies a file or a folder where it is there.
func copyTo(t *testing.T, to, from, part string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(from, part))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return
	case err == nil && info.IsDir():
		err = os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(from, part)))
	case err == nil:
		var content []byte
		if content, err = os.ReadFile(filepath.Join(from, part)); err == nil {
			err = os.WriteFile(filepath.Join(to, part), content, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// entries are the messages of a stream with number, time of storing, headers and data.
func entries(t *testing.T, s jetstream.Stream, to uint64) (all []string) {
	t.Helper()
	for n := uint64(1); n <= to; n++ {
		msg, err := s.GetMsg(t.Context(), n)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			all = append(all, fmt.Sprintf("%d gone", n))
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d %s %s %v %s", msg.Sequence, msg.Time, msg.Subject, msg.Header, msg.Data))
	}
	return all
}

func TestSnapshotOfANodeThatRunsHoldsEveryMessageAsItStood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := startNode(t, "licensing", dir)
	large := strings.Repeat("x", 100_000)
	for i := range 200 {
		record(t, n, "all", itoa(i)+large)
	}
	if err := n.Journal().DeleteMsg(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	stop := make(chan struct{})
	writing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				record(t, n, "border", itoa(i))
			}
		}
	})
	all := takeAll(t, dir)
	close(stop)
	writing.Wait()
	if len(all.streams) != 2 || all.streams[1].Stream != backbone.JournalStream {
		t.Fatalf("streams %v", all.streams)
	}
	kept := all.streams[1]
	if end := last(t, n.Journal()); kept.Last < 200 || kept.Last >= end {
		t.Fatalf("the snapshot ends at %d of %d: it was not taken while the node wrote", kept.Last, end)
	}
	again := startNode(t, "licensing", all.putBack(t, dir))
	if got := last(t, again.Journal()); got != kept.Last {
		t.Fatalf("the restored journal ends at %d, kept was %d", got, kept.Last)
	}
	if diff := cmp.Diff(entries(t, n.Journal(), kept.Last), entries(t, again.Journal(), kept.Last)); diff != "" {
		t.Error(diff)
	}
	if again.JournalCreated().Equal(n.JournalCreated()) {
		t.Error("a position in the lost stream would be taken for one in the restored one")
	}
}

func TestSnapshotOfANodeThatDoesNotRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30)) // too long for the address of a socket
	n := startNode(t, "licensing", dir)
	record(t, n, "all", "1")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	all := takeAll(t, dir)
	again := startNode(t, "licensing", all.putBack(t, dir))
	if diff := cmp.Diff([]string{"block.licensing.all 1"}, contents(t, again.Journal())); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "backup.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a socket is left behind: %v", err)
	}
}

func TestSnapshotThatIsBrokenOffIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := startNode(t, "licensing", dir)
	for range 40 {
		large := make([]byte, 500_000) // such that it does not get small on the way
		rand.Read(large)
		record(t, n, "all", string(large))
	}
	source, err := backbone.OpenSnapshots(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	err = source.Read(t.Context(), backbone.StreamName{Stream: backbone.JournalStream}, func(_ backbone.KeptStream, r io.Reader) error {
		if _, err := io.CopyN(io.Discard, r, 1000); err != nil {
			return err
		}
		if err := n.Close(); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, r)
		return err
	})
	if err == nil {
		t.Error("half a snapshot was taken for a whole one")
	}
}

func TestFolderThatIsNoBrokersIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := backbone.OpenSnapshots(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither") {
		t.Errorf("opened an empty folder: %v", err)
	}
}
