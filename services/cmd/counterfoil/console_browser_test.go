package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What people see: each scenario in services/console/browser/scenarios plays in a real browser against a lab in which a story was told. Pictures
// of the pages are kept in the folder that COUNTERFOIL_SHOTS names.
func TestConsoleInABrowser(t *testing.T) {
	t.Parallel()
	browser, err := filepath.Abs("../../console/browser")
	if err != nil {
		t.Fatal(err)
	}
	chromium := browserTools(t, browser)
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "counterfoil", "lab", "--dir", dir, "--detach", "--story").CombinedOutput(); err != nil {
		t.Fatalf("start a lab: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "counterfoil", "lab", "stop", "--dir", dir).CombinedOutput(); err != nil {
			t.Errorf("stop the lab: %v\n%s", err, out)
		}
	})
	scenarios, err := filepath.Glob(filepath.Join(browser, "scenarios", "*.mjs"))
	if err != nil || len(scenarios) == 0 {
		t.Fatalf("%d scenarios, %v", len(scenarios), err)
	}
	for _, file := range scenarios {
		name := strings.TrimSuffix(filepath.Base(file), ".mjs")
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "node", "run.mjs", name)
			cmd.Dir = browser
			cmd.Env = append(os.Environ(), "LAB="+dir, "SHOTS="+os.Getenv("COUNTERFOIL_SHOTS"), "CHROMIUM="+chromium)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// browserTools returns the browser, with what drives it installed; the test is skipped, and says why, where there is none.
func browserTools(t *testing.T, folder string) (chromium string) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on this machine: the console is not looked at in a browser in this run", tool)
		}
	}
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} { // the first has no windows to keep
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		t.Skip("chromium is not on this machine: the console is not looked at in a browser in this run")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "playwright-core")); err == nil {
		return chromium
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("what drives the browser cannot be installed, and the console is not looked at in this run: %v\n%s", err, out)
	}
	return chromium
}
