// Package report is how a State's reports come of a ledger: which tables a report has, which fact counts in which row, and what an
// audience may read of it. Every row says what it is made of, down to the events; nothing in it is added up twice.
package report
