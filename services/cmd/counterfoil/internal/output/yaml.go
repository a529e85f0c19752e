package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// writeYAML prints the same structure as JSON, in the same order.
func writeYAML(w io.Writer, value any) error {
	line, err := encode(value)
	if err != nil {
		return err
	}
	tokens := json.NewDecoder(bytes.NewReader(line))
	tokens.UseNumber()
	node, err := nodeOf(tokens)
	if err != nil {
		return fmt.Errorf("print as yaml: %w", err)
	}
	var lines bytes.Buffer
	encoder := yaml.NewEncoder(&lines)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(node), encoder.Close()); err != nil {
		return fmt.Errorf("print as yaml: %w", err)
	}
	_, err = w.Write(escapeControls(lines.Bytes(), YAML))
	return err
}

// nodeOf reads one JSON value. A text that would be read as something else is quoted by the encoder, for its tag.
func nodeOf(tokens *json.Decoder) (*yaml.Node, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return collection(tokens, t)
	case string:
		node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: t}
		if strings.ContainsFunc(t, func(r rune) bool { return r != '\n' && acts(r) }) {
			node.Style = yaml.DoubleQuotedStyle // in which it is escaped
		}
		return node, nil
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(t.String(), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: t.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

func collection(tokens *json.Decoder, open json.Delim) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if open == '[' {
		node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
	}
	for tokens.More() {
		if open == '{' {
			key, err := nodeOf(tokens)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, key)
		}
		value, err := nodeOf(tokens)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, value)
	}
	if len(node.Content) == 0 {
		node.Style = yaml.FlowStyle
	}
	_, err := tokens.Token() // the closing bracket
	return node, err
}
