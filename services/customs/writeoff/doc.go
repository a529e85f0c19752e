// Package writeoff keeps what is written off against a licence within what the licence allows (docs/border.md): per line,
// what is reserved, used and lent to posts never exceeds what is authorized with its tolerance, in quantity and in value
// separately. Every figure is a sum of entries; a tally of the ledger has the sums ready. Where a line does not limit its
// quantity (or its value), none is counted. Entries are in the unit of the line; a declaration keeps what was declared.
//
// One agency counts a licence (Counter). Whoever else writes off does so from what the counter lent it, and nobody's word but
// its own makes anything available: a post that has stopped using a part gives it back, and the counter has it when it
// receives that.
package writeoff
