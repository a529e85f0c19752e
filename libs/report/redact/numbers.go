package redact

import "strings"

// separators may stand between the digits of one number: for thousands, or before the decimals.
const separators = ",.٬٫'’ \u00a0\u2009\u202f_"

// numbersIn are all numbers that the digits in a text can be read as.
func numbersIn(text string) (list []number) {
	var run []string // groups of digits with one separator between each two
	end := func() {
		list = append(list, readings(run)...)
		run = nil
	}
	var group strings.Builder
	gap := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if gap > 1 {
				end()
			}
			gap = 0
			group.WriteRune(r)
			continue
		case group.Len() > 0:
			run = append(run, group.String())
			group.Reset()
		}
		if gap++; !strings.ContainsRune(separators, r) {
			end()
		}
	}
	if group.Len() > 0 {
		run = append(run, group.String())
	}
	end()
	return list
}

// readings are the numbers that neighbouring groups of digits can be together: the first has any number of digits where it stands
// alone, and up to three before others; those after it have two or three; and the last may be decimals.
func readings(groups []string) (list []number) {
	for i := range groups {
		whole := groups[i]
		list = append(list, numberOf(whole, ""))
		grouped := len(whole) <= 3
		for _, next := range groups[i+1:] {
			list = append(list, numberOf(whole, next))
			if !grouped || len(next) != 2 && len(next) != 3 {
				break
			}
			whole += next
			list = append(list, numberOf(whole, ""))
		}
	}
	return list
}
