// Package reassessment is how licences are looked at again on new information (ATT Article 7(7)): pure functions of a
// ledger view and what happened.
package reassessment
