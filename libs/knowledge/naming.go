package knowledge

import queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"

// naming is a table whose rows name rows of another, and by which attribute.
type naming struct {
	table     queryv1.Table
	attribute string
}

// namedBy says which rows belong to the dossier of a row: those of other tables that name it.
var namedBy = map[queryv1.Table][]naming{
	queryv1.Table_TABLE_APPLICATIONS: {
		{queryv1.Table_TABLE_PROHIBITION_CHECKS, "application"}, {queryv1.Table_TABLE_ASSESSMENTS, "application"}, {queryv1.Table_TABLE_CONSULTATIONS, "application"},
		{queryv1.Table_TABLE_CONDITIONS, "application"}, {queryv1.Table_TABLE_PROPOSALS, "application"}, {queryv1.Table_TABLE_UNDERCUTS, "application"},
		{queryv1.Table_TABLE_BLIND_CONCLUSIONS, "application"}, {queryv1.Table_TABLE_SCREENINGS, "subject"}, {queryv1.Table_TABLE_FINDINGS, "subject"},
		{queryv1.Table_TABLE_LICENCES, "application"}, {queryv1.Table_TABLE_DENIALS, "application"},
	},
	queryv1.Table_TABLE_CONSULTATIONS: {{queryv1.Table_TABLE_OPINIONS, "consultation"}, {queryv1.Table_TABLE_CONDITIONS, "consultation"}},
	queryv1.Table_TABLE_UNDERCUTS:     {{queryv1.Table_TABLE_UNDERCUT_REPLIES, "request"}},
	queryv1.Table_TABLE_LICENCES: {
		{queryv1.Table_TABLE_ALERTS, "licence"}, {queryv1.Table_TABLE_REASSESSMENTS, "licence"}, {queryv1.Table_TABLE_SCREENINGS, "subject"},
		{queryv1.Table_TABLE_FINDINGS, "subject"}, {queryv1.Table_TABLE_OBLIGATIONS, "subject"}, {queryv1.Table_TABLE_APPEALS, "decision"},
		{queryv1.Table_TABLE_DELIVERIES, "licence"}, {queryv1.Table_TABLE_POST_DELIVERY_CHECKS, "licence"},
		{queryv1.Table_TABLE_DECLARATIONS, "licence"}, {queryv1.Table_TABLE_WRITE_OFFS, "licence"},
	},
	queryv1.Table_TABLE_DENIALS: {{queryv1.Table_TABLE_APPEALS, "decision"}, {queryv1.Table_TABLE_UNDERCUTS, "decision"}},
	queryv1.Table_TABLE_DECLARATIONS: {
		{queryv1.Table_TABLE_ALERTS, "declaration"}, {queryv1.Table_TABLE_DISCREPANCIES, "declaration"}, {queryv1.Table_TABLE_DELIVERIES, "declaration"},
		{queryv1.Table_TABLE_WRITE_OFFS, "declaration"},
	},
	queryv1.Table_TABLE_DELIVERIES: {{queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS, "delivery"}, {queryv1.Table_TABLE_POST_DELIVERY_CHECKS, "delivery"}},
	queryv1.Table_TABLE_ALERTS: {
		{queryv1.Table_TABLE_ACKNOWLEDGEMENTS, "alert"}, {queryv1.Table_TABLE_ALERT_VIEWS, "alert"}, {queryv1.Table_TABLE_ALERT_ACTIONS, "alert"},
		{queryv1.Table_TABLE_TRACES, "alert"},
	},
	queryv1.Table_TABLE_TRACES: {{queryv1.Table_TABLE_TRACE_REPLIES, "trace"}, {queryv1.Table_TABLE_TRACE_HITS, "trace"}, {queryv1.Table_TABLE_SIGHTINGS, "trace"}},
}

// anyRecord are the tables whose rows may name a row of any table.
var anyRecord = []naming{{queryv1.Table_TABLE_SIGHTINGS, "record"}, {queryv1.Table_TABLE_CORRECTIONS, "record"}}

// moves are the tables of what happened under a licence: of a licence that is only named, by a declaration say, they are other cases.
var moves = []queryv1.Table{queryv1.Table_TABLE_DECLARATIONS, queryv1.Table_TABLE_WRITE_OFFS, queryv1.Table_TABLE_DELIVERIES, queryv1.Table_TABLE_POST_DELIVERY_CHECKS}

// nouns are what a row of a table is called where its table's name says it badly.
var nouns = map[queryv1.Table]string{
	queryv1.Table_TABLE_WRITE_OFFS:             "write-off",
	queryv1.Table_TABLE_DELIVERIES:             "delivery",
	queryv1.Table_TABLE_DISCREPANCIES:          "discrepancy",
	queryv1.Table_TABLE_LIST_ENTRIES:           "entry of a watch list",
	queryv1.Table_TABLE_DENIAL_NOTICES:         "notice of a denial",
	queryv1.Table_TABLE_ALERT_VIEWS:            "view of an alert",
	queryv1.Table_TABLE_ALERT_ACTIONS:          "action on an alert",
	queryv1.Table_TABLE_UNDERCUT_REPLIES:       "reply to an undercut",
	queryv1.Table_TABLE_POLICIES:               "policy",
	queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS: "confirmation of a delivery",
	queryv1.Table_TABLE_POST_DELIVERY_CHECKS:   "post-delivery check",
	queryv1.Table_TABLE_BLIND_CONCLUSIONS:      "conclusion of a blind check",
	queryv1.Table_TABLE_EMBARGOES:              "embargo",
	queryv1.Table_TABLE_TRACE_REPLIES:          "reply to a trace",
}
