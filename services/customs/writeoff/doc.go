// Package writeoff keeps what is written off against a licence within what the licence allows: per line, what is
// reserved and used never exceeds what is authorized, in quantity and in value separately. Nothing is stored but the
// entries; every figure is their sum. Where a line does not limit its quantity (or its value), none is counted.
package writeoff
