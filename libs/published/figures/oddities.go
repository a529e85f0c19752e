package figures

// Codes of what is odd about a figure; docs/reconciliation.md lists them.
const (
	// TotalRow stands beside category rows of the same pair, and is never added to them.
	TotalRow = "total-row"
	// NoValue states neither licences nor a value.
	NoValue         = "no-value"
	UnknownExporter = "unknown-exporter"
	UnknownImporter = "unknown-importer"
	// ScrapedTotal is the publisher's total over all exporters, which whoever copied the table took for a country.
	ScrapedTotal = "scraped-total"
	// TotalNotSum: the licensed value of a total is more than one unit of currency away from the sum over its categories.
	TotalNotSum = "total-not-sum"
	// TotalRounded: it is one unit away.
	TotalRounded = "total-rounded"
	// TotalAlone: no category of the pair states a licensed value.
	TotalAlone = "total-alone"
	// LicencesNotSum and ExportedNotSum: categories state some, and a total states another number than they come to.
	LicencesNotSum = "licences-not-sum"
	ExportedNotSum = "exported-not-sum"
	// NoTotalRow: the pair has categories and no total, while other pairs of the source do.
	NoTotalRow = "no-total-row"
	// ImplausibleCount is a number of licences that looks like a value: see Implausible.
	ImplausibleCount = "implausible-count"
	// DuplicatePair: the two States, year and category stand twice, under different names.
	DuplicatePair = "duplicate-pair"
	// NameVaries: the file has one of the two States under another name elsewhere.
	NameVaries = "name-varies"
	// LineBreak: a name is broken over lines.
	LineBreak = "line-break"
	// NoISOCode: the code that the file has for the country is of no three letters.
	NoISOCode = "no-iso-code"
	// WarAboveTotal: weapons of war are worth more than all that was licensed; the two may be of different things.
	WarAboveTotal = "war-above-total"
)

// Codes are all of them.
var Codes = []string{
	TotalRow, NoValue, UnknownExporter, UnknownImporter, ScrapedTotal, TotalNotSum, TotalRounded, TotalAlone, LicencesNotSum, ExportedNotSum,
	NoTotalRow, ImplausibleCount, DuplicatePair, NameVaries, LineBreak, NoISOCode, WarAboveTotal,
}

const (
	// alike is from how many licences on a count that equals the value is not taken for chance: single licences worth one euro exist.
	alike = 100
	// mostLicences is more than any State issued to one destination in a year.
	mostLicences = 10_000
)

// Implausible reports whether a number of licences looks like a value that slipped into its column: it is 100 or more and equals the
// licensed value, in whole units of currency, or it is above 10,000. Of the Union's figures for 2005 to 2010 that are four rows; the
// highest count of all others is 3,633.
func Implausible(licences uint64, licensedMinor *int64) bool {
	if licences > mostLicences {
		return true
	}
	return licences >= alike && licensedMinor != nil && uint64(*licensedMinor) == 100*licences
}
