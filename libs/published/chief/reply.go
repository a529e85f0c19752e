package chief

// ReplyTransaction answers one transaction.
type ReplyTransaction struct {
	// Record is that of the record accepted or rejected.
	Record
	Accepted bool
	// Ref is the reference of the transaction that is answered.
	Ref string
	// Errors, at least one, and End are of a rejection only.
	Errors []ReplyError
	End    End
}

func (r *ReplyTransaction) records(list []record) []record {
	list = append(list, r)
	if r.Accepted {
		return list
	}
	return append(collect(list, r.Errors), &r.End)
}

func (r *ReplyTransaction) layout() (string, int, []field) {
	name := "rejected"
	if r.Accepted {
		name = "accepted"
	}
	return name, 3, []field{{"transaction reference", &r.Ref, upTo17, true}}
}

func (r *ReplyTransaction) opening() (record, *string) { return r, &r.Ref }

func (r *ReplyTransaction) ending() *End { return &r.End }

func (r *ReplyTransaction) member(name string) record {
	if name == "error" && !r.Accepted {
		return extend(&r.Errors)
	}
	return nil
}

func (r *ReplyTransaction) finish(p *parser) {
	if !r.Accepted && len(r.Errors) == 0 {
		p.fault(FieldMissing, "the rejection has no error")
	}
}

// ReplyError is the record error.
type ReplyError struct {
	Record
	// Code has up to 6 characters and Text up to 130; the codes are those of whoever answers.
	Code, Text string
}

func (e *ReplyError) layout() (string, int, []field) {
	return "error", 4, []field{{"error code", &e.Code, upTo6, true}, {"error text", &e.Text, upTo130, true}}
}

// FileError is the record fileError: what is wrong with the file that is answered, as a whole.
type FileError struct {
	Record
	// Code has up to 6 characters and Text up to 130.
	Code, Text string
	// Position is a record's number, or empty.
	Position string
}

func (e *FileError) layout() (string, int, []field) {
	return "fileError", 5, []field{{"error code", &e.Code, upTo6, true}, {"error text", &e.Text, upTo130, true}, {"position", &e.Position, anyText, false}}
}
