package writeoff_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// sums is a balance of line 1 in thousandths of a piece and in cents: reserved, used, lent, left, and left here.
type sums struct {
	quantity, value [5]int64
	overdrawn       bool
}

func sumsOf(b *customsv1.LineBalance) sums {
	return sums{
		[5]int64{b.Reserved.GetThousandths(), b.Used.GetThousandths(), b.Lent.GetThousandths(), b.Left.GetThousandths(), b.LeftHere.GetThousandths()},
		[5]int64{b.ReservedValue.GetMinor(), b.UsedValue.GetMinor(), b.LentValue.GetMinor(), b.LeftValue.GetMinor(), b.LeftHereValue.GetMinor()},
		b.Overdrawn,
	}
}

func TestBalance(t *testing.T) {
	taken := facts(declared("customs/1"), reserved("customs/1", 40, 4))
	lentToPost := facts(given("customs", post, 1, 30, 20))
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		want    sums
		wantErr error
		code    string
	}{
		{"nothing written off", "customs", facts(licence()), sums{[5]int64{0, 0, 0, 100, 100}, [5]int64{0, 0, 0, 50, 50}, false}, nil, ""},
		{"tolerance", "customs", facts(tolerant(105)), sums{[5]int64{0, 0, 0, 110, 110}, [5]int64{0, 0, 0, 55, 55}, false}, nil, ""},
		{"reserved", "customs", facts(licence(), taken), sums{[5]int64{40, 0, 0, 60, 60}, [5]int64{4, 0, 0, 46, 46}, false}, nil, ""},
		{"committed", "customs", facts(licence(), taken, committed("customs/1", 30, 3)), sums{[5]int64{0, 30, 0, 70, 70}, [5]int64{0, 3, 0, 47, 47}, false}, nil, ""},
		{"released", "customs", facts(licence(), taken, released("customs/1", 40, 4)), sums{[5]int64{0, 0, 0, 100, 100}, [5]int64{0, 0, 0, 50, 50}, false}, nil, ""},
		{"corrected", "customs", facts(licence(), taken, committed("customs/1", 30, 3), corrected("customs/1", 1, 5, -2)), sums{[5]int64{0, 35, 0, 65, 65}, [5]int64{0, 1, 0, 49, 49}, false}, nil, ""},
		{"restored", "customs", facts(licence(), taken, committed("customs/1", 30, 3), restored("customs/1", 1, 10, 1)), sums{[5]int64{0, 20, 0, 80, 80}, [5]int64{0, 2, 0, 48, 48}, false}, nil, ""},
		{"lent", "customs", facts(licence(), taken, lentToPost), sums{[5]int64{40, 0, 30, 30, 30}, [5]int64{4, 0, 20, 26, 26}, false}, nil, ""},
		{"lent and used", "customs", facts(licence(), lentToPost, by(post, declared(post+"/1"), reserved(post+"/1", 7, 1))),
			sums{[5]int64{7, 0, 23, 70, 70}, [5]int64{1, 0, 19, 30, 30}, false}, nil, ""},
		{"lent and returned", "customs", facts(licence(), lentToPost, returned(post, 1, 10, 20)), sums{[5]int64{0, 0, 20, 80, 80}, [5]int64{0, 0, 0, 50, 50}, false}, nil, ""},
		{"at the post", post, facts(licence(), taken, lentToPost, by(post, declared(post+"/1"), reserved(post+"/1", 7, 1))),
			sums{[5]int64{47, 0, 23, 30, 23}, [5]int64{5, 0, 19, 26, 19}, false}, nil, ""},
		{"at a post that was lent nothing", post, facts(licence(), taken), sums{[5]int64{40, 0, 0, 60, 0}, [5]int64{4, 0, 0, 46, 0}, false}, nil, ""},
		{"at who licenses", "licensing", facts(licence(), taken), sums{[5]int64{40, 0, 0, 60, 0}, [5]int64{4, 0, 0, 46, 0}, false}, nil, ""},
		{"lowered below it", "customs", facts(licence(), taken, amended(39, 50)), sums{[5]int64{40, 0, 0, 0, 0}, [5]int64{4, 0, 0, 46, 46}, true}, nil, ""},
		{"by one who counted before", "customs", facts(licence(), by("customs-b", declared("customs-b/1"), reserved("customs-b/1", 60, 1))),
			sums{[5]int64{60, 0, 0, 40, 40}, [5]int64{1, 0, 0, 49, 49}, false}, nil, ""},
		{"without a value", "customs", facts(licence(), declared("customs/1"), dozens("customs/1", 5)), sums{[5]int64{60, 0, 0, 40, 40}, [5]int64{}, false}, fault.Precondition, "DX05"},
		{"unknown licence", "customs", nil, sums{}, fault.NotFound, "DX01"},
		{"in a unit that the line left", "customs", facts(licence(), taken, inGrams()), sums{}, fault.Precondition, "DX05"},
		{"on a line that there is not", "customs", facts(licence(), declared("customs/1"), onLine(3, reserved("customs/1", 40, 4))), sums{}, fault.Precondition, "DX05"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := writeoff.Balance(view(t, tt.agency, tt.given...), licenceID)
			if refused(t, err, tt.wantErr, tt.code) {
				return
			}
			if diff := cmp.Diff(tt.want, sumsOf(got.Lines[0]), cmp.AllowUnexported(sums{})); diff != "" {
				t.Errorf("balance (-want +got):\n%s", diff)
			}
			if got.Counter != "customs" {
				t.Errorf("%q counts", got.Counter)
			}
			if diff := cmp.Diff(&customsv1.LineBalance{LicenceLine: 2}, got.Lines[1], protocmp.Transform(), protocmp.IgnoreFields(&customsv1.LineBalance{}, "agencies")); diff != "" {
				t.Errorf("a line without limits (-want +got):\n%s", diff)
			}
		})
	}
}

