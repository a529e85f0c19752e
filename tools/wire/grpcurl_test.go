package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fullstorydev/grpcurl"
	"github.com/jhump/protoreflect/grpcreflect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/runtime/protoiface"
)

// line is a node as grpcurl has it: what it serves is known by reflection alone.
type line struct {
	connection *grpc.ClientConn
	source     grpcurl.DescriptorSource
	format     grpcurl.Formatter
}

func authorized(ctx context.Context, to peer) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+to.token)
}

// lines are grpcurl's connections to nodes, one each.
type lines struct {
	t    *testing.T
	mu   sync.Mutex
	open map[string]*line
}

func (l *lines) to(at peer) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[at.address] != nil {
		return l.open[at.address]
	}
	connection, err := grpc.NewClient(at.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(authorized(context.Background(), at))
	reflection := grpcreflect.NewClientAuto(ctx, connection)
	source := grpcurl.DescriptorSourceFromServer(ctx, reflection)
	l.t.Cleanup(func() {
		reflection.Reset()
		cancel()
		connection.Close()
	})
	l.open[at.address] = &line{connection, source, grpcurl.NewJSONFormatter(false, grpcurl.AnyResolverFromDescriptorSourceWithFallback(source))}
	return l.open[at.address]
}

// call is a speaker.
func (l *lines) call(ctx context.Context, to peer, path string, requests []string, each func([]byte) error) (string, error) {
	at := *l.to(to)
	if to.through != "" {
		var err error
		if at.connection, err = grpc.NewClient(to.through, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
			return "", err
		}
		defer at.connection.Close()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &answered{DefaultEventHandler: grpcurl.DefaultEventHandler{Formatter: at.format}, each: each, cancel: cancel}
	parser := grpcurl.NewJSONRequestParser(strings.NewReader(strings.Join(requests, "\n")), grpcurl.AnyResolverFromDescriptorSource(at.source))
	headers := []string{"authorization: Bearer " + to.token, "counterfoil-role: approver"}
	err := grpcurl.InvokeRPC(ctx, at.source, at.connection, strings.TrimPrefix(path, "/"), headers, h, parser.Next)
	if h.err != nil || err != nil {
		return "", errors.Join(h.err, err)
	}
	return codeNames[h.Status.Code()], nil
}

// answered hears what grpcurl is answered with.
type answered struct {
	grpcurl.DefaultEventHandler
	each   func([]byte) error
	cancel context.CancelFunc
	err    error
}

func (a *answered) OnReceiveResponse(m protoiface.MessageV1) {
	if a.err != nil {
		return
	}
	text, err := a.Formatter(m)
	if err == nil {
		err = a.each([]byte(text))
	}
	if err != nil {
		a.err = err
		a.cancel()
	}
}

// served lists the paths of the methods that a node says it serves, by reflection.
func (l *lines) served(at peer) ([]string, error) {
	source := l.to(at).source
	services, err := source.ListServices()
	if err != nil {
		return nil, fmt.Errorf("ask %s what it serves: %w", at.agency, err)
	}
	var paths []string
	for _, name := range services {
		methods, err := grpcurl.ListMethods(source, name)
		if err != nil {
			return nil, fmt.Errorf("ask %s for %s: %w", at.agency, name, err)
		}
		for _, m := range methods {
			paths = append(paths, "/"+name+strings.Replace(strings.TrimPrefix(m, name), ".", "/", 1))
		}
	}
	return paths, nil
}
