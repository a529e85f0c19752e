package duedates

// DatesOf is the rule behind Dates, for properties and their mutants.
var DatesOf = datesOf
