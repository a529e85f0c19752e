package metrics_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/metrics"
)

type node struct{ err error }

func (n node) Standing() (metrics.Standing, error) {
	return metrics.Standing{
		Version: "v1", Ready: true, Built: 1, Connected: true, ToSend: 3, LedgerBytes: 4096, Snapshots: 2, SnapshotBytes: 8192,
		Journals: []metrics.Journal{{Name: "licensing/border", Block: 4, Events: 12, Age: 90 * time.Second, Behind: 1, Parked: 2, Stopped: true}},
		Webhooks: metrics.Webhooks{On: 1, Off: 2, Troubled: 1, Delivered: 40, Left: 5, Parked: 6, Sent: 900, Failed: 3},
		Feed:     &metrics.Feed{Up: true, Published: 24, Sent: 4800, Read: 20, Failed: 1, Behind: 2, Kept: 9000, Users: 2, Connections: 1, Unread: 4, Dropped: 7},
	}, n.err
}

func scraped(t *testing.T, err error) string {
	t.Helper()
	m := metrics.New(node{err})
	m.Called("/counterfoil.query.v1.QueryService/Get", "ok", 3*time.Millisecond)
	m.Folded(12, time.Millisecond)
	m.Appended(3, time.Millisecond)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestNamesAreLinted(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scraped(t, nil))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "counterfoil_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestWhatIsTold(t *testing.T) {
	told := scraped(t, nil)
	for _, line := range []string{
		`counterfoil_build_info{version="v1"} 1`, "counterfoil_ready 1", `counterfoil_journal_events{journal="licensing/border"} 12`,
		`counterfoil_journal_age_seconds{journal="licensing/border"} 90`, `counterfoil_journal_stopped{journal="licensing/border"} 1`,
		"counterfoil_hub_to_send_blocks 3", "counterfoil_webhooks_in_trouble 1", "counterfoil_webhooks_delivered_total 40", "counterfoil_webhooks_failed_total 3",
		"counterfoil_feed_published_events_total 24", "counterfoil_feed_behind_events 2", "counterfoil_feed_connections 1", "counterfoil_feed_failures_total 1",
		"counterfoil_folded_events_total 12", "counterfoil_appended_blocks_total 1",
		`counterfoil_call_seconds_count{outcome="ok",procedure="/counterfoil.query.v1.QueryService/Get"} 1`,
	} {
		if !strings.Contains(told, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if labels := regexp.MustCompile(`(?m)^counterfoil_\w+\{[^}]*\}`).FindAllString(told, -1); len(labels) == 0 {
		t.Error("no labels")
	} else {
		for _, l := range labels {
			if left := regexp.MustCompile(`(version|journal|procedure|outcome|le)="[^"]*",?`).ReplaceAllString(l[strings.Index(l, "{"):], ""); left != "{}" {
				t.Errorf("%s has another label than journal, procedure and outcome", l)
			}
		}
	}
	for _, line := range []string{`counterfoil_journal_events{journal="licensing/border"} 12`, "counterfoil_feed_up 1", "counterfoil_fold_seconds_count 1"} {
		if !strings.Contains(scraped(t, errors.New("the webhooks cannot be read")), line+"\n") {
			t.Errorf("no line %s when something else could not be found out", line)
		}
	}
}

var named = regexp.MustCompile(`counterfoil_\w+`)

const (
	dashboardFile = "../../deploy/grafana/counterfoil.json"
	rulesFile     = "../../deploy/prometheus/rules.yaml"
)

func content(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What a dashboard or a rule asks for is something that a node tells.
func TestDashboardAndRulesNameWhatThereIs(t *testing.T) {
	told := scraped(t, nil)
	for _, path := range []string{dashboardFile, rulesFile} {
		names := named.FindAllString(string(content(t, path)), -1)
		if len(names) == 0 {
			t.Errorf("%s names no metric", path)
		}
		for _, name := range names {
			if !strings.Contains(told, "\n"+name+" ") && !strings.Contains(told, "\n"+name+"{") {
				t.Errorf("%s names %s, which no node tells", path, name)
			}
		}
	}
}

func TestDashboardIsWhole(t *testing.T) {
	var dashboard struct {
		UID           string `json:"uid"`
		SchemaVersion int    `json:"schemaVersion"`
		Panels        []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content(t, dashboardFile), &dashboard); err != nil || dashboard.SchemaVersion < 36 || dashboard.UID == "" || len(dashboard.Panels) < 8 {
		t.Errorf("it is no dashboard: %v, %+v", err, dashboard)
	}
	for _, p := range dashboard.Panels {
		if p.Title == "" || len(p.Targets) == 0 || p.Targets[0].Expr == "" {
			t.Errorf("panel %q shows nothing", p.Title)
		}
	}
}

func TestRulesAreWhole(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For string
				Annotations      struct{ Summary, Next string }
			}
		}
	}
	if err := yaml.Unmarshal(content(t, rulesFile), &rules); err != nil || len(rules.Groups) != 1 || len(rules.Groups[0].Rules) == 0 {
		t.Fatalf("they are no rules: %v", err)
	}
	for _, r := range rules.Groups[0].Rules {
		if _, err := time.ParseDuration(r.For); r.Alert == "" || r.Expr == "" || err != nil || r.Annotations.Summary == "" || !strings.HasPrefix(r.Annotations.Next, "counterfoil ") {
			t.Errorf("rule %+v is not whole", r)
		}
	}
}
