// Package delivery is what any agency that records decides on goods after they left: it asks for proof that they arrived,
// compares the proof with what was written off and declared, keeps to the period, and looks at the goods where they are
// (docs/border.md). Its functions are pure: a ledger view and a command or an event; facts, nothing, or a refusal.
// What changes a delivery or a check is recorded in the row's own journal.
package delivery
