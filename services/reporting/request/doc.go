// Package request is how the reporting agency asks others for their contribution to a report: a pure function of a
// ledger view and a command.
package request
