package rpc

import (
	"errors"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"connectrpc.com/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// exactly reads a request in JSON only if every name and value in it is known here. A misspelled dryRun would otherwise be
// passed over, and the command recorded for good.
func exactly() connecthttp.Option {
	asJSON := connectproto.NewJSONCodec()
	asJSON.UnmarshalOptions.DiscardUnknown = false
	return connecthttp.WithCodecs(connectproto.NewBinaryCodec(), asJSON)
}

// validated refuses requests that are against the rules in the contract.
func validated() connect.ServerInterceptor {
	return validate.NewServerInterceptor(validate.WithValidator(told{protovalidate.GlobalValidator}))
}

// told says of a value that has to be chosen which ones there are.
type told struct{ protovalidate.Validator }

func (v told) Validate(m proto.Message, options ...protovalidate.ValidationOption) error {
	err := v.Validator.Validate(m, options...)
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	for _, of := range invalid.Violations {
		id := of.Proto.GetRuleId()
		if of.FieldDescriptor == nil || of.FieldDescriptor.Enum() == nil || id != "enum.not_in" && id != "enum.defined_only" {
			continue
		}
		not := []protoreflect.EnumNumber{0} // what is left out
		if id == "enum.not_in" {
			for values, i := of.RuleValue.List(), 0; i < values.Len(); i++ {
				not = append(not, protoreflect.EnumNumber(values.Get(i).Int()))
			}
		}
		var names []string
		for values, i := of.FieldDescriptor.Enum().Values(), 0; i < values.Len(); i++ {
			if of := values.Get(i); !slices.Contains(not, of.Number()) {
				names = append(names, string(of.Name()))
			}
		}
		of.Proto.Message = proto.String("give one of " + strings.Join(names, ", "))
	}
	return err
}
