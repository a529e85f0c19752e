// Package consultation is how the agency that decides asks others for their opinion, keeps the time, says what silence meant
// and counts the answers: pure functions of a ledger view and a command. Commands are expected to have passed the checks
// written in their .proto.
package consultation
