package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/openapi"
	"github.com/counterfoil/counterfoil/libs/rpc"
)

func newAPICommand(env *Env) *cobra.Command {
	return family("api", "Describe the node's API to developers of other systems", newOpenAPICommand(env))
}

func newOpenAPICommand(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "openapi",
		Short: "Print what the node serves as an OpenAPI 3.1 document",
		Long: "Prints a JSON document with every method that the node of the context answers as a plain POST of JSON: request and answer\n" +
			"with their rules, and the roles that may call it. The node serves the same at /openapi.json.",
		Example: "counterfoil api openapi > openapi.json\n" +
			"counterfoil api openapi --all",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			document, err := env.describe(cmd.Context(), all)
			if err != nil {
				return doing("describe the API", "", err)
			}
			_, err = fmt.Fprintf(env.Out, "%s\n", document)
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "the whole contract, as this program has it; no node is asked")
	return cmd
}

func (env *Env) describe(ctx context.Context, all bool) ([]byte, error) {
	if all {
		return openapi.All()
	}
	return env.describeNode(ctx)
}

// describeNode asks the node of the context what it serves.
func (env *Env) describeNode(ctx context.Context) (json.RawMessage, error) {
	if env.Ledger != "" {
		return nil, usage("a ledger's folder serves no API; leave --ledger out, or give --all")
	}
	contexts, err := env.contexts()
	if err != nil {
		return nil, err
	}
	to, err := contexts.Pick(env.Context)
	if err != nil {
		return nil, err
	}
	env.in = to
	token, err := sessionToken(contexts, to)
	if err != nil {
		return nil, err
	}
	var document json.RawMessage
	err = env.call(ctx, contexts, to, http.MethodGet, rpc.OpenAPIPath, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, &document)
	return document, err
}
