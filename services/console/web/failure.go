package web

import (
	"errors"
	"net/http"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
)

// Failure is what a person reads of something that was not done: the node's own sentence, in the language that it speaks, which says
// what is wrong and what to do, and what that means for them.
type Failure struct {
	// Code is the field's own code of the refusal, if it has one, and Kind a code of Connect, such as "not_found".
	Code, Kind string
	// Sentence is the node's; of several lines where several fields are not as the contract wants them.
	Sentence string
	status   int
}

var statuses = map[connect.Code]int{
	connect.CodeInvalidArgument: http.StatusUnprocessableEntity, connect.CodeNotFound: http.StatusNotFound, connect.CodeAlreadyExists: http.StatusConflict,
	connect.CodeFailedPrecondition: http.StatusConflict, connect.CodePermissionDenied: http.StatusForbidden, connect.CodeUnavailable: http.StatusServiceUnavailable,
	connect.CodeUnimplemented: http.StatusNotFound, connect.CodeUnauthenticated: http.StatusForbidden, connect.CodeDeadlineExceeded: http.StatusGatewayTimeout,
}

// Refusal returns what a person reads of an error of the API; nil when there is none.
func Refusal(err error) *Failure {
	if err == nil {
		return nil
	}
	var refused *connect.Error
	if !errors.As(err, &refused) {
		return &Failure{Kind: "internal", status: http.StatusInternalServerError}
	}
	f := &Failure{Kind: refused.Code().String(), Sentence: refused.Message(), status: statuses[refused.Code()]}
	var coded clients.Coded
	if errors.As(err, &coded) {
		f.Code = coded.Code
	}
	if refused.Code() == connect.CodeResourceExhausted { // what was sent cannot be taken as it is
		f.status, f.Kind = http.StatusRequestEntityTooLarge, connect.CodeInvalidArgument.String()
	}
	if f.status == 0 {
		f.status, f.Kind = http.StatusInternalServerError, "internal"
	}
	return f
}

// Used reports whether what was sent is on record already, or its form was used for something else, as when somebody went back and changed it:
// the form that is shown again needs another key, or it could never be sent.
func (f *Failure) Used() bool { return f != nil && f.Kind == connect.CodeAlreadyExists.String() }

// IsRefusal reports whether an error is the API's answer to what was asked, which a form shows beside what was typed.
func IsRefusal(err error) bool {
	f := Refusal(err)
	return f != nil && f.status < http.StatusInternalServerError
}

// fail shows the page that says why there is no page.
func (v *Visit) fail(err error) {
	f := Refusal(err)
	if f.status == http.StatusInternalServerError {
		v.site.Logger.Error("page failed", "agency", v.site.Agency, "page", v.R.Pattern, "err", err)
	}
	if v.begun { // what has been sent is cut off, so that nobody takes it for whole
		panic(http.ErrAbortHandler)
	}
	if err := v.write(v.site.own["failure"], f.status, f); err != nil {
		v.site.Logger.Error("page failed", "agency", v.site.Agency, "page", v.R.Pattern, "err", err)
		http.Error(v.W, "something went wrong inside the node; its log says what", http.StatusInternalServerError)
	}
}
