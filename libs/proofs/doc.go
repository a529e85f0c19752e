// Package proofs puts what a journal proves in forms that others check: files of this program, signed notes, proofs and tiles as C2SP
// describes them (docs/proofs.md). It checks them without a ledger.
package proofs
