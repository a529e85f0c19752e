package refdata

import (
	"slices"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Scope is what the Treaty takes goods for.
type Scope string

const (
	// ScopeNone is goods that the Treaty does not name. National law may.
	ScopeNone Scope = "none"
	// ScopeArms is conventional arms of Article 2(1).
	ScopeArms Scope = "arms"
	// ScopeAmmunition is ammunition and munitions that such arms fire, launch or deliver (Article 3).
	ScopeAmmunition Scope = "ammunition"
	// ScopeParts is parts and components in a form that lets such arms be assembled (Article 4).
	ScopeParts Scope = "parts"
)

// ScopeOf returns what goods of a category are in the Treaty's eyes. A category that is unspecified has ScopeNone, which
// says nothing about goods that were never classified.
func ScopeOf(category transferv1.Category) Scope {
	switch category {
	case transferv1.Category_CATEGORY_I_BATTLE_TANKS,
		transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES,
		transferv1.Category_CATEGORY_III_LARGE_CALIBRE_ARTILLERY,
		transferv1.Category_CATEGORY_IV_COMBAT_AIRCRAFT,
		transferv1.Category_CATEGORY_V_ATTACK_HELICOPTERS,
		transferv1.Category_CATEGORY_VI_WARSHIPS,
		transferv1.Category_CATEGORY_VII_MISSILES_AND_LAUNCHERS,
		transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS:
		return ScopeArms
	case transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION:
		return ScopeAmmunition
	case transferv1.Category_CATEGORY_ARTICLE_4_PARTS:
		return ScopeParts
	}
	return ScopeNone
}

// Article is one of the Treaty's that binds some goods and not others.
type Article string

const (
	Article5  Article = "5(2)"  // national control system
	Article6  Article = "6"     // prohibitions
	Article7  Article = "7"     // export assessment
	Article8  Article = "8"     // import
	Article9  Article = "9"     // transit and trans-shipment
	Article10 Article = "10"    // brokering
	Article11 Article = "11"    // diversion
	Article12 Article = "12"    // record keeping
	Article13 Article = "13(3)" // annual report
)

// bindings are the goods that each article names: those of Article 2(1), and in three cases those of Articles 3 and 4 too.
var bindings = map[Article][]Scope{
	Article5:  {ScopeArms, ScopeAmmunition, ScopeParts},
	Article6:  {ScopeArms, ScopeAmmunition, ScopeParts},
	Article7:  {ScopeArms, ScopeAmmunition, ScopeParts},
	Article8:  {ScopeArms},
	Article9:  {ScopeArms},
	Article10: {ScopeArms},
	Article11: {ScopeArms},
	Article12: {ScopeArms},
	Article13: {ScopeArms},
}

// Further is the goods that a State's own law puts under an article beyond what the Treaty does.
type Further map[Article][]Scope

// Binds says whether an article binds goods of a scope, by the Treaty or by the State's own law, which can go further than the
// Treaty and not less far. An article that is not one of the constants binds nothing.
func Binds(article Article, scope Scope, further Further) bool {
	return slices.Contains(bindings[article], scope) || slices.Contains(further[article], scope)
}
