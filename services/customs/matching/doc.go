// Package matching compares a declaration with the licence that it is made under (docs/border.md): pure functions of a ledger
// view, a declaration and a moment. It finds, and decides nothing: whether goods go on is for the rules of declaration and release.
package matching
