// Package licence is how applications are taken and decided, and how licences are changed afterwards: pure functions
// of a ledger view and a command. Each returns the facts to record, nothing when there is nothing to record, or a
// refusal. Commands are expected to have passed the checks written in their .proto.
package licence
