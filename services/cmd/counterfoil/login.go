package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
)

func newLoginCommand(env *Env) *cobra.Command {
	var secretFile string
	var plain bool
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Open a session at the node of the context",
		Long: "Asks for the secret of the context's user, or reads it from a file, and keeps the session that the node gives for it\n" +
			"in a file beside the context. The session ends after 12 hours, with logout, and when the user is changed.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			contexts, to, err := env.userContext()
			if err != nil {
				return err
			}
			if !plain && !private(to.URL) {
				return usage("the secret would be sent in plain text to %s; use a context with an https URL and --ca, or give --allow-plain-text", to.URL)
			}
			secret, err := env.askSecret(to.User, secretFile)
			if err != nil {
				return err
			}
			session, err := env.login(cmd.Context(), contexts, to, secret)
			if err != nil {
				return doing("log in as "+to.User, "", err)
			}
			if err := contexts.SaveToken(to, session.Token); err != nil {
				return err
			}
			env.Advise("logged in at agency %s as %s, in the roles %v, until %s", to.Agency, session.User, session.Roles, session.ExpiresAt.Local().Format(time.DateTime))
			return nil
		},
	}
	cmd.Flags().StringVar(&secretFile, "secret-file", "", `file that holds the secret; "-" is the standard input (default: it is asked for)`)
	cmd.Flags().BoolVar(&plain, "allow-plain-text", false, "send the secret without TLS to another machine")
	return cmd
}

func newLogoutCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "End the session of the context",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			contexts, to, err := env.userContext()
			if err != nil {
				return err
			}
			token, err := contexts.Token(to)
			if errors.Is(err, fs.ErrNotExist) {
				env.Advise("there is no session of context %s", to.Name)
				return nil
			}
			if err != nil {
				return err
			}
			ended := env.post(cmd.Context(), contexts, to, rpc.LogoutPath, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, nil)
			if err := os.Remove(contexts.File(to.TokenFile)); err != nil {
				return err
			}
			return doing("end the session at the node; it was forgotten here", "", ended)
		},
	}
}

// userContext picks the context, which has to be one of a user who logs in.
func (env *Env) userContext() (config.Contexts, config.Context, error) {
	contexts, err := env.contexts()
	if err != nil {
		return contexts, config.Context{}, err
	}
	to, err := contexts.Pick(env.Context)
	if err == nil && (to.User == "" || to.TokenFile == "") {
		err = usage("context %s names no user; make one with: counterfoil context add NAME --url %s --agency %s --user USER", to.Name, to.URL, to.Agency)
	}
	env.in = to
	return contexts, to, err
}

// private says whether what is sent there is read by nobody on the way.
func private(to string) bool {
	at, err := url.Parse(to)
	if err != nil {
		return false
	}
	ip := net.ParseIP(at.Hostname())
	return at.Scheme == "https" || at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (env *Env) askSecret(user, file string) (string, error) {
	if file != "" {
		return env.readSecret(file)
	}
	if !env.CanAsk() {
		return "", usage("nobody can be asked for the secret of %s here: give --secret-file", user)
	}
	fmt.Fprintf(env.Err, "secret of %s: ", user)
	secret, err := term.ReadPassword(int(env.In.(*os.File).Fd()))
	fmt.Fprintln(env.Err)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	return string(secret), nil
}

func (env *Env) login(ctx context.Context, contexts config.Contexts, to config.Context, secret string) (people.Session, error) {
	var session people.Session
	err := env.post(ctx, contexts, to, rpc.LoginPath, func(r *http.Request) { r.SetBasicAuth(to.User, secret) }, &session)
	if err == nil && session.Token == "" {
		err = fmt.Errorf("%s did not answer with a session", to.URL)
	}
	return session, err
}

// maxBeside is the largest answer that is read of what a node serves beside its services, in bytes.
const maxBeside = 8 << 20

// post calls what the node serves beside its services.
func (env *Env) post(ctx context.Context, contexts config.Contexts, to config.Context, path string, sign func(*http.Request), into any) error {
	return env.call(ctx, contexts, to, http.MethodPost, path, sign, into)
}

func (env *Env) call(ctx context.Context, contexts config.Contexts, to config.Context, method, path string, sign func(*http.Request), into any) error {
	client, err := httpClient(contexts, to)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, to.URL+path, nil)
	if err != nil {
		return err
	}
	sign(req)
	res, err := client.Do(req)
	if err != nil {
		return &failure{exit: exitUnreachable, why: fmt.Sprintf("the node of agency %s at %s was not reached: %v", to.Agency, to.URL, errors.Unwrap(err))}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBeside))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		var refusal rpc.LoginRefusal
		if json.Unmarshal(body, &refusal) != nil || refusal.Message == "" {
			refusal.Message = "the node answered " + res.Status
		}
		return &failure{exit: exitNotAllowed, why: refusal.Message}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}
