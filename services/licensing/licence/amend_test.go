package licence_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

func TestAmend(t *testing.T) {
	const reason = "contract changed"
	until := timestamppb.New(now.AddDate(1, 0, 0))
	lines := func(l ...*transferv1.Line) []*transferv1.Line { return l }
	amended := func(l []*transferv1.Line, until *timestamppb.Timestamp) []proto.Message {
		a := &licensingv1.LicenceAmended{LicenceId: licenceID, ValidUntil: until, Reason: reason}
		if l != nil {
			a.Deal = with(deal(), func(d *licensingv1.Deal) { d.Lines = l })
		}
		return []proto.Message{a}
	}
	// 40 of 100 pieces are reserved by one declaration; of another 10, 8 were used; a third gave its 30 back.
	writtenOff := []proto.Message{granted,
		accepted("customs/1"), reserved("customs/1", 40_000, 2_000_00),
		accepted("customs/2"), reserved("customs/2", 10_000, 500_00), committed("customs/2", 8_000, 400_00),
		accepted("customs/3"), reserved("customs/3", 30_000, 1_500_00), released("customs/3", 30_000, 1_500_00),
	}
	unmeasured := with(granted, func(g *licensingv1.LicenceGranted) { g.Deal.Lines[0].Quantity, g.Deal.Lines[0].Value = nil, nil })
	tests := []struct {
		name    string
		given   []proto.Message
		lines   []*transferv1.Line
		until   *timestamppb.Timestamp
		want    []proto.Message
		wantErr error
	}{
		{"lines", []proto.Message{granted}, lines(line(0, 50_000, 1)), nil, amended(lines(line(1, 50_000, 1)), nil), nil},
		{"suspended licence", []proto.Message{granted, suspended}, lines(line(0, 50_000, 1)), nil, amended(lines(line(1, 50_000, 1)), nil), nil},
		{"a further line", []proto.Message{granted}, lines(line(1, 100_000, 5_000_00), line(2, 5_000, 1)), nil,
			amended(lines(line(1, 100_000, 5_000_00), line(2, 5_000, 1)), nil), nil},
		{"validity", []proto.Message{granted}, nil, until, amended(nil, until), nil},
		{"both", []proto.Message{granted}, lines(line(1, 1, 1)), until, amended(lines(line(1, 1, 1)), until), nil},
		{"as it stands", []proto.Message{with(granted, func(g *licensingv1.LicenceGranted) { g.ValidUntil = until })},
			lines(line(1, 100_000, 5_000_00)), until, nil, nil},
		{"nothing to change", []proto.Message{granted}, nil, nil, nil, fault.Invalid},
		{"ends before it begins", []proto.Message{granted}, nil, timestamppb.New(now.Add(-time.Second)), nil, fault.Invalid},
		{"a line left out", []proto.Message{with(granted, func(g *licensingv1.LicenceGranted) { g.Deal.Lines = append(g.Deal.Lines, line(2, 1, 1)) })},
			lines(line(1, 100_000, 5_000_00)), nil, nil, fault.Invalid},
		{"lines out of order", []proto.Message{granted}, lines(line(2, 1, 1), line(1, 1, 1)), nil, nil, fault.Invalid},
		{"revoked", []proto.Message{granted, revoked}, nil, until, nil, fault.Precondition},
		{"withdrawn", []proto.Message{granted, withdrawn}, nil, until, nil, fault.Precondition},
		{"never granted", nil, nil, until, nil, fault.NotFound},

		{"lowered to what is taken", writtenOff, lines(line(1, 48_000, 2_400_00)), nil, amended(lines(line(1, 48_000, 2_400_00)), nil), nil},
		{"quantity below what is taken", writtenOff, lines(line(1, 47_999, 2_400_00)), nil, nil, fault.Precondition},
		{"value below what is taken", writtenOff, lines(line(1, 48_000, 2_399_99)), nil, nil, fault.Precondition},
		{"another unit", writtenOff, lines(with(line(1, 100_000, 5_000_00), func(l *transferv1.Line) { l.Quantity.Unit = "KGM" })), nil, nil, fault.Precondition},
		{"another currency", writtenOff, lines(with(line(1, 100_000, 5_000_00), func(l *transferv1.Line) { l.Value.Currency = "XXA" })), nil, nil, fault.Precondition},
		{"other goods", writtenOff, lines(with(line(1, 100_000, 5_000_00), func(l *transferv1.Line) { l.Rating = "ML2" })), nil, nil, fault.Precondition},
		{"other goods, nothing taken", []proto.Message{granted}, lines(with(line(1, 1, 1), func(l *transferv1.Line) { l.Rating = "ML2" })), nil,
			amended(lines(with(line(1, 1, 1), func(l *transferv1.Line) { l.Rating = "ML2" })), nil), nil},
		{"limits taken off", writtenOff, unmeasured.Deal.Lines, nil, amended(unmeasured.Deal.Lines, nil), nil},
		{"limit put on below what is taken", append([]proto.Message{unmeasured}, writtenOff[1:]...), lines(line(1, 47_000, 5_000_00)), nil, nil, fault.Precondition},
		{"as much taken as a number holds", []proto.Message{unmeasured, accepted("customs/1"), reserved("customs/1", 1<<63-1, 1<<63-1)},
			lines(line(1, 1<<63-2, 1<<63-1)), nil, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Amend(given(t, tt.given...), &licensingv1.AmendLicenceRequest{
				Particulars: particulars, LicenceId: licenceID, Lines: tt.lines, ValidUntil: tt.until, Reason: reason,
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	t.Run("no reason", func(t *testing.T) {
		got, err := licence.Amend(given(t, granted), &licensingv1.AmendLicenceRequest{Particulars: particulars, LicenceId: licenceID, ValidUntil: until})
		expect(t, got, err, nil, fault.Invalid)
	})
	t.Run("of another agency", func(t *testing.T) {
		got, err := licence.Amend(given(t, othersLicence), &licensingv1.AmendLicenceRequest{
			Particulars: particulars, LicenceId: othersLicenceID, ValidUntil: until, Reason: reason,
		})
		expect(t, got, err, nil, fault.NotAllowed)
	})
}

func accepted(id string) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID}
}

func reserved(declaration string, thousandths, minor int64) *customsv1.LicenceQuantityReserved {
	l := line(1, thousandths, minor)
	return &customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: l.Quantity, Value: l.Value}
}

func committed(declaration string, thousandths, minor int64) *customsv1.LicenceQuantityCommitted {
	l := line(1, thousandths, minor)
	return &customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: l.Quantity, Value: l.Value}
}

func released(declaration string, thousandths, minor int64) *customsv1.LicenceQuantityReleased {
	l := line(1, thousandths, minor)
	return &customsv1.LicenceQuantityReleased{DeclarationId: declaration, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: l.Quantity, Value: l.Value}
}
