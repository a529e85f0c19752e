package uklicences

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// text returns f as UTF-8, and a remark when it was something else. A file is in one encoding: UTF-16 when it begins
// with that byte order mark or has a zero in most of its first characters; UTF-8 when it is valid, or when it has more
// characters beyond ASCII that are valid than bytes that are not (a damaged file, whose bad bytes stay in
// place); Windows-1252, which contains Latin-1, otherwise. f is read twice, from its start.
func text(f io.ReadSeeker) (r io.Reader, remark string, err error) {
	e, name, err := detect(f)
	if err != nil {
		return nil, "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	if e == nil {
		return f, name, nil
	}
	return e.NewDecoder().Reader(f), name, nil
}

func detect(f io.Reader) (e encoding.Encoding, remark string, err error) {
	buf := make([]byte, 64<<10)
	n, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	head := buf[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return unicode.UTF8BOM, "begins with a byte order mark; read as UTF-8", nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")), zeros(head, 1):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "read as UTF-16, little-endian", nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")), zeros(head, 0):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "read as UTF-16, big-endian", nil
	}
	valid, invalid, err := count(io.MultiReader(bytes.NewReader(bytes.Clone(head)), f), buf)
	switch {
	case err != nil:
		return nil, "", err
	case invalid == 0:
		return nil, "", nil
	case valid > invalid:
		return nil, fmt.Sprintf("read as UTF-8, though %d bytes are not", invalid), nil
	}
	return charmap.Windows1252, "not UTF-8; read as Windows-1252", nil
}

// zeros reports whether most of the first characters are 16 bits wide with a zero byte at the offset, and none at the
// other.
func zeros(head []byte, offset int) bool {
	head = head[:min(len(head), 1024)&^1]
	var here, there int
	for i := 0; i < len(head); i += 2 {
		if head[i+offset] == 0 {
			here++
		}
		if head[i+1-offset] == 0 {
			there++
		}
	}
	return len(head) > 0 && here > len(head)/4 && there == 0
}

// count returns how many characters beyond ASCII are valid UTF-8 and how many bytes are not, using buf.
func count(r io.Reader, buf []byte) (valid, invalid int, err error) {
	rest := 0 // bytes at the start of buf that may begin a character
	for {
		n, err := r.Read(buf[rest:])
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, 0, err
		}
		end := errors.Is(err, io.EOF)
		b := buf[:rest+n]
		for len(b) > 0 && (end || utf8.FullRune(b)) {
			if b[0] < utf8.RuneSelf {
				b = b[1:]
				continue
			}
			c, size := utf8.DecodeRune(b)
			if c == utf8.RuneError && size == 1 {
				invalid++
			} else {
				valid++
			}
			b = b[size:]
		}
		if end {
			return valid, invalid, nil
		}
		rest = copy(buf, b)
	}
}
