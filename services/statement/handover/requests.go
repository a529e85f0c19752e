package handover

import (
	"fmt"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// inform finds requests from the public that this agency has not answered.
func inform(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.PublicRequestsWith("open", "true")
	if err != nil {
		return nil, fmt.Errorf("read open requests from the public: %w", err)
	}
	for _, r := range rows {
		if view.Owns(r.GetId()) {
			open = append(open, &directoryv1.Duty{Subject: r.GetId(), What: "answer-request", Since: r.GetAt(), Due: r.GetOpened().GetDue()})
		}
	}
	return open, nil
}
