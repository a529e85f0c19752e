// Package deploy holds what is in deploy/ against the linters of those who will read it, and against the program.
package deploy

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
)

// units is the folder of the unit files.
var units = filepath.Join("..", "..", "deploy", "systemd")

// exposed is the most that systemd-analyze may find a service exposed, in tenths of its points from 0 to 10. It calls 0 to 2
// safe or nearly so.
const exposed = "15"

func services(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(units, "*.service"))
	if err != nil || len(all) < 4 {
		t.Fatalf("services %v, %v", all, err)
	}
	return all
}

// directives returns the lines of a unit's section, in the order of their keys.
func directives(t *testing.T, path, section string) (all []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	options, err := unit.DeserializeOptions(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, o := range options {
		if o.Section == section {
			all = append(all, o.Name+"="+o.Value)
		}
	}
	slices.Sort(all)
	return all
}

func TestServicesAreConfined(t *testing.T) {
	for _, path := range services(t) {
		got := directives(t, path, "Service")
		for _, want := range []string{
			"User=counterfoil", "UMask=0077", "StateDirectory=counterfoil", "StateDirectoryMode=0700", "ProtectSystem=strict", "ProtectHome=yes",
			"PrivateTmp=yes", "PrivateDevices=yes", "PrivateUsers=yes", "ProtectClock=yes", "ProtectControlGroups=yes", "ProtectHostname=yes",
			"ProtectKernelLogs=yes", "ProtectKernelModules=yes", "ProtectKernelTunables=yes", "RestrictNamespaces=yes", "RestrictRealtime=yes",
			"RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
			"SystemCallArchitectures=native", "SystemCallFilter=@system-service", "NoExecPaths=/",
		} {
			if !slices.Contains(got, want) {
				t.Errorf("%s lacks %s", filepath.Base(path), want)
			}
		}
		for _, key := range []string{"MemoryMax=", "LimitNOFILE=", "Environment=GOMEMLIMIT="} {
			if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, key) }) {
				t.Errorf("%s lacks %s", filepath.Base(path), key)
			}
		}
	}
}

func TestServersComeBackAndEndCleanly(t *testing.T) {
	for _, path := range services(t) {
		got := directives(t, path, "Service")
		if slices.Contains(got, "Type=oneshot") {
			continue
		}
		for _, want := range []string{"Restart=on-failure", "RestartSec=5", "RestartPreventExitStatus=2", "TimeoutStopSec=60", "KillSignal=SIGTERM"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s lacks %s", filepath.Base(path), want)
			}
		}
	}
}

// systemdAnalyze runs the linter, or ends the test saying that it is not here.
func systemdAnalyze(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not here (apt-get install systemd): units were not linted")
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// newer are settings that systemd knows from version 254 on; an older one says that it ignores them.
var newer = []string{"RestartSteps", "RestartMaxDelaySec"}

func TestUnitsAreValid(t *testing.T) {
	// The linter looks whether the program is there: on this machine it is the test itself.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	all, err := filepath.Glob(filepath.Join(units, "*.*er*")) // .service and .timer
	if err != nil || len(all) < 5 {
		t.Fatalf("units %v, %v", all, err)
	}
	for _, path := range all {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.ReplaceAll(content, []byte("ExecStart=/usr/bin/counterfoil"), []byte("ExecStart="+self))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range all {
		instance := strings.Replace(filepath.Base(path), "@", "@customs", 1)
		for line := range strings.Lines(systemdAnalyze(t, "verify", filepath.Join(dir, instance))) {
			if !slices.ContainsFunc(newer, func(key string) bool { return strings.Contains(line, "Unknown key '"+key+"'") }) {
				t.Errorf("%s: %s", instance, line)
			}
		}
	}
}

func TestServicesAreHardlyExposed(t *testing.T) {
	for _, path := range services(t) {
		systemdAnalyze(t, "security", "--offline=yes", "--no-pager", "--threshold="+exposed, path)
	}
}

// A service that lost a good part of its confinement is found by the linter.
func TestExposedServiceIsFound(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not here (apt-get install systemd): units were not linted")
	}
	content, err := os.ReadFile(filepath.Join(units, "counterfoil@.service"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "open.service")
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte("CapabilityBoundingSet=\n"), nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold="+exposed, path).Run(); err == nil {
		t.Error("a service with every capability passes")
	}
}
