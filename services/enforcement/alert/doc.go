// Package alert is the life of a diversion alert: suspected, perhaps corroborated, confirmed or refuted, closed. Pure
// functions of a ledger view and a command: each returns the facts to record, nothing when there is nothing to
// record, or a refusal. Commands are expected to have passed the checks written in their .proto.
package alert
