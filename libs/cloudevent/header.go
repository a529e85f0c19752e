package cloudevent

import (
	"fmt"
	"strings"
	"time"
)

// headerPrefix stands before every attribute in a header (NATS protocol binding for CloudEvents, binary content mode).
const headerPrefix = "ce-"

// Header returns the attributes as the headers of a NATS message whose body is Data: binary mode. The content type stands there
// under both names that readers look for it.
func (e *Event) Header() map[string][]string {
	all := e.attributes()
	h := make(map[string][]string, len(all)+8)
	h[headerPrefix+"specversion"] = []string{specVersion}
	for name, value := range all {
		h[headerPrefix+name] = []string{escape(value)}
	}
	if e.DataContentType != "" {
		h["content-type"] = []string{e.DataContentType}
	}
	return h
}

// attributes are those that are there, but for the version of the specification, in their canonical string form.
func (e *Event) attributes() map[string]string {
	all := make(map[string]string, len(e.Extensions)+8)
	for name, value := range e.Extensions {
		all[name] = value
	}
	all["id"], all["source"], all["type"] = e.ID, e.Source, e.Type
	for _, optional := range [...]struct{ name, value string }{
		{"subject", e.Subject}, {"datacontenttype", e.DataContentType}, {"dataschema", e.DataSchema},
	} {
		if optional.value != "" {
			all[optional.name] = optional.value
		}
	}
	if !e.Time.IsZero() {
		all["time"] = e.Time.UTC().Format(time.RFC3339Nano)
	}
	return all
}

// escape writes a value as a header can carry it: percent-encoded UTF-8 for the space, the quotation mark, the percent sign
// and everything but printable ASCII (HTTP protocol binding, 3.1.3.2).
func escape(value string) string {
	plain := func(b byte) bool { return b > ' ' && b < 0x7f && b != '"' && b != '%' }
	if !strings.ContainsFunc(value, func(r rune) bool { return r >= 0x7f || !plain(byte(r)) }) {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		if plain(value[i]) {
			b.WriteByte(value[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", value[i])
		}
	}
	return b.String()
}
