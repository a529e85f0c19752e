// Package gate is the two gates before a decision: what Article 6 prohibits, and the risks of Articles 7 and 11. The first comes
// first, and nothing that the second finds is weighed against it. All of it is pure functions of a ledger view and a command.
package gate
