// Package reconciliation holds figures against each other that should agree: what was authorized against what moved, what customs
// wrote off against what licensing has, and own figures against those that others published. What differs becomes a task with an
// owner; no figure is changed by it. Its functions are pure: a ledger view and a command in; facts, nothing, or a refusal out.
package reconciliation
