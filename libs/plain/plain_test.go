package plain_test

import (
	"os/exec"
	"testing"

	"github.com/counterfoil/counterfoil/libs/plain"
)

func TestParseDecimal(t *testing.T) {
	for _, tt := range []struct {
		text  string
		scale int
		want  int64
		ok    bool
	}{
		{"12", 3, 12_000, true}, {"12.5", 3, 12_500, true}, {"0.001", 3, 1, true}, {"0", 0, 0, true}, {"1200.50", 2, 120_050, true},
		{"9223372036854775.807", 3, 9223372036854775807, true}, {"9223372036854775.808", 3, 0, false},
		{"1.0001", 3, 0, false}, {"-1", 3, 0, false}, {"+1", 3, 0, false}, {"", 3, 0, false}, {".5", 3, 0, false}, {"1e3", 3, 0, false}, {"1,5", 3, 0, false},
	} {
		got, ok := plain.ParseDecimal(tt.text, tt.scale)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("ParseDecimal(%q, %d) = %d, %v; want %d, %v", tt.text, tt.scale, got, ok, tt.want, tt.ok)
		}
	}
}

// What is read is written the same again, but for zeros.
func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"12.5", "0", "1200.50", "", "1.", "007"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, text string, scale int) {
		if scale < 0 || scale > 9 {
			return
		}
		n, ok := plain.ParseDecimal(text, scale)
		if !ok {
			return
		}
		if again, ok := plain.ParseDecimal(plain.Decimal(n, scale), scale); !ok || again != n {
			t.Errorf("%q reads as %d, which is written %q", text, n, plain.Decimal(n, scale))
		}
	})
}

func TestWordIsReadBackByAShell(t *testing.T) {
	for _, word := range []string{"/srv/customs", "/srv/a node", "it's", "", "$HOME", "a;b", "*", "\n"} {
		out, err := exec.Command("sh", "-c", "printf %s "+plain.Word(word)+"x").Output()
		if err != nil || string(out) != word+"x" {
			t.Errorf("%q is read as %q: %v", word, out, err)
		}
	}
	if got := plain.Word("/srv/customs-1_b.d:c=d,e@f+g"); got != "/srv/customs-1_b.d:c=d,e@f+g" {
		t.Errorf("quoted without need: %s", got)
	}
}
