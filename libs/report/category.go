package report

import transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"

// RowOf is the row of the annual report that goods of a line stand in, such as "VIII small arms 4"; empty where they are no arms of
// Article 2(1), or nobody classified them.
func RowOf(l *transferv1.Line) string {
	row, _ := Spec{}.categoryOf(nil, l)
	return row
}
