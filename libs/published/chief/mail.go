package chief

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	maxMail      = 2 * MaxFile // base64 takes four bytes for three
	maxParts     = 100
	maxMailDepth = 5
)

// Attachment is a file that a mail carries.
type Attachment struct {
	Name string
	Data []byte
}

// Unwrap returns a file as it is, or the one that it carries where it is a mail: where its first line is a field of a mail's head. It
// fails as Attachments does.
func Unwrap(name string, data []byte) (Attachment, error) {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	field, _, found := bytes.Cut(first, []byte(":"))
	if !found || len(field) == 0 || bytes.ContainsAny(field, " \t\\{\"") {
		return Attachment{name, data}, nil
	}
	carried, err := Attachments(data)
	if err != nil {
		return Attachment{}, err
	}
	return carried[0], nil
}

// Attachments returns what is attached to a mail, decoded, whether or not it is what should be. It fails with a
// refusal, beside which the attachments are still returned, where the subject is no name of a licence message, where there is not
// exactly one attachment, and where that is called otherwise than the subject. A mail that cannot be taken apart
// is refused too: beyond 32 MiB, 100 parts or five parts in one another.
func Attachments(eml []byte) ([]Attachment, error) {
	if len(eml) > maxMail {
		return nil, fault.Errorf(fault.Invalid, "the mail has more than %d MiB; send files of at most %d MiB", maxMail>>20, MaxFile>>20)
	}
	m, err := mail.ReadMessage(bytes.NewReader(eml))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "this is no mail: %v", err)
	}
	var w walk
	if err := w.part(textproto.MIMEHeader(m.Header), m.Body, 0); err != nil {
		return w.found, fault.Errorf(fault.Invalid, "the mail cannot be taken apart: %v", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		subject = m.Header.Get("Subject")
	}
	if _, err := ParseName(subject); err != nil {
		return w.found, fmt.Errorf("read the subject: %w", err)
	}
	if len(w.found) != 1 {
		var names []string
		for _, a := range w.found {
			names = append(names, show(a.Name))
		}
		return w.found, fault.Errorf(fault.Invalid, "the mail %s has %d attachments where one is expected: %s", subject, len(names), strings.Join(names, ", "))
	}
	if name := w.found[0].Name; name != subject {
		return w.found, fault.Errorf(fault.Invalid, "the mail %s carries a file with the other name %s", subject, show(name))
	}
	return w.found, nil
}

// walk goes through the parts of a mail.
type walk struct {
	found []Attachment
	parts int
}

func (w *walk) part(h textproto.MIMEHeader, body io.Reader, depth int) error {
	if w.parts++; w.parts > maxParts || depth > maxMailDepth {
		return errors.New("it has too many parts")
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err == nil && strings.HasPrefix(media, "multipart/") {
		return w.multipart(multipart.NewReader(body, params["boundary"]), depth)
	}
	disposition, named, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" {
		return nil
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("attachment %s: %w", show(named["filename"]), err)
	}
	w.found = append(w.found, Attachment{named["filename"], data})
	return nil
}

func (w *walk) multipart(r *multipart.Reader, depth int) error {
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.part(p.Header, p, depth+1); err != nil {
			return err
		}
	}
}
