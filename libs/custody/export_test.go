package custody

// Of with another way to compare marks.
var OfCompared = of
