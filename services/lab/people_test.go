package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

const secret = "correct horse battery"

// usersOf is the users file of an agency's node.
func usersOf(folder lab.Folder, agency string) people.File {
	return people.UsersFile(string(folder.Home(agency)))
}

func addUser(t *testing.T, file people.File, name string, roles ...people.Role) {
	t.Helper()
	u := people.User{Name: name, Person: "p-" + name, Roles: roles}
	if err := u.SetSecret(secret); err != nil {
		t.Fatal(err)
	}
	if err := file.Edit(func(us *people.Users) error { return us.Add(u) }); err != nil {
		t.Fatal(err)
	}
}

// loginAt exchanges a secret for a session and returns the answer's status and body.
func loginAt(t *testing.T, n *node.Node, name, with string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+rpc.LoginPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(name, with)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

func sessionOf(t *testing.T, n *node.Node, name string) string {
	t.Helper()
	status, body := loginAt(t, n, name, secret)
	var s people.Session
	if err := json.Unmarshal(body, &s); err != nil || status != http.StatusOK || s.Token == "" {
		t.Fatalf("login of %s: %d %s", name, status, body)
	}
	return s.Token
}

// as is a client that says nothing but its token and, when they are given, a role and a person.
func as(n *node.Node, token, role, person string) *connect.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	identify := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			info, _ := connect.CallInfoForClientContext(ctx)
			info.RequestHeader().Set("Authorization", "Bearer "+token)
			if role != "" {
				info.RequestHeader().Set(rpc.RoleHeader, role)
			}
			if person != "" {
				info.RequestHeader().Set(rpc.PersonHeader, person)
			}
			return next(ctx, spec)
		}
	}
	return connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, n.URL()), identify)
}

// TestRolesAreHeldToAtEveryCall makes every call of a node in every role: it is refused as not allowed exactly where the
// table says so.
func TestRolesAreHeldToAtEveryCall(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	n := l.Agencies["licensing"].Node
	tokens := map[people.Role]string{}
	for _, r := range people.Roles {
		addUser(t, usersOf(folder, "licensing"), "u-"+string(r), r)
		tokens[r] = sessionOf(t, n, "u-"+string(r))
	}
	calls := 0
	for _, file := range []protoreflect.FileDescriptor{queryv1.File_counterfoil_query_v1_query_proto, licensingv1.File_counterfoil_licensing_v1_service_proto} {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			if methods.Get(i).IsStreamingServer() {
				continue // below
			}
			procedure := fmt.Sprintf("/%s/%s", file.Services().Get(0).FullName(), methods.Get(i).Name())
			for role, token := range tokens {
				code, message := post(t, n, token, procedure)
				allowed := slices.Contains(people.Allowed(procedure), role)
				if allowed == (code == "permission_denied") || code == "unauthenticated" {
					t.Errorf("%s as %s: %s %s; allowed is %v", procedure, role, code, message, allowed)
				}
				if !allowed && !strings.Contains(message, "user u-"+string(role)+" has the roles "+string(role)+"; ") {
					t.Errorf("%s as %s is refused with %q", procedure, role, message)
				}
				calls++
			}
		}
	}
	for role, token := range tokens {
		q := queryv1connect.NewQueryServiceClient(as(n, token, "", ""))
		_, watch := watchToEnd(t, q)
		if denied := connect.CodeOf(watch) == connect.CodePermissionDenied; denied != (role == people.Operator) {
			t.Errorf("Watch as %s: %v", role, watch)
		}
		stream, err := q.Verify(t.Context(), &queryv1.VerifyRequest{})
		for err == nil {
			_, err = stream.Receive()
		}
		if denied := connect.CodeOf(err) == connect.CodePermissionDenied; denied == (role == people.Operator || role == people.Auditor) {
			t.Errorf("Verify as %s: %v", role, err)
		}
	}
	t.Logf("%d calls", calls+2*len(tokens))
}

// post makes a call with an empty request and returns the code and sentence of its refusal, if there is one.
func post(t *testing.T, n *node.Node, token, procedure string) (code, message string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+procedure, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var refusal rpc.LoginRefusal
	if res.StatusCode != http.StatusOK && json.Unmarshal(body, &refusal) != nil {
		t.Fatalf("%s: %s %s", procedure, res.Status, body)
	}
	return refusal.Code, refusal.Message
}

