// Package duty is what every agency may be asked for: to acknowledge an alert, and to contribute to a report. The
// answer is recorded in the answering agency's own journal.
package duty
