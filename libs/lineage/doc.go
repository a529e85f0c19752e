// Package lineage leads from a figure of a report to its signed events, and makes the file by which others recompute a report and
// check it against the journals without this program (docs/lineage.md).
package lineage
