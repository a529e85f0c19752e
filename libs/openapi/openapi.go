// Package openapi describes a node's API as an OpenAPI 3.1 document, for tools that read no .proto files.
package openapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/people"
)

// contract describes every method of the contract that does not stream; tools/openapi writes it.
//
//go:embed contract.json
var contract []byte

const schemas = "#/components/schemas/"

type object = map[string]any

// Of describes those of some procedures, such as "/counterfoil.query.v1.QueryService/List", that do not stream, with the roles that each
// needs as "x-roles", and login and logout. The same procedures give the same bytes, in whatever order.
func Of(procedures []string) ([]byte, error) {
	served := map[string]bool{}
	for _, p := range procedures {
		served[p] = true
	}
	return describe(func(path string) bool { return served[path] || !strings.HasPrefix(path, "/counterfoil.") })
}

// All describes the whole contract, which no single node serves.
func All() ([]byte, error) { return describe(func(string) bool { return true }) }

func describe(keep func(path string) bool) ([]byte, error) {
	var document object
	if err := json.Unmarshal(contract, &document); err != nil {
		return nil, fmt.Errorf("read the description of the contract: %w", err)
	}
	paths := document["paths"].(object)
	tags := map[any]bool{}
	for path, item := range paths {
		if !keep(path) {
			delete(paths, path)
			continue
		}
		post := item.(object)["post"].(object)
		tags[post["tags"].([]any)[0]] = true
		if roles := people.Allowed(path); len(roles) > 0 {
			post["x-roles"] = roles
		}
	}
	var named []any
	for _, tag := range document["tags"].([]any) {
		if tags[tag.(object)["name"]] {
			named = append(named, tag)
		}
	}
	document["tags"] = named
	prune(document)
	return json.MarshalIndent(document, "", " ")
}

// prune leaves the schemas that paths and responses come to.
func prune(document object) {
	components := document["components"].(object)
	all := components["schemas"].(object)
	used := object{}
	var follow func(any)
	follow = func(value any) {
		switch v := value.(type) {
		case object:
			for _, inner := range v {
				follow(inner)
			}
			to, _ := v["$ref"].(string)
			if name, ok := strings.CutPrefix(to, schemas); ok && used[name] == nil {
				used[name] = all[name]
				follow(all[name])
			}
		case []any:
			for _, inner := range v {
				follow(inner)
			}
		}
	}
	follow(document["paths"])
	follow(components["responses"])
	components["schemas"] = used
}
