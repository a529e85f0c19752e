package lab_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// Requests of random content, through the API, to every command and query of every agency: each is answered or refused
// with a sentence, none meets an error of the program, and a refused one leaves nothing on record.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	each := 25
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		each = 2500
	}
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := &random{rand.New(rand.NewPCG(seed, 0))}
	answers := map[string]int{}
	for file, agency := range map[protoreflect.FileDescriptor]string{
		licensingv1.File_counterfoil_licensing_v1_service_proto: "licensing", customsv1.File_counterfoil_customs_v1_customs_proto: "customs",
		enforcementv1.File_counterfoil_enforcement_v1_enforcement_proto: "enforcement", enforcementv1.File_counterfoil_enforcement_v1_tracing_proto: "enforcement",
		reportingv1.File_counterfoil_reporting_v1_reporting_proto: "reporting", reportingv1.File_counterfoil_reporting_v1_national_proto: "reporting", queryv1.File_counterfoil_query_v1_query_proto: "observer",
		queryv1.File_counterfoil_query_v1_proof_proto: "licensing",
	} {
		n := l.Agencies[agency].Node
		c := client(n, tokenOf(t, n))
		query := queryv1connect.NewQueryServiceClient(c)
		recorded := func() uint64 {
			res, err := query.Count(t.Context(), &queryv1.CountRequest{
				Table: queryv1.Table_TABLE_EVENTS, Filter: &queryv1.Filter{Conditions: []*queryv1.Condition{{
					Attribute: "journal", Values: []string{agency + "/all", agency + "/border", agency + "/licensing-internal"},
				}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return res.Total
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				method := methods.Get(j)
				if method.IsStreamingServer() {
					continue
				}
				spec := connect.Spec{Schema: method, Procedure: fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())}
				for range each {
					req, res := random.message(method.Input(), 0), message(t, method.Output())
					before := recorded()
					err := c.CallUnary(t.Context(), spec, req, res)
					code := connect.CodeOf(err)
					if err == nil {
						answers["answered"]++
					} else {
						answers[code.String()]++
					}
					switch {
					case err == nil && dryRun(req) && recorded() != before:
						t.Errorf("%s recorded something on a dry run: %v", spec.Procedure, req)
					case err == nil:
					case code == connect.CodeInternal || code == connect.CodeUnknown || code == connect.CodeUnavailable:
						t.Fatalf("%s met %v with %v", spec.Procedure, err, req)
					case len(strings.TrimSpace(err.Error())) < 10:
						t.Errorf("%s refused with %q", spec.Procedure, err)
					case recorded() != before:
						t.Errorf("%s refused with %v and recorded something of %v", spec.Procedure, err, req)
					}
				}
			}
		}
	}
	t.Logf("%v", answers)
	if answers["answered"] == 0 || answers[connect.CodeInvalidArgument.String()] == 0 || answers[connect.CodeNotFound.String()] == 0 {
		t.Errorf("the requests came to %v only: they do not get to the rules", answers)
	}
}

func dryRun(req proto.Message) bool {
	command, ok := req.(desk.Request)
	return ok && command.GetParticulars().GetDryRun()
}

func message(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	typ, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return typ.New().Interface()
}

type random struct{ *rand.Rand }

// message fills fields at random, some with what the contract asks for, so that requests get past its rules.
func (r *random) message(d protoreflect.MessageDescriptor, depth int) proto.Message {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		panic(err)
	}
	if d.FullName() == "google.protobuf.Timestamp" {
		return &timestamppb.Timestamp{Seconds: r.Int64N(4e9) - 1e9, Nanos: int32(r.IntN(1_100_000_000))}
	}
	m := typ.New()
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		switch {
		case depth > 4 || r.IntN(8) == 0:
		case f.IsMap():
			key := r.value(f.MapKey(), depth)
			m.Mutable(f).Map().Set(key.MapKey(), r.value(f.MapValue(), depth))
		case f.IsList():
			list := m.Mutable(f).List()
			for range r.IntN(3) + r.IntN(2) {
				list.Append(r.value(f, depth))
			}
		default:
			m.Set(f, r.value(f, depth))
		}
	}
	return m.Interface()
}

var words = []string{
	"", "x", "licensing/L-2026-000001", "licensing/A-2026-000001", "customs/26XA1", "enforcement/D-2026-000001", "reporting/Q-2026-000001",
	"XA", "XB", "UK", "ML1.a", "RF01", "RF99", "H87", "KGM", "EUR", "930190", "2012-06-14", "uk-licences", "licensing", "customs", "att-annual-exports", "att-initial", "A1.1", "yes", "parliament", "national", "public",
	"border", "status", "destination", "journal", "granted", "\x00", "🙂", "licensing/*", "licensing/all/1", "w", "reg:1", strings.Repeat("long", 200),
}

func (r *random) value(f protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return protoreflect.ValueOfMessage(r.message(f.Message(), depth+1).ProtoReflect())
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(words[r.IntN(len(words))])
	case protoreflect.BytesKind:
		b := make([]byte, []int{0, 1, 32, 32, 33}[r.IntN(5)])
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return protoreflect.ValueOfBytes(b)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(r.IntN(f.Enum().Values().Len() + 1)))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32([]uint32{0, 1, 2, 2026, 1 << 31}[r.IntN(5)])
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32([]int32{0, 1, -1, 1<<31 - 1}[r.IntN(4)])
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64([]uint64{0, 1, 2, 1 << 63}[r.IntN(4)])
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64([]int64{0, 1, 1000, -1, 1<<63 - 1}[r.IntN(5)])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(r.Float64())
	}
	panic("no values for " + f.Kind().String())
}
