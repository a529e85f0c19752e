package calendar

// Come is what a date came to, for properties and their mutants.
var Come = Planned.come
