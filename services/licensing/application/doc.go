// Package application is what becomes of an application before it is decided: it is stated anew, classified, given papers,
// and routed to those who decide its lines. All of it is pure functions of a ledger view and a command.
package application