func watchToEnd(t *testing.T, q queryv1connect.QueryServiceClient) (messages int, err error) {
	t.Helper()
	stream, err := q.Watch(t.Context(), &queryv1.WatchRequest{UntilCaughtUp: true})
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
		if len(res.Events) > 0 {
			messages++
		}
	}
}

// What a person records is on record under the person's own id and role, whatever the call says.
func TestOfficerOnRecordIsTheOneWhoLoggedIn(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	n := l.Agencies["licensing"].Node
	record(t, n, granted(1))
	addUser(t, usersOf(folder, "licensing"), "u-12", people.Viewer, people.Approver)
	token := sessionOf(t, n, "u-12")
	suspend := func(token, role, person string) error {
		_, err := licensingv1connect.NewLicensingServiceClient(as(n, token, role, person)).SuspendLicence(t.Context(), &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: "under suspicion"})
		return err
	}
	for role, says := range map[string]string{"operator": `cannot act as "operator"`, "viewer": "acts as viewer", "minister": `cannot act as "minister"`} {
		if err := suspend(token, role, ""); connect.CodeOf(err) != connect.CodePermissionDenied || !strings.Contains(err.Error(), says) {
			t.Errorf("suspend as %s: %v", role, err)
		}
	}
	if err := suspend(token, "", "p-somebody-else"); err != nil {
		t.Fatal(err)
	}
	res, err := queryv1connect.NewQueryServiceClient(as(n, token, "", "")).Explain(t.Context(), &queryv1.ExplainRequest{Id: "licensing/L-1"})
	if err != nil || len(res.Events) != 2 {
		t.Fatalf("Explain: %v, %v", res, err)
	}
	if o := res.Events[1].Officer; o.Role != "approver" || o.Person != "p-u-12" {
		t.Errorf("on record is %v; want approver, p-u-12", o)
	}
	// The node's own token says itself in whose name it acts, as before.
	if err := suspend(tokenOf(t, n), "clerk", "p-9"); err != nil {
		t.Errorf("with the node's own token: %v", err)
	}
}

// A user who is disabled while watching is cut off, and can call no more.
func TestDisabledUserIsCutOff(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	n := l.Agencies["licensing"].Node
	file := usersOf(folder, "licensing")
	addUser(t, file, "u-12", people.Viewer)
	token := sessionOf(t, n, "u-12")
	q := queryv1connect.NewQueryServiceClient(as(n, token, "", ""))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := q.Watch(ctx, &queryv1.WatchRequest{Token: "now"})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.Receive(); err != nil { // it is let in
		t.Fatal(err)
	}
	err = file.Edit(func(us *people.Users) error {
		u, err := us.Get("u-12")
		u.Disabled = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for err == nil {
		_, err = stream.Receive()
	}
	if connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("the watch ended with %v", err)
	}
	t.Logf("the watch ended %s after", time.Since(began).Round(time.Millisecond))
	if _, err := q.Status(ctx, &queryv1.StatusRequest{}); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("a call afterwards: %v", err)
	}
	if status, body := loginAt(t, n, "u-12", secret); status != http.StatusUnauthorized {
		t.Errorf("a login afterwards: %d %s", status, body)
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	n := l.Agencies["licensing"].Node
	addUser(t, usersOf(folder, "licensing"), "u-12", people.Viewer)
	for i := range 6 {
		status, body := loginAt(t, n, "u-12", "a wrong guess here")
		if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusTooManyRequests}[i < 5]; status != want {
			t.Errorf("guess %d: %d %s; want %d", i+1, status, body, want)
		}
	}
	res, err := http.Post(n.URL()+rpc.LoginPath, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("a login without credentials: %s %v", res.Status, res.Header)
	}
	addUser(t, usersOf(folder, "licensing"), "u-13", people.Viewer)
	token := sessionOf(t, n, "u-13")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+rpc.LogoutPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if res, err = http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatalf("logout: %v, %v", res, err)
	}
	res.Body.Close()
	if code, _ := post(t, n, token, queryv1connect.QueryServiceStatusProcedure); code != "unauthenticated" {
		t.Errorf("a call after logging out: %q", code)
	}
}
