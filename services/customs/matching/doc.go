// Package matching compares a declaration with the licence that it is made under (customs.md section 6): pure functions of a ledger
// view, a declaration and a moment. It finds, and decides nothing: whether goods go on is for the rules of declaration and release.
package matching
