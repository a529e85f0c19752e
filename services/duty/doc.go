// Package duty is what every agency may be asked for: to acknowledge an alert, to contribute to a report, and to give its
// opinion on a case, with the conditions that it asks for. The answer is recorded in the answering agency's own journal.
package duty
