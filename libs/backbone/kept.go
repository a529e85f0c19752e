package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// socketName is where a running broker gives out snapshots of its streams, in its folder, to the program's own user.
	socketName = "backup.sock"
	// maxSocketPath is what the kernel takes as the address of a socket, in bytes.
	maxSocketPath = 100
	// streamHeader carries a KeptStream beside the bytes of its snapshot.
	streamHeader = "Counterfoil-Stream"
)

// accounts is what is needed to enter those of a broker.
type accounts interface {
	// names returns the accounts that hold streams; a node has one without a name.
	names() []string
	// enter returns a connection into an account and what ends its use.
	enter(account string) (nc *nats.Conn, leave func(), err error)
	// found makes an account that is to be restored enterable.
	found(account string) error
}

// givenOut are files that the process writes to, by name in its folder, each with what writes a copy of it as it is at one
// moment. Its methods may be called from any goroutine.
type givenOut struct {
	mu    sync.Mutex
	files map[string]func(io.Writer) error
}

func (g *givenOut) add(name string, copyTo func(io.Writer) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.files == nil {
		g.files = map[string]func(io.Writer) error{}
	}
	g.files[name] = copyTo
}

func (g *givenOut) of(name string) func(io.Writer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.files[name]
}

// GiveOut makes a backup of the folder take its file of that name from copyTo, which writes it as it is at one moment. A
// database that the process keeps open must be given out so, or the backup is refused.
func (n *Node) GiveOut(name string, copyTo func(io.Writer) error) { n.files.add(name, copyTo) }

