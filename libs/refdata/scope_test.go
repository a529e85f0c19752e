package refdata_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestScopeOf(t *testing.T) {
	for number := range transferv1.Category_name {
		want := refdata.ScopeArms
		switch transferv1.Category(number) {
		case transferv1.Category_CATEGORY_UNSPECIFIED:
			want = refdata.ScopeNone
		case transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION:
			want = refdata.ScopeAmmunition
		case transferv1.Category_CATEGORY_ARTICLE_4_PARTS:
			want = refdata.ScopeParts
		}
		if got := refdata.ScopeOf(transferv1.Category(number)); got != want {
			t.Errorf("ScopeOf(%v) = %s; want %s", transferv1.Category(number), got, want)
		}
	}
	if got := refdata.ScopeOf(99); got != refdata.ScopeNone {
		t.Errorf("ScopeOf(99) = %s", got)
	}
}

func TestBinds(t *testing.T) {
	everything := []refdata.Article{refdata.Article5, refdata.Article6, refdata.Article7}
	armsOnly := []refdata.Article{refdata.Article8, refdata.Article9, refdata.Article10, refdata.Article11, refdata.Article12, refdata.Article13}
	check := func(articles []refdata.Article, scope refdata.Scope, further refdata.Further, want bool) {
		t.Helper()
		for _, article := range articles {
			if got := refdata.Binds(article, scope, further); got != want {
				t.Errorf("Binds(%s, %s, %v) = %v", article, scope, further, got)
			}
		}
	}
	check(append(everything, armsOnly...), refdata.ScopeArms, nil, true)
	check(append(everything, armsOnly...), refdata.ScopeNone, nil, false)
	for _, scope := range []refdata.Scope{refdata.ScopeAmmunition, refdata.ScopeParts} {
		check(everything, scope, nil, true)
		check(armsOnly, scope, nil, false)
	}
	// XA puts ammunition under its import and transit controls too.
	further := refdata.Further{refdata.Article8: {refdata.ScopeAmmunition}, refdata.Article9: {refdata.ScopeAmmunition}}
	check([]refdata.Article{refdata.Article8, refdata.Article9}, refdata.ScopeAmmunition, further, true)
	check([]refdata.Article{refdata.Article8, refdata.Article9}, refdata.ScopeParts, further, false)
	check([]refdata.Article{refdata.Article10}, refdata.ScopeAmmunition, further, false)
	check(everything, refdata.ScopeArms, refdata.Further{refdata.Article6: nil}, true)
	check([]refdata.Article{"17"}, refdata.ScopeArms, nil, false)
}
