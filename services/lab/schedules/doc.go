// Package schedules holds the rules that must hold whatever lines are cut to random schedules: the rules are the real ones, on
// real ledgers, and nothing is between the agencies but what a schedule delivers, late, twice and out of order.
package schedules
