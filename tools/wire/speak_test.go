package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// errEnough ends a call whose caller has seen what it wanted.
var errEnough = errors.New("enough was seen")

// speaker calls a method with requests in JSON and hands over each message of the answer in JSON. It returns the code of
// the answer as Connect spells it, "ok" where there is none against it, or the error that ended the call before its end.
type speaker func(ctx context.Context, to peer, path string, requests []string, each func(message []byte) error) (code string, err error)

// post sends a body as this peer's caller.
func post(ctx context.Context, to peer, path, contentType string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+to.reached()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+to.token)
	req.Header.Set("Counterfoil-Role", "approver")
	return http.DefaultClient.Do(req)
}

// refusal is the body of an error, or of a stream's end, in JSON.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// plainJSON is what curl would do: a POST of JSON for a method that answers once, JSON in envelopes for one that streams.
func plainJSON(ctx context.Context, to peer, path string, requests []string, each func([]byte) error) (string, error) {
	method := contract()[path]
	if method.IsStreamingClient() || method.IsStreamingServer() {
		return connectStream(ctx, to, path, requests, each)
	}
	res, err := post(ctx, to, path, "application/json", []byte(requests[0]))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode == http.StatusOK {
		return "ok", errors.Join(err, each(body))
	}
	var why refusal
	if err := json.Unmarshal(body, &why); err != nil {
		return "", fmt.Errorf("%s: %s is no refusal: %w", res.Status, body, err)
	}
	return why.Code, nil
}

func connectStream(ctx context.Context, to peer, path string, requests []string, each func([]byte) error) (string, error) {
	var body []byte
	for _, r := range requests {
		body = append(body, envelope([]byte(r))...)
	}
	res, err := post(ctx, to, path, "application/connect+json", body)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	code := "unknown"
	err = envelopes(res.Body, func(flags byte, message []byte) error {
		if flags&2 == 0 {
			return each(message)
		}
		var end struct {
			Error *refusal `json:"error"`
		}
		if code = "ok"; json.Unmarshal(message, &end) == nil && end.Error != nil {
			code = end.Error.Code
		}
		return nil
	})
	return code, err
}

// grpcWeb is what a browser's library would do: messages in the binary form, and trailers at the end of the body.
func grpcWeb(ctx context.Context, to peer, path string, requests []string, each func([]byte) error) (string, error) {
	method := contract()[path]
	var body []byte
	for _, r := range requests {
		message := dynamicpb.NewMessage(method.Input())
		if err := protojson.Unmarshal([]byte(r), message); err != nil {
			return "", err
		}
		data, err := proto.Marshal(message)
		if err != nil {
			return "", err
		}
		body = append(body, envelope(data)...)
	}
	res, err := post(ctx, to, path, "application/grpc-web+proto", body)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	status := res.Header.Get("Grpc-Status")
	err = envelopes(res.Body, func(flags byte, data []byte) error {
		if flags&0x80 == 0 {
			return eachAs(method.Output(), data, each)
		}
		for line := range strings.SplitSeq(string(data), "\r\n") {
			if key, value, _ := strings.Cut(line, ":"); textproto.CanonicalMIMEHeaderKey(key) == "Grpc-Status" {
				status = strings.TrimSpace(value)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	number, err := strconv.Atoi(status)
	if err != nil {
		return "", fmt.Errorf("%s: no status: %w", res.Status, err)
	}
	return codeNames[number], nil
}

func eachAs(output protoreflect.MessageDescriptor, data []byte, each func([]byte) error) error {
	message := dynamicpb.NewMessage(output)
	if err := proto.Unmarshal(data, message); err != nil {
		return err
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	return each(text)
}

// codeNames are gRPC's codes by number, as Connect spells them.
var codeNames = []string{
	"ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied", "resource_exhausted",
	"failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable", "data_loss", "unauthenticated",
}

// envelope puts flags and length before a message.
func envelope(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// envelopes hands over each message of a body with its flags.
func envelopes(body io.Reader, each func(flags byte, message []byte) error) error {
	for {
		var head [5]byte
		if _, err := io.ReadFull(body, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		message := make([]byte, binary.BigEndian.Uint32(head[1:]))
		if _, err := io.ReadFull(body, message); err != nil {
			return err
		}
		if err := each(head[0], message); err != nil {
			return err
		}
	}
}
