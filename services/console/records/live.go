package records

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// beat is how often a stream says that it is there, and looks whether who watches still may.
const beat = 15 * time.Second

// askAgain is how long a browser waits before it asks again for a stream that the node refused.
const askAgain = time.Minute

// liveRecord is where appends that touch a record are announced; after is from standing. Empty where there is none.
func liveRecord(table queryv1.Table, id, after string) string {
	if after == "" {
		return ""
	}
	return web.Root + "/live?" + url.Values{"table": {web.TableName(table)}, "of": {id}, "after": {after}}.Encode()
}

// liveList is the same for a list.
func liveList(v *web.Visit, l listing, after string) string {
	if after == "" {
		return ""
	}
	q := url.Values{"table": {web.TableName(l.Table)}, "after": {after}}
	if l.Table == queryv1.Table_TABLE_EVENTS {
		for name, values := range v.R.URL.Query() {
			if strings.HasPrefix(name, "f.") {
				q[name] = values
			}
		}
	}
	return web.Root + "/live?" + q.Encode()
}

// standing is where the ledger stands. It is asked before a page is read, so that nothing is missed between the two. Empty where the caller
// may not watch.
func standing(v *web.Visit) string {
	stream, err := v.API.Query.Watch(v.R.Context(), &queryv1.WatchRequest{Token: "now", UntilCaughtUp: true})
	if err != nil {
		return ""
	}
	defer stream.Close()
	res, err := stream.Receive()
	if err != nil {
		return ""
	}
	return res.Token
}

// live announces appends that touch what a page shows, as server-sent events: how many there are since the page was made. It ends with the
// session. Each costs one Watch of the node, of the kinds of events that can touch the page only; a browser closes it while its page is hidden,
// and goes on where it was.
func live(v *web.Visit) error {
	w, err := watchOf(v.R.URL.Query())
	if err != nil {
		return err
	}
	w.resume(v.R.Header.Get("Last-Event-ID"))
	ctx, cancel := context.WithCancel(v.R.Context())
	defer cancel()
	heard := w.listen(ctx, v)
	v.W.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(v.W)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		if err := out.Flush(); err != nil {
			return nil
		}
		select {
		case res, more := <-heard:
			switch {
			case !more:
				if w.refused {
					_, _ = fmt.Fprintf(v.W, "event: busy\nretry: %d\ndata: busy\n\n", askAgain.Milliseconds())
				}
				return nil
			case !v.LoggedIn():
				_, _ = fmt.Fprint(v.W, "event: end\ndata: end\n\n")
				return nil
			}
			if err := w.announce(v, res); err != nil {
				return nil
			}
		case <-tick.C:
			if !v.LoggedIn() {
				_, _ = fmt.Fprint(v.W, "event: end\ndata: end\n\n")
				return nil
			}
			_, _ = fmt.Fprint(v.W, ":\n\n")
		case <-ctx.Done():
			return nil
		}
	}
}

// watching is what a page shows, and how many events touched it.
type watching struct {
	token  string
	filter *queryv1.Filter
	table  queryv1.Table
	// id is the record's; empty: a list is shown.
	id   string
	seen int
	// refused: the node takes no watch now, as where whoever looks has too many. It is known once the watch ended.
	refused bool
}

// watchOf reads what an address watches.
func watchOf(q url.Values) (w watching, err error) {
	w.token, w.id = q.Get("after"), q.Get("of")
	if w.filter, err = web.Filter(q); err != nil {
		return w, err
	}
	if w.table, err = web.ParseTable(q.Get("table")); err != nil || w.table == queryv1.Table_TABLE_EVENTS {
		return w, err
	}
	deep := 0
	if w.id != "" {
		deep = 3
	}
	if made := directoryKinds[w.table]; made != nil {
		w.filter.Conditions = append(w.filter.Conditions, &queryv1.Condition{Attribute: "kind", Values: fullNames(made)})
		return w, nil
	}
	w.kinds(func(of protoreflect.MessageDescriptor) bool { return mayName(of, namedAs(w.table), deep) })
	return w, nil
}

// maxKinds is how many kinds a filter may name.
const maxKinds = 100

// kinds watches only the kinds of events that can touch the page: what else comes is then not put on record as read.
func (w *watching) kinds(may func(protoreflect.MessageDescriptor) bool) {
	var names []string
	for _, k := range ledger.Kinds() {
		if may(k) {
			names = append(names, string(k.FullName()))
		}
	}
	if len(names) > 0 && len(names) <= maxKinds {
		w.filter.Conditions = append(w.filter.Conditions, &queryv1.Condition{Attribute: "kind", Values: names})
	}
}

