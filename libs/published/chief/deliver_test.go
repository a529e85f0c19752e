package chief_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
)

func TestDeliver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "reply")
	for _, tt := range []struct {
		data    string
		written bool
		err     error
	}{{"one", true, nil}, {"one", false, nil}, {"two", false, fault.Conflict}} {
		written, err := chief.Deliver(dir, "reply", []byte(tt.data))
		if written != tt.written || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, %v", tt.data, written, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != "one" {
			t.Errorf("%s: there is %q, %v", tt.data, data, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("in the folder are %v, %v", entries, err)
	}
	for _, name := range []string{"", ".", "..", "../reply", "a/b", ".hidden"} {
		if _, err := chief.Deliver(dir, name, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("delivered as %q: %v", name, err)
		}
	}
	if _, err := chief.Deliver(filepath.Join(dir, "not there"), "reply", nil); err == nil {
		t.Error("delivered to a folder that is not there")
	}
}
