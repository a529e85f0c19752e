// Package wire decides what becomes of files of licence messages that customs exchanges with licensing systems in the format of
// libs/published/chief: pure functions of a ledger view, a command and a file. A file goes on record part by part: first that it
// came in, which takes its run number, then every transaction as an event of its own, accepted or rejected. Replies, and the files
// themselves, are made of these events alone.
package wire
