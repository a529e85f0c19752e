package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newContextCommand(env *Env) *cobra.Command {
	return family("context", "Choose the node and role that commands are for", newContextListCommand(env), newContextUseCommand(env), newContextAddCommand(env))
}

// listedContext is a context as it is printed; of its token only the place.
type listedContext struct {
	Name      string `json:"name"`
	Current   bool   `json:"current"`
	Agency    string `json:"agency"`
	URL       string `json:"url"`
	CAFile    string `json:"ca_file"`
	User      string `json:"user"`
	Role      string `json:"role"`
	Person    string `json:"person"`
	TokenFile string `json:"token_file"`
}

func newContextListCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the contexts there are; the current one is marked",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			contexts, err := env.contexts()
			if err != nil {
				return err
			}
			all, err := contexts.List()
			if err != nil {
				return err
			}
			current, err := contexts.Current()
			if err != nil {
				return err
			}
			listed := []listedContext{}
			doc := output.Document{Items: []any{}, Flat: &output.Grid{Heads: []string{"name", "current", "agency", "user", "role", "person", "url"}}}
			for _, c := range all {
				one := listedContext{c.Name, c.Name == current, c.Agency, c.URL, c.CAFile, c.User, c.Role, c.Person, c.TokenFile}
				listed = append(listed, one)
				doc.Items = append(doc.Items, one)
				mark := ""
				if one.Current {
					mark = "current"
				}
				doc.Flat.Add(c.Name, mark, c.Agency, c.User, c.Role, c.Person, c.URL)
			}
			doc.Value, doc.Sections = listed, []output.Section{{Grid: *doc.Flat}}
			return env.Print(doc)
		},
	}
}

func newContextUseCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "Make a context the current one",
		Args:  takes("NAME"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return env.contextNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := env.contexts()
			if err != nil {
				return err
			}
			return doing("use context "+args[0], "counterfoil context list", contexts.Use(args[0]))
		},
	}
}

func newContextAddCommand(env *Env) *cobra.Command {
	var to config.Context
	cmd := &cobra.Command{
		Use:   "add NAME --url URL --agency AGENCY",
		Short: "Add a context, in place of one of the same name",
		Example: "counterfoil context add customs --url https://customs.example:8443 --agency customs --ca ca.crt --user u-12\n" +
			"counterfoil login --context customs",
		Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := env.contexts()
			if err != nil {
				return err
			}
			to.Name = args[0]
			if err := completeContext(&to); err != nil {
				return err
			}
			if err := contexts.Save(to); err != nil {
				return doing("add context "+to.Name, "", err)
			}
			if to.User != "" {
				env.Advise("next: counterfoil login --context %s", quote(to.Name))
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&to.URL, "url", "", "where the node's API is, such as https://customs.example:8443 (required)")
	flags.StringVar(&to.Agency, "agency", "", "agency whose node it is (required)")
	flags.StringVar(&to.CAFile, "ca", "", "file with who certifies the node, in PEM (default: those whom this machine trusts)")
	flags.StringVar(&to.User, "user", "", "name that you log in with")
	flags.StringVar(&to.Role, "role", "", "which of your roles you act in (default: the one that a call needs)")
	flags.StringVar(&to.TokenFile, "token-file", "", "file with a token that needs no login, of an agency's system")
	require(cmd, "url", "agency")
	return cmd
}

// completeContext checks what was given, and makes paths whole: a context is used from any folder.
func completeContext(to *config.Context) error {
	node, err := url.Parse(to.URL)
	if err != nil || node.Host == "" || node.Scheme != "http" && node.Scheme != "https" || node.Path != "" || node.User != nil {
		return usage("url %q is not https://HOST:PORT or http://HOST:PORT", to.URL)
	}
	switch {
	case to.User != "" && to.TokenFile != "":
		return usage("give --user or --token-file, not both")
	case to.User != "":
		to.TokenFile = config.SessionFile(to.Name)
	case to.TokenFile == "":
		return usage("give --user, or --token-file where a token needs no login")
	}
	for _, path := range []*string{&to.CAFile, &to.TokenFile} {
		if *path == "" || path == &to.TokenFile && to.User != "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
		if _, err := os.Stat(*path); err != nil {
			return usage("%s", fmt.Sprint(err))
		}
	}
	return nil
}
