package reporting

import "github.com/counterfoil/counterfoil/libs/desk"

// Reactions are the events that make this agency record something: none so far.
func (*Service) Reactions() []desk.Reaction { return nil }
