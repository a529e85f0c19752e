// Package annual is the life of a report, from what is said of its rows to what is handed over: drafts that go on record, who has to
// approve them, what is frozen and revised, and how two of them differ. Its rules are pure functions of a ledger view, a draft that was
// worked out, and a command.
package annual
