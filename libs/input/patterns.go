package input

// form is what a pattern of the contract asks for, in words, and one text that it takes; no example where people would copy it, as of a secret.
type form struct{ words, example string }

// forms are the patterns of the contract. That of a field which may be left out, ^(…)?$, is here as ^…$.
var forms = map[string]form{
	// Records and who has them.
	`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._-]{1,100}$`:                              {"an id that begins with the agency that recorded it", "licensing/L-2026-000001"},
	`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._#-]{1,100}$`:                             {"the id of a record, which begins with the agency that recorded it", "customs/D-26XA1#1"},
	`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._-]{1,100}#[0-9]{1,10}#2(#[0-9]{1,10})?$`: {"the id of an entry in the book of a licence", "customs/26XA1#1#2"},
	`^[a-z0-9-]+/[a-z0-9-]+$`:                                                   {"a journal, which is an agency and a group", "licensing/border"},
	`^[a-z][a-z0-9-]{1,31}$`:                                                    {"a name of 2 to 32 small letters, digits and -", "customs"},
	`^[a-z][a-z0-9-]*$`:                                                         {"an agency, in small letters, digits and -", "customs"},
	`^[a-z][a-z0-9-]{1,31}( for [a-z][a-z0-9-]{1,31})?$`:                        {"an agency, or an agency that answers for another", "ministry for customs"},
	`^[a-z-]*$`:                         {"a marking in small letters and -", "restricted"},
	`^[A-Za-z0-9._-]{1,64}$`:            {"letters, digits and . _ - without blanks, at most 64", "26XA0000000001"},
	`^[A-Za-z0-9./_-]*$`:                {"letters, digits and . / _ - without blanks", "SH-2026/17"},
	`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`: {"the name of a calendar, in letters, digits and . _ -, at most 64", "XA"},
	`^[A-Z0-9]{1,8}$`:                   {"a licensing system by its 1 to 8 capital letters and digits", "SPIRE"},
	`^[0-9a-f]{4,12}$`:                  {"the row's own 4 to 12 digits of 0 to 9 and a to f", "3fa2"},
	`^[0-9a-f]{0,4}$`:                   {"at most 4 digits of 0 to 9 and a to f", "3f"},
	`^[0-9a-f]{64}$`:                    {"a SHA-256 in 64 digits of 0 to 9 and a to f", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},

	// Places, moments, amounts.
	`^[A-Z]{2}$`:                      {"a country by its two capital letters", "XA"},
	`^[A-Z]{3}$`:                      {"a currency by its three capital letters", "EUR"},
	`^[A-Z0-9]{2,3}$`:                 {"a unit by its code of UN/ECE Recommendation 20", "H87"},
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`:    {"a date, as year-month-day", "2026-03-01"},
	`^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$`: {"a month or a date, as year-month-day", "2026-03"},
	`^[0-9]{4}$`:                      {"a year", "2022"},
	`^([0-9]{2}-([0-9]{2}|last)|[+][0-9]{1,3}[dmy])$`: {"a day of the year, the last of a month (02-last), or how long after the step before (+30d)", "05-31"},
	`^[0-9]{6}([0-9]{2,6})?$`:                         {"a code of the Harmonized System: 6 digits, or 8 to 12", "930200"},

	// What is said of a case.
	`^RF[0-9]{2}$`:                         {"the number of an indicator", "RF01"},
	`^DX[0-9]{2}$`:                         {"the code of a discrepancy", "DX03"},
	`^U[0-9]{1,2}$`:                        {"the number of an undertaking", "U1"},
	`^[1-6]?$`:                             {"how credible it is, from 1 to 6", "2"},
	`^[A-F]?$`:                             {"how reliable its source is, from A to F", "B"},
	`^[A-Z][0-9]{1,2}(\.[0-9]{1,2}){0,2}$`: {"the number of a question", "B2.1"},
	`^[a-z0-9-]+:.+$`:                      {"an identifier after its kind and a colon", "imo:9074729"},
	`^[a-z0-9-]+:.{1,60}$`:                 {"an identifier of at most 60 letters after its kind and a colon", "imo:9074729"},
	`^[a-z][a-z0-9_]{0,39}$`:               {"the name of a parameter, in small letters, digits and _", "calibre_mm"},
	`^[a-z][a-z0-9_]{1,59}$`:               {"a kind of document, in small letters, digits and _", "end_user_certificate"},
	`^[a-z][a-z0-9_]{1,63}$`:               {"a kind, in small letters, digits and _", "delivery_verification"},
	`^[A-Za-z][A-Za-z0-9_.]*$`:             {"a kind of event", "LicenceSuspended"},
	`^[A-Z][A-Za-z]{1,40}$`:                {"a call of the API by its name alone", "SuspendLicence"},
	`^[a-z_]+$`:                            {"an attribute, in small letters and _", "licence_id"},
	`^[a-z_]*$`:                            {"an attribute, in small letters and _", "licence_id"},
	`^[a-z]+$`:                             {"what links them, in small letters", "party"},
	`^M[1-5]( M[1-5]){0,4}$`:               {"one to five of M1 to M5, with a blank between", "M1 M3"},
	`^[A-Za-z][A-Za-z0-9-]{0,39}$`:         {"a name of letters, digits and -, at most 40", "XA-reports"},
	`^[a-z][a-z0-9-]{0,39}$`:               {"a table of the report, in small letters, digits and -", "exports"},
	`^[a-z][a-z0-9-]{1,39}$`:               {"a name of 2 to 40 small letters, digits and -", "annual"},
	`^[a-z][a-z0-9-]{1,47}$`:               {"a name of 2 to 48 small letters, digits and -", "consult-neighbours"},
	`^[a-z][a-z0-9-]{1,63}$`:               {"a name of 2 to 64 small letters, digits and -", "delivery-return"},

	// Keys.
	`^U[A-Z2-7]{55}$`:                    {"the public key of a NATS user, which is U and 55 capital letters and digits", ""},
	`^age1[a-z0-9]{20,200}$`:             {"a recipient of age, which begins with age1", ""},
	`^whsec_[A-Za-z0-9+/]{32,88}={0,2}$`: {"whsec_ and the base64 of 24 to 64 random bytes", ""},
}
