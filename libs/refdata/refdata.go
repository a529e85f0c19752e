// Package refdata is the reference data that records are read against: countries and the names that published registers
// give them, control-list ratings and what they are in the Treaty's eyes, HS codes, units, currencies, identifiers and the
// code lists of diversion, customs and tracing. Tables are facts of the standards, kept beside the code that reads them; the
// standards' own files are the oracle of the tests. All functions may be called from several goroutines.
package refdata
