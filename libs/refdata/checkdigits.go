package refdata

import (
	"fmt"
	"strconv"
	"strings"
)

// leiCheck is MOD 97-10 of ISO/IEC 7064 over the first 18 characters, A to Z read as 10 to 35.
func leiCheck(bare string) string {
	r := 0
	for _, c := range []byte(bare[:18] + "00") {
		if c >= 'A' {
			r = (r*100 + int(c-'A') + 10) % 97
		} else {
			r = (r*10 + int(c-'0')) % 97
		}
	}
	return fmt.Sprintf("%02d", 98-r)
}

// weighted is the sum of the digits, each times its weight.
func weighted(bare string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * int(bare[i]-'0')
	}
	return sum
}

func shipCheck(bare string) string { return strconv.Itoa(weighted(bare, 7, 6, 5, 4, 3, 2) % 10) }

func companyCheck(bare string) string {
	return strconv.Itoa((11 - weighted(bare, 8, 6, 4, 2, 9, 7)%11) % 10)
}

// containerValues has each character at its value in ISO 6346, which passes over the multiples of 11.
const containerValues = "0123456789A.BCDEFGHIJK.LMNOPQRSTU.VWXYZ"

// containerCheck is that of ISO 6346 over all characters but the last, which customs declarations use too.
func containerCheck(bare string) string {
	sum := 0
	for i := range len(bare) - 1 {
		sum += strings.IndexByte(containerValues, bare[i]) << i
	}
	return strconv.Itoa(sum % 11 % 10)
}

func waybillCheck(bare string) string {
	n, _ := strconv.Atoi(bare[3:10])
	return strconv.Itoa(n % 7)
}

// countryAt looks for the country whose two letters stand at a place.
func countryAt(at int) func(bare string) string {
	return func(bare string) string {
		code := bare[at : at+2]
		if ValidCountry(code) {
			return ""
		}
		if f, ok := FormerCountry(code); ok {
			return fmt.Sprintf("%s was %s, and ISO 3166 withdrew the code in %d; say which State it is now", code, f.Name, f.Withdrawn)
		}
		if code == "UK" {
			return "UK is reserved in ISO 3166-1 and assigned to nobody; write GB"
		}
		return code + " is no country of ISO 3166-1; read it again in the document"
	}
}

func chapter(bare string) string {
	if c := bare[:2]; c == "00" || c == "77" || c > "97" {
		return fmt.Sprintf("the Harmonized System has no chapter %s, its chapters are 01 to 97 without 77; read %s again in the document", c, bare)
	}
	return ""
}

func currency(bare string) string {
	if _, ok := CurrencyExponent(bare); !ok {
		return bare + " is no currency with amounts of ISO 4217; read it again in the document"
	}
	return ""
}
