package main

import (
	"regexp"
	"strconv"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// whichUsage says how a report is named on the command line.
const whichUsage = "a report is named by its name and year, such as att-annual/2025, as its facts stand now; or by the id of one on record,\n" +
	"such as reporting/att-annual-2025.1, of which the last draft is meant, or reporting/att-annual-2025.1#2, its draft 2"

var (
	reportNamed = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	reportLive  = regexp.MustCompile(`^([a-z][a-z0-9-]{1,39})/([0-9]{4})$`)
	reportOnID  = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._-]{1,100}$`)
)

// The years that there can be a report of.
const firstYear, lastYear = 1990, 2200

// parseWhich reads which report is meant, as whichUsage has it. year is that of --year, 0 without one: it belongs to a name alone.
func parseWhich(text string, year uint32) (*reportingv1.Which, error) {
	if live := reportLive.FindStringSubmatch(text); live != nil {
		n, err := strconv.ParseUint(live[2], 10, 32)
		switch {
		case err != nil || n < firstYear || n > lastYear:
			return nil, usage("there is no report of the year %s", live[2])
		case year != 0 && year != uint32(n):
			return nil, usage("%s is of another year than --year %d; give one of them", text, year)
		}
		return &reportingv1.Which{Report: live[1], Year: uint32(n)}, nil
	}
	if reportNamed.MatchString(text) {
		if year < firstYear || year > lastYear {
			return nil, usage("say of which year: %s/2025, or --year 2025", text)
		}
		return &reportingv1.Which{Report: text, Year: year}, nil
	}
	id, number, hasDraft := strings.Cut(text, "#")
	if !reportOnID.MatchString(id) || reportLive.MatchString(id) {
		return nil, usage("%q names no report: %s", text, strings.ReplaceAll(whichUsage, "\n", " "))
	}
	if year != 0 {
		return nil, usage("%s is of the year in its id; leave --year %d out", text, year)
	}
	which := &reportingv1.Which{ReportId: id}
	if hasDraft {
		draft, err := strconv.ParseUint(number, 10, 32)
		if err != nil || draft == 0 || strings.HasPrefix(number, "0") {
			return nil, usage("%q names no draft: they are numbered from 1, such as %s#2", text, id)
		}
		which.Draft = uint32(draft)
	}
	return which, nil
}

// audiences are whom an edition can be for, as flags name them.
var audiences = []string{"public", "states_parties", "internal"}

func parseAudience(text string) (reportingv1.Audience, error) {
	value, err := parseEnum("audience", text, reportingv1.Audience_AUDIENCE_UNSPECIFIED)
	return reportingv1.Audience(value), err
}
