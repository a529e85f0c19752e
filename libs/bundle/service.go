package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/rpc"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// piece is how much of a file is sent at once, in bytes.
const piece = 256 << 10

// Patterns of the names of files that a crash may leave behind in Config.Dir.
const (
	Outgoing = "outgoing-*"
	Incoming = "incoming-*"
)

type service struct{ *Courier }

// Register serves the courier.
func Register(server *connect.Server, c *Courier) {
	queryv1connect.RegisterBundleServiceHandler(server, service{c})
}

// MakeBundle sends a summary and then the file. That it was made goes on record first, as a reading of the journals in it.
func (s service) MakeBundle(ctx context.Context, req *queryv1.MakeBundleRequest, stream queryv1connect.BundleServiceMakeBundleServerStream) error {
	spool, remove, err := s.temporary(Outgoing)
	if err != nil {
		return err
	}
	defer remove()
	draft, left, err := s.Make(ctx, req, spool)
	if err != nil {
		return err
	}
	size, write, err := draft.Sign(s.Signer())
	if err != nil {
		return err
	}
	if err := s.accessed(ctx, req.Reader, draft.Manifest()); err != nil {
		return err
	}
	summary := &queryv1.BundleSummary{Manifest: Outline(draft.Manifest()), LeftOut: left, Bytes: uint64(size)}
	if err := stream.Send(&queryv1.MakeBundleResponse{Part: &queryv1.MakeBundleResponse_Summary{Summary: summary}}); err != nil {
		return err
	}
	return write(sender(func(data []byte) error {
		return stream.Send(&queryv1.MakeBundleResponse{Part: &queryv1.MakeBundleResponse_Data{Data: data}})
	}))
}

// sender sends what is written to it.
type sender func([]byte) error

func (send sender) Write(data []byte) (int, error) {
	for at := 0; at < len(data); at += piece {
		if err := send(data[at:min(at+piece, len(data))]); err != nil {
			return at, err
		}
	}
	return len(data), nil
}

func (s service) accessed(ctx context.Context, reader string, m *queryv1.BundleManifest) error {
	if s.Accesses == nil {
		return nil
	}
	e := &queryv1.Access{Call: "MakeBundle", Id: reader, Officer: rpc.Officer(ctx)}
	if caller := rpc.Caller(ctx); caller != nil {
		e.User = caller.User
	}
	owners := map[string]bool{}
	for _, j := range m.Journals {
		e.Rows += j.Events
		if id, err := journal.ParseID(j.Journal); err == nil && !owners[id.Agency] {
			owners[id.Agency] = true
			e.Owners = append(e.Owners, id.Agency)
		}
	}
	return s.Accesses.Add(e)
}

// ImportBundle receives a file, and takes it in when it is here.
func (s service) ImportBundle(ctx context.Context, stream queryv1connect.BundleServiceImportBundleServerStream) (*queryv1.ImportBundleResponse, error) {
	spool, remove, err := s.temporary(Incoming)
	if err != nil {
		return nil, err
	}
	defer remove()
	partial, size := false, 0
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		partial = partial || req.Partial
		if size += len(req.Data); size > MaxFile {
			return nil, fault.Errorf(fault.Invalid, "the file is larger than %d GiB, which no bundle is", MaxFile>>30)
		}
		if _, err := spool.Write(req.Data); err != nil {
			return nil, fmt.Errorf("receive a bundle: %w", err)
		}
	}
	return s.Import(ctx, spool.Name(), partial)
}

// WaitingBundles lists what is kept aside.
func (s service) WaitingBundles(context.Context, *queryv1.WaitingBundlesRequest) (*queryv1.WaitingBundlesResponse, error) {
	return &queryv1.WaitingBundlesResponse{Bundles: s.Waiting()}, nil
}

// temporary is a file of the node's own that is gone after remove.
func (c *Courier) temporary(pattern string) (file *os.File, remove func(), err error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make room for a bundle: %w", err)
	}
	if file, err = os.CreateTemp(c.Dir, pattern); err != nil {
		return nil, nil, fmt.Errorf("make room for a bundle: %w", err)
	}
	return file, func() {
		file.Close()
		os.Remove(file.Name())
	}, nil
}
