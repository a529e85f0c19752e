// Package declaration is what customs decides on a declaration, from lodging to the last confirmation, and on its discrepancies: pure
// functions of a ledger view and a command. Each returns the facts to record, nothing when there is nothing to record, or a refusal
// with a discrepancy code where there is one (docs/border.md). Commands are expected to have passed the checks written in their
// .proto.
//
//	lodged ─► accepted ─► released ─► exited ─► arrived
//	             │  ▲         │
//	             ▼  │         │           an import arrives without exit
//	            held ◄────────┘
package declaration
