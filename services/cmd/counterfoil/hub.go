package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/services/lab"
)

func newHubCommand(env *Env) *cobra.Command {
	var dir, plan, listen, logLevel string
	cmd := &cobra.Command{
		Use:   "hub --dir DIR",
		Short: "Run the hub and the coordinating authority's directory",
		Long: "Runs the hub until it is interrupted: the broker that carries blocks between agencies, and the coordinating\n" +
			"authority's node with the directory. A folder for each agency of the plan is prepared below DIR; each is then\n" +
			"served with: counterfoil serve AGENCY --dir DIR",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			read, err := lab.ReadPlan(plan)
			if err != nil {
				return usage("%v", err)
			}
			logger, err := newLogger(env.Err, logLevel)
			if err != nil {
				return err
			}
			tracing, err := env.tracing(cmd.Context())
			if err != nil {
				return err
			}
			hub, err := lab.StartHub(cmd.Context(), lab.HubOptions{
				Folder: lab.Folder(dir), Plan: read, Listen: listen, Logger: logger, Version: version(), Tracing: tracing,
			})
			if err != nil {
				return err
			}
			return errors.Join(hub.Run(cmd.Context()), hub.Close())
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the hub and of the agencies (required); made when it is not there")
	cmd.Flags().StringVar(&plan, "plan", "", "file that says which agencies there are and who shares what (default: the example)")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address that agencies connect to; port 0 picks one and keeps it. "+
		"A folder that counterfoil hub init has written says itself where it listens")
	addLogFlag(cmd, &logLevel)
	require(cmd, "dir")
	cmd.AddCommand(newHubInitCommand(env), env.settled(newHubServeCommand(env)))
	return cmd
}

func newHubInitCommand(env *Env) *cobra.Command {
	var dir string
	var named []string
	cmd := &cobra.Command{
		Use:   "init --dir DIR [--server NAME=HOST:PORT ...]",
		Short: "Write the folder of each server of a new hub, of one or three",
		Long: "Writes below DIR a folder for each server, complete: settings, the operator's seed, the server's certificates and\n" +
			"keys. Agencies connect to HOST:PORT; with three servers, these connect to each other at the port 2000 above it. Without\n" +
			"--server the hub is one server on this machine.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			servers, err := parseServers(named)
			if err != nil {
				return err
			}
			if err := backbone.InitHub(dir, servers); err != nil {
				return err
			}
			fmt.Fprint(env.Out, initAdvice(dir, servers))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder to write into (required)")
	cmd.Flags().StringArrayVar(&named, "server", nil, "NAME=HOST:PORT of a server, as agencies reach it; one or three")
	require(cmd, "dir")
	return cmd
}

func parseServers(named []string) ([]backbone.Server, error) {
	if len(named) == 0 {
		named = []string{"hub=127.0.0.1:4222"}
	}
	var servers []backbone.Server
	for _, text := range named {
		name, address, ok := strings.Cut(text, "=")
		host, port, err := net.SplitHostPort(address)
		number, portErr := strconv.Atoi(port)
		if !ok || err != nil || portErr != nil {
			return nil, usage("server %q is not NAME=HOST:PORT, such as a=hub-a.example:4222", text)
		}
		servers = append(servers, backbone.Server{Name: name, Host: host, Port: number})
	}
	return servers, nil
}

// initAdvice says what to do with the folders.
func initAdvice(dir string, servers []backbone.Server) string {
	var b strings.Builder
	for i, s := range servers {
		folder := filepath.Join(dir, s.Name)
		if len(servers) > 1 {
			fmt.Fprintf(&b, "Copy %s to %s, readable by the hub's own user only, and start it there:\n", folder, s.Host)
		} else {
			fmt.Fprintf(&b, "Start the server:\n")
		}
		plan := ""
		if i == 0 {
			plan = " --plan PLAN"
		}
		fmt.Fprintf(&b, "  counterfoil hub serve --dir %s%s\n", folder, plan)
	}
	fmt.Fprintf(&b, "Agencies reach")
	for _, s := range servers {
		fmt.Fprintf(&b, " %s (port %d)", s.Name, s.Port)
	}
	if len(servers) > 1 {
		fmt.Fprintf(&b, "; the servers reach each other at the port 2000 above")
	}
	fmt.Fprintf(&b, ".\nThe coordinating authority's node runs beside %s; PLAN says which agencies found the directory.", servers[0].Name)
	fmt.Fprintf(&b, "\nKeep %s off the servers and safe: with it further certificates are made.\n", filepath.Join(dir, "ca.key"))
	return b.String()
}

func newHubServeCommand(env *Env) *cobra.Command {
	var dir, plan, logLevel string
	cmd := &cobra.Command{
		Use:   "serve --dir DIR",
		Short: "Run one server of the hub",
		Long: "Runs the server whose folder counterfoil hub init has written, until it is interrupted. One of three waits for another.\n" +
			"The first that was named has the coordinating authority's node beside it, in the folder \"authority\" next to its own; the\n" +
			"first time it is started with the plan that founds the directory.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := newLogger(env.Err, logLevel)
			if err != nil {
				return err
			}
			config, err := backbone.LoadHubConfig(dir)
			if err != nil {
				return fmt.Errorf("%w; prepare the folder with: counterfoil hub init", err)
			}
			if config.Authority {
				return env.serveWithAuthority(cmd.Context(), dir, plan, logger)
			}
			config.Logger = logger
			if config.Tracing, err = env.tracing(cmd.Context()); err != nil {
				return err
			}
			hub, err := backbone.StartHub(cmd.Context(), config)
			if err != nil {
				return err
			}
			env.Advise("hub is ready, server %s", config.Name)
			<-cmd.Context().Done()
			return hub.Close()
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the server (required)")
	cmd.Flags().StringVar(&plan, "plan", "", "file that says which agencies there are and who shares what; founds the directory")
	addLogFlag(cmd, &logLevel)
	require(cmd, "dir")
	return cmd
}

// serveWithAuthority runs a server of the hub and the coordinating authority's node, until ctx ends.
func (env *Env) serveWithAuthority(ctx context.Context, dir, plan string, logger *slog.Logger) error {
	folder := lab.Folder(filepath.Dir(filepath.Clean(dir)))
	if plan == "" {
		return usage("say which agencies found the directory: --plan FILE; deploy/example/plan.yaml is one")
	}
	read, err := lab.ReadPlan(plan)
	if err != nil {
		return usage("%v", err)
	}
	tracing, err := env.tracing(ctx)
	if err != nil {
		return err
	}
	hub, err := lab.StartHub(ctx, lab.HubOptions{Folder: folder, Dir: dir, Plan: read, Logger: logger, Version: version(), Tracing: tracing})
	if err != nil {
		return err
	}
	go func() {
		<-hub.Ready()
		env.Advise("hub is ready, with the coordinating authority")
	}()
	return errors.Join(hub.Run(ctx), hub.Close())
}
