package refdata_test

import (
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

// kind is a scheme with a check digit, read from its standard a second time.
type kind struct {
	body  string // regular expression of what comes before the check digits
	check func(body string) string
	// missed says that a change of one digit, or of two neighbours that changed places, keeps the check digits right. at is the first
	// place that changed.
	missed func(was, is string, at int) bool
}

var kinds = map[string]kind{
	"lei": {`[A-Z0-9]{18}`, leiDigits, func(was, is string, at int) bool {
		pairs := was[at:min(at+2, len(was))] + "=" + is[at:min(at+2, len(is))]
		return strings.Contains(" B1=1B 1B=B1 M2=2M 2M=M2 X3=3X 3X=X3 ", " "+pairs+" ")
	}},
	"imo": {`[0-9]{6}`, shipDigit, func(was, is string, at int) bool {
		by := int(is[at]) - int(was[at])
		return is[at+1:] == was[at+1:] && ((at == 1 || at == 3 || at == 5) && by%5 == 0 || at == 2 && by%2 == 0)
	}},
	"imo-company": {`[0-9]{6}`, companyDigit, func(was, is string, at int) bool {
		if last := was[5:]; at == 5 && is[6:] != was[6:] {
			return companyRemainder(was) == 0 && last == "31" || companyRemainder(is) == 0 && last == "13" ||
				companyRemainder(was) == 1 && last == "20" || companyRemainder(is) == 1 && last == "02"
		}
		return at < 6 && pairOf(companyRemainder(was), companyRemainder(is)) == "0 10"
	}},
	"container": {`[A-Z]{3}[UJZR][0-9]{6}`, func(body string) string { return strconv.Itoa(remainder(body) % 10) }, missedBy11("30")},
	"mrn":       {`[0-9]{2}(DE|XA)[A-Z0-9]{13}`, func(body string) string { return strconv.Itoa(remainder(body) % 10) }, missedBy11("10")},
	"awb": {`[0-9]{10}`, func(body string) string {
		n, _ := new(big.Int).SetString(body[3:], 10)
		return n.Mod(n, big.NewInt(7)).String()
	}, func(was, is string, at int) bool {
		if by := int(was[at]) - int(is[at]); at != 2 || is[3] == was[3] {
			return at < 3 || at < 10 && (by == 7 || by == -7) && (at < 9 || is[10] == was[10])
		}
		return was[3]-'0' == is[3]-'0'+7 || is[3]-'0' == was[3]-'0'+7
	}},
}

func leiDigits(body string) string {
	var digits strings.Builder
	for _, c := range body + "00" {
		n, _ := strconv.ParseInt(string(c), 36, 64)
		fmt.Fprint(&digits, n)
	}
	n, _ := new(big.Int).SetString(digits.String(), 10)
	return fmt.Sprintf("%02d", 98-n.Mod(n, big.NewInt(97)).Int64())
}

func digit(s string, at int) int { return int(s[at] - '0') }

func shipDigit(s string) string {
	sum := strconv.Itoa(digit(s, 0)*7 + digit(s, 1)*6 + digit(s, 2)*5 + digit(s, 3)*4 + digit(s, 4)*3 + digit(s, 5)*2)
	return sum[len(sum)-1:]
}

func companyRemainder(s string) int {
	return (digit(s, 0)*8 + digit(s, 1)*6 + digit(s, 2)*4 + digit(s, 3)*2 + digit(s, 4)*9 + digit(s, 5)*7) % 11
}

func companyDigit(s string) string {
	return strconv.Itoa(map[int]int{0: 1, 1: 0, 2: 9, 3: 8, 4: 7, 5: 6, 6: 5, 7: 4, 8: 3, 9: 2, 10: 1}[companyRemainder(s)])
}

var letterValues = map[byte]int{'A': 10, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16, 'G': 17, 'H': 18, 'I': 19, 'J': 20, 'K': 21, 'L': 23, 'M': 24,
	'N': 25, 'O': 26, 'P': 27, 'Q': 28, 'R': 29, 'S': 30, 'T': 31, 'U': 32, 'V': 34, 'W': 35, 'X': 36, 'Y': 37, 'Z': 38}

// remainder is that of 11 in ISO 6346.
func remainder(body string) int {
	sum, power := 0, 1
	for i := range len(body) {
		v, letter := letterValues[body[i]]
		if !letter {
			v = digit(body, i)
		}
		sum, power = sum+v*power, power*2
	}
	return sum % 11
}

func pairOf(a, b int) string { return fmt.Sprint(min(a, b), " ", max(a, b)) }

// missedBy11 is what ISO 6346 misses: remainders 0 and 10, which are written alike; values that are equal modulo 11; and two
// digits in the last two places.
func missedBy11(lastTwo string) func(was, is string, at int) bool {
	return func(was, is string, at int) bool {
		n := len(was) - 1
		a, b := remainder(was[:n]), remainder(is[:n])
		if at == n-1 && is[n] != was[n] {
			return a == 10 && was[n-1:] == lastTwo || b == 10 && is[n-1:] == lastTwo
		}
		return at < n && (a == b || pairOf(a, b) == "0 10")
	}
}

// slip draws a valid number and changes a digit, or lets two neighbours change places, and holds what passes against what is
// said to be missed.
func slip(t *rapid.T, scheme string, passes func(scheme, value string) bool) error {
	k := kinds[scheme]
	body := rapid.StringMatching(k.body).Draw(t, "body")
	was := body + k.check(body)
	if !passes(scheme, was) {
		return fmt.Errorf("%s %s does not pass", scheme, was)
	}
	is := []byte(was)
	at := rapid.IntRange(0, len(was)-2).Draw(t, "at")
	if rapid.Bool().Draw(t, "neighbours") {
		is[at], is[at+1] = is[at+1], is[at]
	} else if at = rapid.IntRange(0, len(was)-1).Draw(t, "digit at"); was[at] <= '9' {
		is[at] = '0' + (is[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
	}
	changed := string(is)
	if f, _ := refdata.CheckIdentifier(scheme, changed); changed == was || f.Wrong == refdata.WrongForm || f.Wrong == refdata.NotListed {
		return nil
	}
	if got, want := passes(scheme, changed), k.missed(was, changed, at); got != want {
		return fmt.Errorf("%s %s, changed to %s: passes is %v", scheme, was, changed, got)
	}
	return nil
}

func passes(scheme, value string) bool {
	f, _ := refdata.CheckIdentifier(scheme, value)
	return f.Wrong == ""
}

// A slip is noticed but for those that CheckIdentifier lists, and those are not.
func TestSlipsAreNoticed(t *testing.T) {
	for scheme := range kinds {
		t.Run(scheme, rapid.MakeCheck(func(t *rapid.T) {
			if err := slip(t, scheme, passes); err != nil {
				t.Error(err)
			}
		}))
	}
}

// The property rejects checks that forgive.
func TestSlipsAreNoticedCatchesMutants(t *testing.T) {
	mutants := map[string]func(scheme, value string) bool{
		"neighbours in any order": func(scheme, value string) bool {
			for i := range len(value) - 1 {
				other := []byte(value)
				other[i], other[i+1] = other[i+1], other[i]
				if passes(scheme, string(other)) {
					return true
				}
			}
			return passes(scheme, value)
		},
		"a digit that does not count": func(scheme, value string) bool {
			for d := '0'; d <= '9'; d++ {
				if passes(scheme, value[:5]+string(d)+value[6:]) {
					return true
				}
			}
			return false
		},
	}
	for scheme := range kinds {
		for name, mutant := range mutants {
			slips := rapid.Custom(func(t *rapid.T) bool { return slip(t, scheme, mutant) != nil })
			caught := false
			for seed := 0; seed < 2000 && !caught; seed++ {
				caught = slips.Example(seed)
			}
			if !caught {
				t.Errorf("%s, %s: not noticed", scheme, name)
			}
		}
	}
}

// Numbers of ships and shipping companies on a published list: most pass, and some that do not are on record all the same.
func TestNumbersOnRecord(t *testing.T) {
	text, err := os.ReadFile(publishedtest.Data(t, "watchlists-2018-2019", "us", "sdn.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for scheme, says := range map[string]string{"imo": "Vessel Registration Identification", "imo-company": "Company Number"} {
		seen := map[string]refdata.Finding{}
		for _, m := range regexp.MustCompile(says+` (IMO [0-9]+)`).FindAllStringSubmatch(string(text), -1) {
			seen[m[1]], _ = refdata.CheckIdentifier(scheme, m[1])
		}
		var wrong []string
		for _, f := range seen {
			if f.Wrong != "" {
				wrong = append(wrong, f.Sentence)
			}
		}
		if len(seen) < 20 || len(wrong)*20 > len(seen) {
			t.Errorf("%s: %d of %d do not pass: %s", scheme, len(wrong), len(seen), strings.Join(wrong, "\n"))
		}
		t.Logf("%s: %d of %d do not pass: %s", scheme, len(wrong), len(seen), strings.Join(wrong, "\n"))
	}
}
