package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A flag wins over the environment, that over the file, that over the default; bad input is named by where it stands.
func TestSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "node.conf")
	tests := map[string]struct {
		args        []string
		environment map[string]string
		file        string
		want        string
		wantErr     string
	}{
		"default":             {want: "warn"},
		"file":                {file: "# a comment\n\nlog-level = error\n", want: "error"},
		"environment":         {environment: map[string]string{"COUNTERFOIL_LOG_LEVEL": "info"}, file: "log-level = error\n", want: "info"},
		"flag":                {args: []string{"--log-level", "debug"}, environment: map[string]string{"COUNTERFOIL_LOG_LEVEL": "info"}, file: "log-level = error\n", want: "debug"},
		"unknown name":        {file: "log-level = error\nloglevel = x\n", wantErr: "line 2"},
		"no value":            {file: "log-level\n", wantErr: "line 1"},
		"file that is not":    {args: []string{"--config", file + ".none"}, wantErr: "read the settings"},
		"bad in the file":     {file: "number = x\n", wantErr: "line 1"},
		"bad in environment":  {environment: map[string]string{"COUNTERFOIL_NUMBER": "x"}, wantErr: "COUNTERFOIL_NUMBER"},
		"good in environment": {environment: map[string]string{"COUNTERFOIL_NUMBER": "7"}, want: "warn"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := &Env{Getenv: func(name string) string { return tt.environment[name] }}
			var level string
			cmd := &cobra.Command{Use: "serve", SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error { return nil }}
			cmd.Flags().StringVar(&level, "log-level", "warn", "")
			cmd.Flags().Int("number", 0, "")
			if tt.file != "" {
				if err := os.WriteFile(file, []byte(tt.file), 0o600); err != nil {
					t.Fatal(err)
				}
				tt.args = append(tt.args, "--config", file)
			}
			cmd.SetArgs(tt.args)
			err := env.settled(cmd).Execute()
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v; want one that names %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || level != tt.want {
				t.Errorf("log level %q, %v; want %q", level, err, tt.want)
			}
		})
	}
}
