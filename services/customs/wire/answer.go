package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Answer returns the reply to a file that came in, and what to call it: always the same for the same events, dated when the file came
// in. It refuses a file that is no licenceData or usageData, and one that is not recorded to its end.
func Answer(view ledger.View, id string) (name string, data []byte, err error) {
	row, facts, err := read(view, id)
	if err != nil {
		return "", nil, err
	}
	e := row.GetReceived()
	if e == nil || chief.DataID(e.GetHeader().GetDataId()).IsReply() {
		return "", nil, fault.Errorf(fault.Precondition, "file %s is not one that is answered", id)
	}
	to := &chief.File{Header: chief.HeaderOf(e.GetHeader()), Defects: defectsOf(e.GetDefects())}
	verdicts := chief.Verdicts{Of: map[string][]chief.Defect{}}
	if e.GetRefused() != nil {
		verdicts.File = defectsOf([]*customsv1.WireDefect{e.GetRefused()})
	}
	for _, fact := range facts {
		answerPart(to, verdicts, fact)
	}
	reply, err := chief.Reply(to, verdicts, chief.StampOf(row.GetAt().AsTime().In(london)))
	if err != nil {
		return "", nil, err
	}
	if data, err = reply.Encode(); err != nil {
		return "", nil, fmt.Errorf("write the reply to %s: %w", id, err)
	}
	if name = chief.NameOf(reply.Header).String(); e.GetRefused() != nil {
		name += fmt.Sprintf("-refused-%x", e.GetSha256()[:6])
	}
	return name, data, nil
}

// answerPart adds a part of a file to what is answered.
func answerPart(to *chief.File, verdicts chief.Verdicts, fact proto.Message) {
	licence := func(m *customsv1.WireLicence, why []chief.Defect) {
		t := chief.LicenceOf(m)
		to.Licences, verdicts.Of[t.Licence.Ref] = append(to.Licences, t), why
	}
	usage := func(m *customsv1.WireUsage, why []chief.Defect) {
		t := chief.UsageOf(m)
		to.Usages, verdicts.Of[t.Licence.Ref] = append(to.Usages, t), why
	}
	switch e := fact.(type) {
	case *customsv1.LicenceOnFile:
		licence(e.Transaction, nil)
	case *customsv1.LicenceOnFileReplaced:
		licence(e.Transaction, nil)
	case *customsv1.LicenceOnFileCancelled:
		licence(e.Transaction, nil)
	case *customsv1.LicenceUsageReported:
		usage(e.Transaction, nil)
	case *customsv1.WireTransactionRejected:
		switch why := defectsOf(e.Defects); {
		case e.Licence != nil:
			licence(e.Licence, why)
		case e.Usage != nil:
			usage(e.Usage, why)
		default:
			first := int(e.GetPlace().GetLine())
			to.Broken = append(to.Broken, chief.Broken{
				Ref: e.Ref, First: first, Last: first + int(e.GetPlace().GetLines()) - 1, After: len(to.Licences) + len(to.Usages), Defects: why,
			})
		}
	}
}

// read returns a file's row and the facts of its parts, all of them.
func read(view ledger.View, id string) (*ledgerv1.WireFile, []proto.Message, error) {
	row, err := view.WireFile(id)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read file %s: %w", id, err)
	case row == nil:
		return nil, nil, fault.Errorf(fault.NotFound, "file %s is not on record", id)
	}
	if e := row.GetReceived(); e != nil && e.GetRefused() == nil && e.GetLastLine() != 0 {
		held, err := view.WirePart(id, e.GetLastLine())
		if err != nil {
			return nil, nil, fmt.Errorf("read a part of file %s: %w", id, err)
		}
		if !held {
			return nil, nil, fault.Errorf(fault.Precondition, "file %s is not recorded to its end; send it once more", id)
		}
	}
	facts, err := view.WireFacts(id)
	return row, facts, err
}

// Outcomes is what became of each transaction of a file.
func Outcomes(view ledger.View, id string) (*ledgerv1.WireFile, []*customsv1.WireOutcome, error) {
	row, facts, err := read(view, id)
	if err != nil {
		return nil, nil, err
	}
	var list []*customsv1.WireOutcome
	for _, fact := range facts {
		if o := outcome(fact); o != nil {
			list = append(list, o)
		}
	}
	return row, list, nil
}

func outcome(fact proto.Message) *customsv1.WireOutcome {
	accepted := func(ref, subject string, place *customsv1.WirePlace, remarks ...string) *customsv1.WireOutcome {
		return &customsv1.WireOutcome{Ref: ref, Line: place.GetLine(), Accepted: true, Subject: subject, Remarks: remarks}
	}
	switch e := fact.(type) {
	case *customsv1.LicenceOnFile:
		return accepted(e.GetTransaction().GetLicence().GetRef(), e.LicenceId, e.Place)
	case *customsv1.LicenceOnFileReplaced:
		return accepted(e.GetTransaction().GetLicence().GetRef(), e.LicenceId, e.Place)
	case *customsv1.LicenceOnFileCancelled:
		return accepted(e.GetTransaction().GetLicence().GetRef(), e.LicenceId, e.Place)
	case *customsv1.LicenceUsageReported:
		return accepted(e.GetTransaction().GetLicence().GetRef(), e.UsageId, e.Place, e.Remarks...)
	case *customsv1.WireTransactionRejected:
		return &customsv1.WireOutcome{Ref: e.Ref, Line: e.GetPlace().GetLine(), Defects: e.Defects}
	case *customsv1.WireAnswered:
		return answered(e)
	}
	return nil
}

// answered is what a reply that came in says, as it says it.
func answered(e *customsv1.WireAnswered) *customsv1.WireOutcome {
	if fe := e.GetFileError(); fe != nil {
		return &customsv1.WireOutcome{Line: e.GetPlace().GetLine(), Defects: []*customsv1.WireDefect{{Code: fe.GetCode(), Text: fe.GetText()}}}
	}
	o := &customsv1.WireOutcome{Ref: e.GetReply().GetReply().GetRef(), Line: e.GetPlace().GetLine(), Accepted: e.GetReply().GetAccepted()}
	for _, why := range e.GetReply().GetErrors() {
		o.Defects = append(o.Defects, &customsv1.WireDefect{Code: why.GetCode(), Text: why.GetText()})
	}
	return o
}
