// Package declaration is what customs decides on a declaration: pure functions of a ledger view and a command. Each
// returns the facts to record, nothing when there is nothing to record, or a refusal with a discrepancy code where
// there is one. Commands are expected to have passed the checks written in their .proto.
package declaration
