package feed

import (
	"cmp"
	"fmt"
	"net/url"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/columns"
	"github.com/counterfoil/counterfoil/libs/ledger"
)

// object is a JSON object.
type object = map[string]any

// AsyncAPI describes the feed as AsyncAPI 3.0: a channel for every kind of event, its fact by the message of the contract, and one
// for all in JSON. at is where a node's feed listens, such as "nats://127.0.0.1:4333", and version the program's.
func AsyncAPI(at, version string) (map[string]any, error) {
	address, err := url.Parse(at)
	if err != nil || address.Host == "" || address.Scheme != "nats" && address.Scheme != "tls" {
		return nil, fmt.Errorf("%q is no address of a feed, such as nats://127.0.0.1:4333", at)
	}
	channels, operations, messages := object{}, object{}, object{}
	for _, kind := range append(ledger.Kinds(), ledger.DirectoryKinds()...) {
		name := string(kind.Name())
		channels[name] = object{
			"address": Prefix + "{agency}.{group}." + name, "title": name, "description": said(kind),
			"parameters": parameters("agency", "group"), "messages": object{name: to("components/messages/" + name)},
		}
		operations["send"+name] = sends(name)
		messages[name] = binaryMessage(kind)
	}
	channels["inJSON"] = object{
		"address": PrefixJSON + "{agency}.{group}.{kind}", "title": "Every kind, in JSON", "parameters": parameters("agency", "group", "kind"),
		"description": "The same events once more, where the node's feed is configured with \"json\": true.",
		"messages":    object{"inJSON": to("components/messages/inJSON")},
	}
	operations["sendInJSON"], messages["inJSON"] = sends("inJSON"), jsonMessage()
	return object{
		"asyncapi": "3.0.0",
		"info": object{"title": "Counterfoil: feed for an agency's own systems", "version": cmp.Or(version, "0"), "description": "What a node " +
			"folded, as CloudEvents 1.0 on NATS JetStream, in the order of its ledger. A system reads stream " + Stream + " (or " + StreamJSON +
			") by the durable pull consumer that the node made for it, which has the name of its user."},
		"defaultContentType": cloudevent.Protobuf,
		"servers":            object{"node": object{"host": address.Host, "protocol": "nats", "security": []any{to("components/securitySchemes/user")}}},
		"channels":           channels, "operations": operations,
		"components": object{
			"messages":        messages,
			"securitySchemes": object{"user": object{"type": "userPassword", "description": "As counterfoil feed user add wrote it."}},
			"messageTraits":   object{"cloudEvent": object{"headers": headers()}},
		},
	}, nil
}

func to(path string) object { return object{"$ref": "#/" + path} }

func sends(channel string) object {
	return object{"action": "send", "channel": to("channels/" + channel)}
}

func parameters(names ...string) object {
	all := object{}
	for _, name := range names {
		all[name] = object{"description": map[string]string{
			"agency": "The agency that recorded the event.", "group": "The sharing group that it was recorded for.", "kind": "The event's kind, without its package.",
		}[name]}
	}
	return all
}

// said is what the contract says of a kind.
func said(kind protoreflect.MessageDescriptor) string {
	return cmp.Or(columns.Meaning(kind.FullName()), string(kind.Name())+".")
}

// binaryMessage has the fact as payload, by the file of the contract that declares it.
func binaryMessage(kind protoreflect.MessageDescriptor) object {
	file := kind.ParentFile().Path()
	return object{
		"name": string(kind.FullName()), "title": string(kind.Name()), "summary": said(kind), "contentType": cloudevent.Protobuf,
		"traits": []any{to("components/messageTraits/cloudEvent")},
		"payload": object{
			"schemaFormat": "application/vnd.google.protobuf;version=3",
			"schema":       fmt.Sprintf("syntax = \"proto3\";\n// The payload is one %s.\nimport public %q;\n", kind.FullName(), file),
		},
		"x-proto-file": file, "x-proto-message": string(kind.FullName()),
	}
}

// jsonMessage is a whole CloudEvent in JSON.
func jsonMessage() object {
	properties := object{"specversion": object{"const": "1.0"}, "data": object{
		"description": "The fact in protobuf's JSON mapping; one that the node cannot show so stands in data_base64 as recorded.",
	}, "data_base64": object{"type": "string", "contentEncoding": "base64"}}
	required := []string{"specversion"}
	for _, a := range attributes {
		properties[a.name] = a.schema()
		if a.always {
			required = append(required, a.name)
		}
	}
	return object{
		"name": "CloudEvent", "title": "Event in JSON", "contentType": cloudevent.Structured,
		"payload": object{"type": "object", "required": required, "properties": properties},
	}
}

// headers are those of a message in binary mode.
func headers() object {
	properties := object{"ce-specversion": object{"const": "1.0"}, "content-type": object{"type": "string"}}
	required := []string{"ce-specversion", "content-type"}
	for _, a := range attributes {
		properties["ce-"+a.name] = a.schema()
		if a.always {
			required = append(required, "ce-"+a.name)
		}
	}
	return object{"type": "object", "required": required, "properties": properties}
}

// attribute is one of a CloudEvent, as package cloudevent sets it.
type attribute struct {
	name, form, says string
	always           bool
}

func (a attribute) schema() object {
	s := object{"type": "string", "description": a.says}
	if a.form != "" {
		s["format"] = a.form
	}
	return s
}

var attributes = []attribute{
	{"id", "uuid", "The event's UUID: the same everywhere and for ever.", true},
	{"source", "uri-reference", "\"/counterfoil/<agency>/<group>\" of its journal.", true},
	{"type", "", "Full name of the fact's message.", true},
	{"subject", "", "Id of what it is about: the fact's first field, where that is an id.", false},
	{"time", "date-time", "When it was true.", false},
	{"datacontenttype", "", "Of the fact.", true},
	{"dataschema", "uri", "Type URL of the fact's message.", true},
	{"journal", "", "\"<agency>/<group>\".", true},
	{"eventnumber", "", "Its number in the journal, in decimal: from 1 without gaps, and along the feed always growing.", true},
	{"block", "", "Number of the block that carries it, in decimal.", true},
	{"agency", "", "Who recorded it.", true},
	{"recordedtime", "date-time", "When the agency came to state it.", false},
	{"writtentime", "date-time", "When the block was written.", false},
	{"receivedtime", "date-time", "When the node stored it.", false},
	{"position", "", "Token with which QueryService.Watch goes on after it.", true},
	{"correlationid", "", "Ties the events of one case together.", false},
	{"purpose", "", "The Treaty article or other purpose that it was recorded under, percent-encoded in a header.", false},
	{"officerrole", "", "In which role it was recorded.", false},
	{"wideningid", "", "The emergency widening that it was recorded under.", false},
	{"repeats", "", "\"<agency>/<group>/<number>\" of the event that it repeats for more readers, under the same id.", false},
}