// quiet are events that nodes record by themselves, again and again: of those a list of events is not said to have more.
var quiet = []protoreflect.FullName{"counterfoil.licensing.v1.Heartbeat", "counterfoil.directory.v1.ReceiptGiven"}

// mayName reports whether facts of a kind have one of the fields, or the messages in them, so many deep.
func mayName(of protoreflect.MessageDescriptor, fields []protoreflect.Name, deep int) bool {
	for i := range of.Fields().Len() {
		f := of.Fields().Get(i)
		if slices.Contains(fields, f.Name()) || deep > 0 && f.Message() != nil && mayName(f.Message(), fields, deep-1) {
			return true
		}
	}
	return false
}

// namedAs are the fields by which facts name rows of a table.
func namedAs(table queryv1.Table) []protoreflect.Name {
	name := strings.ToLower(strings.TrimPrefix(table.String(), "TABLE_"))
	if stem, found := strings.CutSuffix(name, "ies"); found {
		name = stem + "y"
	} else {
		name = strings.TrimSuffix(name, "s")
	}
	fields := []protoreflect.Name{protoreflect.Name(name + "_id"), protoreflect.Name(name + "_ids")}
	switch table {
	case queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_DENIALS:
		return append(fields, "decision_id", "subject")
	case queryv1.Table_TABLE_APPLICATIONS:
		return append(fields, "subject")
	case queryv1.Table_TABLE_LINES:
		return []protoreflect.Name{"licence_id", "denial_id"}
	case queryv1.Table_TABLE_WRITE_OFFS:
		return []protoreflect.Name{"licence_line"}
	}
	return fields
}

// resume goes on after what a browser heard last. Who heard nothing, and does not say after what, is told of what comes from now on.
func (w *watching) resume(last string) {
	seen, token, found := strings.Cut(last, ".")
	if n, err := strconv.Atoi(seen); err == nil && found {
		w.seen, w.token = n, token
	}
	if w.token == "" {
		w.token = "now"
	}
}

// listen sends what is watched until ctx or the watch ends. The node answers with the first event only: nobody waits for that.
func (w *watching) listen(ctx context.Context, v *web.Visit) <-chan *queryv1.WatchResponse {
	heard := make(chan *queryv1.WatchResponse)
	go func() {
		defer close(heard)
		w.refused = connect.CodeOf(w.hear(ctx, v, heard)) == connect.CodeUnavailable
	}()
	return heard
}

func (w *watching) hear(ctx context.Context, v *web.Visit, heard chan<- *queryv1.WatchResponse) error {
	stream, err := v.API.Query.Watch(ctx, &queryv1.WatchRequest{Token: w.token, Filter: w.filter})
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if err != nil {
			return err
		}
		select {
		case heard <- res:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// announce says how many events touched the page so far, if one of these did.
func (w *watching) announce(v *web.Visit, res *queryv1.WatchResponse) error {
	before := w.seen
	for _, e := range res.Events {
		fact, err := e.Fact.UnmarshalNew()
		if err != nil {
			continue // of a newer contract: it cannot be told what it names
		}
		if w.touches(fact) {
			w.seen++
		}
	}
	if w.seen == before {
		return nil
	}
	text, err := v.T("records.live", "n", w.seen)
	if err != nil {
		return err
	}
	// the empty address is that of the page as it is shown, whatever it was moved to since
	_, err = fmt.Fprintf(v.W, "id: %d.%s\ndata: <a class=\"govuk-link\" href=\"\">%s</a>\n\n", w.seen, res.Token, template.HTMLEscapeString(text))
	return err
}

// touches reports whether a fact names what the page shows.
func (w *watching) touches(fact proto.Message) bool {
	m := fact.ProtoReflect()
	switch {
	case w.id != "":
		return names(m, w.id)
	case directoryKinds[w.table] != nil:
		return slices.Contains(fullNames(directoryKinds[w.table]), string(m.Descriptor().FullName()))
	case w.table == queryv1.Table_TABLE_EVENTS:
		return !slices.Contains(quiet, m.Descriptor().FullName())
	}
	return slices.ContainsFunc(namedAs(w.table), func(n protoreflect.Name) bool {
		f := m.Descriptor().Fields().ByName(n)
		return f != nil && m.Has(f)
	})
}

// names reports whether a message has the id, or that of one of its lines, in one of its texts.
func names(m protoreflect.Message, id string) (found bool) {
	one := func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch f.Kind() {
		case protoreflect.StringKind:
			text, _, _ := strings.Cut(value.String(), "#")
			return text == id || value.String() == id
		case protoreflect.MessageKind:
			return names(value.Message(), id)
		}
		return false
	}
	m.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.IsList():
			for i := range value.List().Len() {
				found = found || one(f, value.List().Get(i))
			}
		default:
			found = one(f, value)
		}
		return !found
	})
	return found
}
