package cloudevent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const specVersion = "1.0"

// attributeName is what an attribute may be called (CloudEvents 1.0, Attribute Naming Convention).
var attributeName = regexp.MustCompile(`^[a-z0-9]+$`)

// MarshalJSON writes the event in the JSON event format: structured mode, of content type Structured. Data of content type
// JSON, or of none, is JSON and stands there as it is; other data stands in base64.
func (e *Event) MarshalJSON() ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	members := map[string]any{"specversion": specVersion}
	for name, value := range e.attributes() {
		members[name] = value
	}
	switch {
	case e.Data == nil:
	case isJSON(e.DataContentType):
		members["data"] = json.RawMessage(e.Data)
	default:
		members["data_base64"] = e.Data
	}
	data, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("write CloudEvent %s: %w", e.ID, err)
	}
	return data, nil
}

// Parse reads an event in the JSON event format. What CloudEvents 1.0 does not allow is an error.
func Parse(data []byte) (*Event, error) {
	e, err := parse(data)
	if err == nil {
		err = e.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("read a CloudEvent: %w", err)
	}
	return e, nil
}

func parse(data []byte) (*Event, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	content, encoded := members["data"], members["data_base64"]
	delete(members, "data")
	delete(members, "data_base64")
	e := &Event{Extensions: map[string]string{}}
	version := ""
	known := map[string]*string{
		"specversion": &version, "id": &e.ID, "source": &e.Source, "type": &e.Type, "subject": &e.Subject,
		"datacontenttype": &e.DataContentType, "dataschema": &e.DataSchema, "time": new(string),
	}
	for name, raw := range members {
		if string(raw) == "null" {
			continue // absent
		}
		value, err := attribute(raw, known[name] != nil)
		switch {
		case err != nil:
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		case known[name] == nil:
			e.Extensions[name] = value
		case value == "":
			return nil, fmt.Errorf("attribute %q is empty", name)
		default:
			*known[name] = value
		}
	}
	if version != specVersion {
		return nil, fmt.Errorf("specversion is %q, not %q", version, specVersion)
	}
	var err error
	if at := *known["time"]; at != "" {
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return nil, err
		}
	}
	e.Data, err = e.content(content, encoded)
	return e, err
}

// attribute reads a value: a string where only that is allowed, or a boolean or an integer of 32 bits too.
func attribute(raw json.RawMessage, onlyString bool) (string, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		if !onlyString {
			return strconv.FormatBool(v), nil
		}
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 32); err == nil && !onlyString {
			return strconv.FormatInt(n, 10), nil
		}
	}
	return "", fmt.Errorf("%s is no value that it may have", raw)
}

// content reads the two members that data can stand in.
func (e *Event) content(raw, encoded json.RawMessage) (data []byte, err error) {
	switch {
	case raw != nil && encoded != nil:
		return nil, errors.New("there is both data and data_base64")
	case encoded != nil:
		err = json.Unmarshal(encoded, &data)
	case raw == nil:
	case isJSON(e.DataContentType):
		data = raw
	default:
		var text string
		err = json.Unmarshal(raw, &text)
		data = []byte(text)
	}
	return data, err
}

// isJSON reports whether data of a content type stands in an event as it is; without one it is JSON (JSON event format, 3.1).
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return contentType == "" || err == nil && (strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json"))
}

// Validate returns what CloudEvents 1.0 does not allow in the event; nil when it is one.
func (e *Event) Validate() error {
	for name, value := range map[string]string{"id": e.ID, "source": e.Source, "type": e.Type} {
		if value == "" {
			return fmt.Errorf("attribute %q is missing", name)
		}
	}
	if _, err := url.Parse(e.Source); err != nil {
		return fmt.Errorf("attribute \"source\": %w", err)
	}
	if u, err := url.Parse(e.DataSchema); e.DataSchema != "" && (err != nil || !u.IsAbs()) {
		return fmt.Errorf("attribute \"dataschema\": %q is no absolute URI", e.DataSchema)
	}
	if kind, _, err := mime.ParseMediaType(e.DataContentType); e.DataContentType != "" && (err != nil || !strings.Contains(kind, "/")) {
		return fmt.Errorf("attribute \"datacontenttype\": %q is no media type", e.DataContentType)
	}
	for name, value := range e.attributes() {
		if !attributeName.MatchString(name) {
			return fmt.Errorf("attribute %q: a name is made of lower-case letters and digits", name)
		}
		if !utf8.ValidString(value) {
			return fmt.Errorf("attribute %q is not UTF-8", name)
		}
	}
	for _, reserved := range []string{"data", "specversion"} {
		if _, there := e.Extensions[reserved]; there {
			return fmt.Errorf("no extension may be called %q", reserved)
		}
	}
	return nil
}
