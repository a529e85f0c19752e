package reconciliation

// ReconcileBy is Reconcile with a rule of what differs, and Apart the rule that it has.
var (
	ReconcileBy = reconcile
	Apart       = apart
	Limit       = limit
	Plus        = plus
)
