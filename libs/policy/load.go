package policy

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/written"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

var validator = sync.OnceValues(func() (protovalidate.Validator, error) {
	return protovalidate.New(protovalidate.WithMessages(&policyv1.Policy{}))
})

// Load reads a policy in YAML, or JSON, which is YAML too. file is what errors call it. What is unknown, of a wrong type
// or against a rule of the contract is refused (fault.Invalid) with a line for each error: file, line, field, what is
// wrong. Whether a policy makes sense is for Check.
func Load(file string, data []byte) (*Policy, error) {
	terms := &policyv1.Policy{}
	text, wrong := written.Read(file, data, terms)
	if len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return made(terms, text)
}

// Compile returns a policy that was read elsewhere. It fails as Load does, with the policy's name in place of a file and a line.
func Compile(terms *policyv1.Policy) (*Policy, error) {
	if terms == nil {
		terms = &policyv1.Policy{}
	}
	return made(terms, written.Text{Name: cmp.Or(terms.GetName(), "a policy without a name")})
}

// made holds a policy against the rules of the contract and compiles its expressions.
func made(terms *policyv1.Policy, text written.Text) (*Policy, error) {
	v, err := validator()
	if err != nil {
		return nil, fmt.Errorf("read the rules of a policy: %w", err)
	}
	p := &Policy{Terms: withDefaults(terms), text: text}
	wrong, err := text.Broken(v.Validate(terms))
	if err != nil {
		return nil, fmt.Errorf("hold %s against the rules of a policy: %w", text.Name, err)
	}
	if day := p.Terms.ValidFrom; day != "" {
		if p.ValidFrom, err = time.Parse(time.DateOnly, day); err != nil {
			wrong = append(wrong, text.At("valid_from", "there is no day "+day))
		}
	}
	if wrong = append(wrong, p.compile()...); len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return p, nil
}
