package rpc

import (
	"errors"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"connectrpc.com/validate"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/input"
)

// exactly reads a request in JSON only if every name and value in it is known here. A misspelled dryRun would otherwise be
// passed over, and the command recorded for good.
func exactly() connecthttp.Option {
	asJSON := connectproto.NewJSONCodec()
	asJSON.UnmarshalOptions.DiscardUnknown = false
	return connecthttp.WithCodecs(connectproto.NewBinaryCodec(), asJSON)
}

// Validated refuses requests that are against the rules in the contract, and says what to give instead.
func Validated() connect.ServerInterceptor {
	return validate.NewServerInterceptor(validate.WithValidator(told{protovalidate.GlobalValidator}))
}

// told says in sentences what to give instead. What programs read, the details, is protovalidate's own.
type told struct{ protovalidate.Validator }

func (v told) Validate(m proto.Message, options ...protovalidate.ValidationOption) error {
	err := v.Validator.Validate(m, options...)
	var invalid *protovalidate.ValidationError
	if errors.As(err, &invalid) {
		return input.Broken{ValidationError: invalid}
	}
	return err
}
