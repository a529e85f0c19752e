package annual

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/report"
)

// stepDue is the last second of the day of a step of the procedure; nil where it has none.
func stepDue(spec report.Spec, step string) *timestamppb.Timestamp {
	for _, s := range spec.Terms.GetSteps() {
		if s.GetStep() != step {
			continue
		}
		month, day, _ := strings.Cut(s.GetDay(), "-")
		at, err := time.Parse("1", strings.TrimPrefix(month, "0"))
		if err != nil {
			return nil
		}
		last := time.Date(spec.Year+1, at.Month()+1, 0, 23, 59, 59, 0, time.UTC)
		if day != "last" {
			d, err := time.Parse("2006-01-02", last.Format("2006-01-")+day)
			if err != nil {
				return nil
			}
			last = d.Add(24*time.Hour - time.Second)
		}
		return timestamppb.New(last)
	}
	return nil
}
