package rpc

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/people"
)

const (
	// LoginPath is where a user's name and secret, as HTTP Basic credentials in a POST, are exchanged for a session: the
	// answer is people.Session in JSON, or LoginRefusal.
	LoginPath = "/login"
	// LogoutPath is where a POST with a session's bearer token ends that session.
	LogoutPath = "/logout"

	// formWithin is how long a form of somebody who is not logged in may take to arrive, and maxForm how large it may be, in bytes.
	formWithin = 10 * time.Second
	maxForm    = 64 << 10
)

// LoginRefusal is why there is no session, or no other answer beside the services.
type LoginRefusal struct {
	// Code is a code of Connect, such as "unauthenticated".
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ReadForm reads the form of somebody who need not be logged in, all of it, so that nobody can hold a connection by sending it slowly. It
// fails when the form does not arrive in time, is too large, or is none.
func ReadForm(w http.ResponseWriter, r *http.Request) error {
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(formWithin)) // what is no connection has none
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	if err != nil {
		return err // and the rest of it is not waited for
	}
	_ = deadline.SetReadDeadline(time.Time{})
	return nil
}

func login(cfg Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ReadForm(w, r); err != nil {
			reply(w, http.StatusBadRequest, LoginRefusal{connect.CodeInvalidArgument.String(), "the request did not arrive whole; send it again, without a body"})
			return
		}
		name, secret, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="`+cfg.Agency+`", charset="UTF-8"`)
			reply(w, http.StatusUnauthorized, LoginRefusal{connect.CodeUnauthenticated.String(), "give the user's name and secret as HTTP Basic credentials"})
			return
		}
		session, err := cfg.Door.Login(r.Context(), r.RemoteAddr, name, secret)
		if err == nil {
			reply(w, http.StatusOK, session)
			return
		}
		refuse(w, cfg, LoginPath, err)
	}
}

// refuse answers what is served beside the services, as they would.
func refuse(w http.ResponseWriter, cfg Config, path string, err error) {
	answer, internal := outcome(err)
	if internal {
		cfg.Logger.Error("call failed", "agency", cfg.Agency, "procedure", path, "err", err)
	}
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, fault.Unavailable):
		status = http.StatusTooManyRequests
	case answer.Code() == connect.CodeUnauthenticated:
		status = http.StatusUnauthorized
	}
	reply(w, status, LoginRefusal{answer.Code().String(), answer.Message()})
}

func logout(cfg Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if token := bearer(r.Header.Get("Authorization")); people.IsSession(token) {
			cfg.Door.Logout(token)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have left
}
