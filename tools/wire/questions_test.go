package wire

// questions are requests that some node of the lab answers, by path, once an application, an alert and their journals are on record.
var questions = map[string][]string{
	"/counterfoil.query.v1.QueryService/Status":    {`{"root": true}`},
	"/counterfoil.query.v1.QueryService/Count":     {`{"table": "TABLE_EVENTS", "by": "journal"}`},
	"/counterfoil.query.v1.QueryService/List":      {`{"table": "TABLE_ALERTS"}`, `{"table": "TABLE_EVENTS", "pageSize": 5}`, `{"table": "TABLE_APPLICATIONS"}`, `{"table": "TABLE_AGENCIES"}`},
	"/counterfoil.query.v1.QueryService/Get":       {`{"table": "TABLE_ALERTS", "id": "{ALERT}"}`, `{"table": "TABLE_EVENTS", "id": "{JOURNAL}/{NUMBER}"}`},
	"/counterfoil.query.v1.QueryService/Explain":   {`{"id": "{ALERT}"}`, `{"id": "{APPLICATION}"}`},
	"/counterfoil.query.v1.QueryService/Watch":     {`{"untilCaughtUp": true, "filter": {"conditions": [{"attribute": "journal", "values": ["{JOURNAL}"]}]}}`},
	"/counterfoil.query.v1.QueryService/Verify":    {`{}`},
	"/counterfoil.query.v1.QueryService/Doctor":    {`{}`},
	"/counterfoil.query.v1.QueryService/Directory": {`{}`},
	"/counterfoil.query.v1.QueryService/Audience":  {`{"id": "{ALERT}"}`, `{"kind": "counterfoil.licensing.v1.LicenceGranted"}`},
	"/counterfoil.query.v1.QueryService/Receipts":  {`{"id": "{ALERT}"}`, `{"id": "{JOURNAL}"}`},
	"/counterfoil.query.v1.QueryService/Access":    {`{"pageSize": 10}`},
	"/counterfoil.query.v1.QueryService/Parked":    {`{}`},
	"/counterfoil.query.v1.QueryService/Usage":     {`{}`},
	"/counterfoil.query.v1.QueryService/Custody":   {`{"mark": {"serial": "AK 1"}}`},
}
