package main

import (
	"strings"
	"time"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// parseEmbargo reads COUNTRY:FROM[:UNTIL][:CATEGORIES], or ID@DATE of one on record. Categories are joined by commas, as policies
// name them (viii, ammunition) or as they are listed.
func parseEmbargo(text string) (*queryv1.WhatIfEmbargo, error) {
	if id, day, moved := strings.Cut(text, "@"); moved {
		if !strings.Contains(id, "/") || !isDate(day) {
			return nil, usage("--embargo %s is not ID@DATE, such as licensing/E-2026-000001@2025-09-01", text)
		}
		return &queryv1.WhatIfEmbargo{EmbargoId: id, From: day}, nil
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 4 || len(parts[0]) != 2 || !isDate(parts[1]) {
		return nil, usage("--embargo %s is not COUNTRY:FROM[:UNTIL][:CATEGORIES], such as XB:2025-03-01 or XB:2025-03-01:2025-12-31:viii", text)
	}
	e := &queryv1.WhatIfEmbargo{Country: strings.ToUpper(parts[0]), From: parts[1]}
	rest := parts[2:]
	if len(rest) > 0 && (rest[0] == "" || isDate(rest[0])) {
		e.Until, rest = rest[0], rest[1:]
	}
	switch len(rest) {
	case 0:
		return e, nil
	case 1:
		var err error
		e.Categories, err = parseCategories(rest[0])
		return e, err
	}
	return nil, usage("--embargo %s: %s is no last day; write yyyy-mm-dd", text, rest[0])
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// parseCategories reads categories of the Treaty, joined by commas.
func parseCategories(text string) (all []transferv1.Category, err error) {
	for word := range strings.SplitSeq(strings.ToLower(text), ",") {
		found := transferv1.Category_CATEGORY_UNSPECIFIED
		for number, name := range transferv1.Category_name {
			name = strings.ToLower(strings.TrimPrefix(name, "CATEGORY_"))
			short, _, _ := strings.Cut(name, "_")
			if short == "article" { // article_3_ammunition
				short = name[strings.LastIndexByte(name, '_')+1:]
			}
			if number != 0 && (word == name || word == short) {
				found = transferv1.Category(number)
			}
		}
		if found == 0 {
			return nil, usage("there is no category %q; write i to viii, ammunition or parts", word)
		}
		all = append(all, found)
	}
	return all, nil
}

// parseCriterion reads CRITERION=LEVEL[:unmitigated] or CRITERION=ignored.
func parseCriterion(text string) (*queryv1.WhatIfCriterion, error) {
	criterion, level, found := strings.Cut(text, "=")
	level, how, also := strings.Cut(level, ":")
	c := &queryv1.WhatIfCriterion{Criterion: criterion, Unmitigated: also}
	if !found || criterion == "" || also && how != "unmitigated" {
		return nil, usage("--criterion %s is not CRITERION=LEVEL, such as 7(4)=high, 7(4)=high:unmitigated or 11=ignored", text)
	}
	n, known := licensingv1.Level_value["LEVEL_"+strings.ToUpper(level)]
	switch {
	case level == "ignored" && !also:
		return c, nil
	case !known || licensingv1.Level(n) <= licensingv1.Level_LEVEL_NONE:
		return nil, usage("--criterion %s: a criterion is overriding from low, medium, high or overriding on, or ignored", text)
	}
	c.OverridingFrom = licensingv1.Level(n)
	return c, nil
}