// serveSnapshots lets the program's own user take snapshots of the streams of the broker that runs on dir: it can read
// every one, and do nothing else. Whoever can open the socket could read the store and its key as well.
func serveSnapshots(dir string, of accounts, files *givenOut, logger *slog.Logger) (stop func(), err error) {
	if err := os.RemoveAll(filepath.Join(dir, socketName)); err != nil { // of a process that was killed; the lock is ours
		return func() {}, err
	}
	address, release, err := socketAddress(dir)
	if err != nil {
		return func() {}, err
	}
	defer release()
	listener, err := net.Listen("unix", address)
	if err != nil {
		return func() {}, fmt.Errorf("listen for backups: %w", err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // the address may be one that is gone by then
	if err := os.Chmod(filepath.Join(dir, socketName), 0o600); err != nil {
		return func() {}, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: snapshotHandler(of, files, logger), ReadHeaderTimeout: snapshotPatience}
	go server.Serve(listener)
	return func() {
		server.Close()
		os.Remove(filepath.Join(dir, socketName))
	}, nil
}

// socketAddress is the path of the socket in dir, or one through the open folder when that is too long for the kernel.
func socketAddress(dir string) (address string, release func(), err error) {
	path := filepath.Join(dir, socketName)
	if len(path) < maxSocketPath {
		return path, func() {}, nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), socketName), func() { folder.Close() }, nil
}

func snapshotHandler(of accounts, files *givenOut, logger *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {}) // it answers
	mux.HandleFunc("GET /streams", func(w http.ResponseWriter, r *http.Request) {
		all, err := listStreams(r.Context(), of)
		if err != nil {
			logger.Warn("list streams for a backup", "err", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(all)
	})
	mux.HandleFunc("GET /snapshot", func(w http.ResponseWriter, r *http.Request) {
		name := StreamName{r.FormValue("account"), r.FormValue("stream")}
		began := false
		err := inAccountOf(of, name.Account, func(nc *nats.Conn) error {
			return snapshot(r.Context(), nc, name, func(kept KeptStream) error {
				stated, err := json.Marshal(kept)
				w.Header().Set(streamHeader, string(stated))
				began = true
				return err
			}, w)
		})
		switch {
		case err == nil:
			logger.Info("snapshot of a stream was given to a backup", "stream", name.String())
		case began:
			logger.Warn("snapshot of a stream was broken off", "stream", name.String(), "err", err)
			panic(http.ErrAbortHandler) // so that the reader does not take it for whole
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		name := r.FormValue("name")
		copyTo := files.of(name)
		if copyTo == nil {
			http.Error(w, fmt.Sprintf("it does not give out %q: try again once it has started", name), http.StatusNotFound)
			return
		}
		if err := copyTo(w); err != nil {
			logger.Warn("copy of a file was broken off", "file", name, "err", err)
			panic(http.ErrAbortHandler)
		}
	})
	return mux
}

func inAccountOf(of accounts, account string, f func(*nats.Conn) error) error {
	if !slices.Contains(of.names(), account) {
		return fmt.Errorf("there is no account %q", account)
	}
	nc, leave, err := of.enter(account)
	if err != nil {
		return err
	}
	defer leave()
	return f(nc)
}

// listStreams names every stream but feeds: a feed is made from the relays by what is released.
func listStreams(ctx context.Context, of accounts) ([]StreamName, error) {
	all := []StreamName{}
	for _, account := range slices.Sorted(slices.Values(of.names())) {
		err := inAccountOf(of, account, func(nc *nats.Conn) error {
			js, err := jetstream.New(nc)
			if err != nil {
				return err
			}
			list := js.StreamNames(ctx)
			for name := range list.Name() {
				if name != FeedStream {
					all = append(all, StreamName{account, name})
				}
			}
			return list.Err()
		})
		if err != nil {
			return nil, fmt.Errorf("list the streams of account %q: %w", account, err)
		}
	}
	return all, nil
}

// names, enter and found make a node the source of snapshots.
func (n *Node) names() []string                          { return []string{""} }
func (n *Node) enter(string) (*nats.Conn, func(), error) { return n.nc, func() {}, nil }
func (n *Node) found(string) error                       { return nil }

// names and enter make a hub the source of snapshots.
func (h *Hub) names() []string {
	return append(slices.Collect(maps.Keys(h.state.Load().Agencies)), hubAccount)
}

func (h *Hub) enter(account string) (*nats.Conn, func(), error) {
	nc, err := h.connect(account)
	if err != nil {
		return nil, nil, err
	}
	return nc, nc.Close, nil
}

// found states an agency's account with nobody let in; who is follows from the hub's state.
func (h *Hub) found(account string) error {
	if account == hubAccount {
		return nil
	}
	return h.account(account, 2)
}

// Snapshots reads the streams of the broker on a folder. Close it after use.
type Snapshots struct {
	client *http.Client
	// running is whether the broker was not started for the purpose.
	running bool
	close   func() error
}

// ReachSnapshots reads from the process that runs a broker on dir. It fails when none does, or when it does not answer.
func ReachSnapshots(ctx context.Context, dir string) (*Snapshots, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		address, release, err := socketAddress(dir)
		if err != nil {
			return nil, err
		}
		defer release()
		return new(net.Dialer).DialContext(ctx, "unix", address)
	}
	s := &Snapshots{client: &http.Client{Transport: &http.Transport{DialContext: dial}}, running: true, close: func() error { return nil }}
	res, err := s.get(ctx, "http://broker/")
	if err != nil {
		return nil, fmt.Errorf("reach the process that runs on %s: %w", dir, err)
	}
	return s, res.Body.Close()
}

// OpenSnapshots reads from the process that runs a broker on dir; where none does, the broker is started for the
// purpose, reachable by nobody, and stopped by Close.
func OpenSnapshots(ctx context.Context, dir string) (*Snapshots, error) {
	s, notReached := ReachSnapshots(ctx, dir)
	if notReached == nil {
		return s, nil
	}
	resting, err := startAtRest(dir)
	if err != nil {
		return nil, fmt.Errorf("%w, or else run its broker: %w", notReached, err)
	}
	stop, err := serveSnapshots(dir, resting, &givenOut{}, orDiscard(nil))
	if err != nil {
		return nil, errors.Join(err, resting.close())
	}
	if s, err = ReachSnapshots(ctx, dir); err != nil {
		stop()
		return nil, errors.Join(err, resting.close())
	}
	s.running = false
	s.close = func() error { stop(); return resting.close() }
	return s, nil
}

// Close ends reading.
func (s *Snapshots) Close() error {
	s.client.CloseIdleConnections()
	return s.close()
}

// List names the streams that a backup holds: at a node its journal and its inbox; at a hub all but the feeds, which
// are made anew from them.
func (s *Snapshots) List(ctx context.Context) (all []StreamName, err error) {
	res, err := s.get(ctx, "http://broker/streams")
	if err != nil {
		return nil, fmt.Errorf("list the streams: %w", err)
	}
	defer res.Body.Close()
	return all, json.NewDecoder(res.Body).Decode(&all)
}

// Read hands what is known of the stream and its snapshot to take; see KeptStream. The reader fails when the snapshot
// did not come whole. What take does not read within a minute ends it.
func (s *Snapshots) Read(ctx context.Context, name StreamName, take func(KeptStream, io.Reader) error) error {
	res, err := s.get(ctx, "http://broker/snapshot?account="+url.QueryEscape(name.Account)+"&stream="+url.QueryEscape(name.Stream))
	if err != nil {
		return fmt.Errorf("take a snapshot of stream %s: %w", name, err)
	}
	defer res.Body.Close()
	var kept KeptStream
	if err := json.Unmarshal([]byte(res.Header.Get(streamHeader)), &kept); err != nil {
		return fmt.Errorf("take a snapshot of stream %s: %w", name, err)
	}
	return take(kept, res.Body)
}

// Running reports whether a process runs on the folder.
func (s *Snapshots) Running() bool { return s.running }

// CopyFile writes to w a file that the running process keeps open, as it is at one moment; see Node.GiveOut.
func (s *Snapshots) CopyFile(ctx context.Context, name string, w io.Writer) error {
	res, err := s.get(ctx, "http://broker/file?name="+url.QueryEscape(name))
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	return nil
}

func (s *Snapshots) get(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := s.client.Do(req)
	if err != nil || res.StatusCode == http.StatusOK {
		return res, err
	}
	defer res.Body.Close()
	why, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	return nil, errors.Join(fmt.Errorf("the process answers: %s", why), err)
}

// RestoreStreams fills the store of the broker on dir, which has none of them and is run by nobody, with streams from
// their snapshots; open returns the bytes of one. The folder must hold the files of a node or a hub. One of a server of
// three becomes that of a hub of one, and alone is true.
func RestoreStreams(ctx context.Context, dir string, streams []KeptStream, open func(KeptStream) (io.ReadCloser, error)) (alone bool, err error) {
	if alone, err = standAlone(dir); err != nil {
		return false, err
	}
	return alone, restoreStreams(ctx, dir, streams, open)
}

func restoreStreams(ctx context.Context, dir string, streams []KeptStream, open func(KeptStream) (io.ReadCloser, error)) error {
	resting, err := startAtRest(dir)
	if err != nil {
		return err
	}
	for _, kept := range streams {
		if err = restoreOne(ctx, resting, kept, open); err != nil {
			break
		}
	}
	return errors.Join(err, resting.close())
}

func restoreOne(ctx context.Context, of accounts, kept KeptStream, open func(KeptStream) (io.ReadCloser, error)) error {
	bytes, err := open(kept)
	if err != nil {
		return err
	}
	defer bytes.Close()
	if err := of.found(kept.Account); err != nil {
		return err
	}
	nc, leave, err := of.enter(kept.Account)
	if err != nil {
		return err
	}
	defer leave()
	return restore(ctx, nc, kept, bytes)
}