// A line's limit may be counted in another unit than what was written off before, where one converts into the other.
func TestBalanceConverts(t *testing.T) {
	inDozens := &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: licence().Deal}
	inDozens.Deal.Lines[0].Quantity.Unit = "DZN"
	b, err := writeoff.Balance(view(t, "customs", licence(), declared("customs/1"), reserved("customs/1", 24, 4), inDozens), licenceID)
	if err != nil {
		t.Fatal(err)
	}
	if b.Lines[0].Reserved.Thousandths != 2 || b.Lines[0].Left.Thousandths != 98 {
		t.Errorf("24 pieces are %v, and %v are left; want 2 and 98 dozens", b.Lines[0].Reserved, b.Lines[0].Left)
	}
}

// Entries of agencies that do not know of each other can add up to more than a number holds. Nothing is left then, and
// the balance says that it cannot be stated.
func TestMoreThanANumberHolds(t *testing.T) {
	given := facts(licence())
	for _, agency := range []string{"customs", "customs-b", "customs-c", "customs-d"} {
		id := agency + "/1"
		given = append(given, by(agency, declared(id), reserved(id, math.MaxInt64, 0))...)
	}
	v := view(t, "customs", given...)
	if b, err := writeoff.Balance(v, licenceID); err == nil {
		t.Errorf("balance is %v", b)
	}
	account := read(t, v)
	_, err := account.Reserve("customs/9", 0, &customsv1.Item{Number: 1, LicenceLine: 1, Quantity: pieces(1), Value: euros(0)})
	if r := fault.As(err); r == nil || r.Code != "DX03" {
		t.Errorf("reserved beyond every number: %v", err)
	}
}

func TestCounter(t *testing.T) {
	second := registered("customs-north", "customs", "XA", "")
	removed := func(agency string) proto.Message { return agencyRemoved(agency) }
	tests := []struct {
		name    string
		given   []proto.Message
		want    string
		wantErr error
		code    string
	}{
		{"one", ledgertest.Registered("licensing", "customs", "customs-b"), "customs", nil, ""},
		{"another State's beside it", facts(ledgertest.Registered("licensing", "customs"), registered("customs-xb", "customs", "XB", "")), "customs", nil, ""},
		{"two", facts(ledgertest.Registered("licensing", "customs"), second), "", fault.Precondition, "DX13"},
		{"two, one suspended", facts(ledgertest.Registered("licensing", "customs"), second, suspendedAgency("customs")), "", fault.Precondition, "DX13"},
		{"two, one removed", facts(ledgertest.Registered("licensing", "customs"), second, removed("customs")), "customs-north", nil, ""},
		{"only posts", ledgertest.Registered("licensing", "customs-b"), "", fault.Precondition, ""},
		{"another State's only", facts(ledgertest.Registered("licensing"), registered("customs-xb", "customs", "XB", "")), "", fault.Precondition, ""},
		{"licence of nobody", ledgertest.Registered("customs"), "", fault.Precondition, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := writeoff.Counter(ledgertest.GivenAs(t, "customs", tt.given...), licenceID)
			if !refused(t, err, tt.wantErr, tt.code) && got != tt.want {
				t.Errorf("%s counts, want %s", got, tt.want)
			}
		})
	}
}
