package policy

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// costLimit is how much work one evaluation may do, in the units of CEL: a hundred times what an ordinary one needs, and
// a few milliseconds.
const costLimit = 10_000

// expression is a compiled expression; the zero value says yes to everything.
type expression struct{ program cel.Program }

// environment is what expressions see (Facts) and may call: the standard functions of CEL.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("kind", cel.StringType),
		cel.Variable("categories", cel.ListType(cel.StringType)),
		cel.Variable("ratings", cel.ListType(cel.StringType)),
		cel.Variable("destination", cel.StringType),
		cel.Variable("onward", cel.ListType(cel.StringType)),
		cel.Variable("sources", cel.ListType(cel.StringType)),
		cel.Variable("route", cel.ListType(cel.StringType)),
		cel.Variable("parties", cel.MapType(cel.StringType, cel.ListType(cel.StringType))),
		cel.Variable("end_use", cel.StringType),
		cel.Variable("values", cel.MapType(cel.StringType, cel.IntType)),
		cel.Variable("state", cel.StringType),
		cel.Variable("emergency", cel.BoolType),
	)
})

func compile(text string) (expression, error) {
	if strings.TrimSpace(text) == "" {
		return expression{}, nil
	}
	env, err := environment()
	if err != nil {
		return expression{}, err
	}
	ast, issues := env.Compile(text)
	if err := issues.Err(); err != nil {
		first := issues.Errors()[0]
		return expression{}, fmt.Errorf("%s (character %d of the expression)", first.Message, first.Location.Column()+1)
	}
	if ast.OutputType() != cel.BoolType {
		return expression{}, fmt.Errorf("it is a %s and not a yes or no", ast.OutputType())
	}
	program, err := env.Program(ast, cel.CostLimit(costLimit))
	return expression{program}, err
}

// holds evaluates an expression. It fails where the facts lack what it asks for, and where it does too much.
func (e expression) holds(f Facts) (bool, error) {
	yes, _, err := e.measured(f)
	return yes, err
}

// measured is holds, and how much work that was, in the units of CEL.
func (e expression) measured(f Facts) (yes bool, work uint64, err error) {
	if e.program == nil {
		return true, 0, nil
	}
	out, details, err := e.program.Eval(f.variables())
	if cost := details.ActualCost(); cost != nil {
		work = *cost
	}
	if err != nil {
		return false, work, err
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, work, fmt.Errorf("it came to a %s, which is neither true nor false", out.Type().TypeName())
	}
	return yes, work, nil
}

// excessive reports whether an evaluation was given up because it did too much.
func excessive(err error) bool {
	var e interpreter.EvalCancelledError
	return errors.As(err, &e)
}

// written lists the policy's expressions by path.
func (p *Policy) written() map[string]string {
	all := map[string]string{"scope": p.Terms.Scope}
	for i, c := range p.Terms.Consultees {
		all[fmt.Sprintf("consultees[%d].when", i)] = c.When
	}
	for i, r := range p.Terms.Requires {
		all[fmt.Sprintf("requires[%d].when", i)] = r.When
	}
	for i, o := range p.Terms.Obligations {
		all[fmt.Sprintf("obligations[%d].when", i)] = o.When
	}
	return all
}

// compile compiles every expression and returns what is wrong with them, in order of path.
func (p *Policy) compile() []string {
	var wrong []string
	p.expressions = map[string]expression{}
	for path, text := range ordered(p.written()) {
		e, err := compile(text)
		if err != nil {
			wrong = append(wrong, p.text.At(path, err.Error()))
		}
		p.expressions[path] = e
	}
	return wrong
}

// holds evaluates the expression of a field.
func (p *Policy) holds(f Facts, path string, args ...any) (bool, error) {
	path = fmt.Sprintf(path, args...)
	yes, err := p.expressions[path].holds(f)
	if err != nil {
		return false, fault.Errorf(fault.Precondition, "policy %s cannot be applied to this transfer: %s: %s", p.ID(), path, err)
	}
	return yes, nil
}
