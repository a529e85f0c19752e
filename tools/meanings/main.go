// Command meanings keeps what the contract's comments say, for the data dictionary of exports: the compiled descriptors have none.
// It reads a descriptor set with source positions (buf build) and writes libs/columns/meanings.tsv: a line for each message,
// field, enum and enum value of the contract but for requests and responses, with its full name, a tab and its comment.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	from := flag.String("from", "", "descriptor set with source positions")
	to := flag.String("to", "libs/columns/meanings.tsv", "file to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	var w lines
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(f.Path(), "counterfoil/") {
			w.enums(f.Enums())
			w.messages(f.Messages())
		}
		return true
	})
	slices.SortFunc(w, func(x, y [2]string) int { return cmp.Compare(x[0], y[0]) })
	var b strings.Builder
	for _, line := range w {
		fmt.Fprintf(&b, "%s\t%s\n", line[0], line[1])
	}
	return os.WriteFile(to, []byte(b.String()), 0o644)
}

// lines are full names with their comments.
type lines [][2]string

func (w *lines) add(d protoreflect.Descriptor) {
	at := d.ParentFile().SourceLocations().ByDescriptor(d)
	comment := cmp.Or(strings.TrimSpace(at.LeadingComments), at.TrailingComments)
	*w = append(*w, [2]string{string(d.FullName()), strings.Join(strings.Fields(comment), " ")})
}

func (w *lines) messages(list protoreflect.MessageDescriptors) {
	for i := range list.Len() {
		m := list.Get(i)
		if name := string(m.Name()); m.IsMapEntry() || strings.HasSuffix(name, "Request") || strings.HasSuffix(name, "Response") {
			if !isRow(m) {
				continue
			}
		}
		w.add(m)
		for j := range m.Fields().Len() {
			w.add(m.Fields().Get(j))
		}
		w.enums(m.Enums())
		w.messages(m.Messages())
	}
}

// isRow tells rows of requests, such as ReturnRequest, from what is sent to an API.
func isRow(m protoreflect.MessageDescriptor) bool {
	return m.ParentFile().Package() == "counterfoil.ledger.v1" && !m.IsMapEntry()
}

func (w *lines) enums(list protoreflect.EnumDescriptors) {
	for i := range list.Len() {
		w.add(list.Get(i))
		for j := range list.Get(i).Values().Len() {
			w.add(list.Get(i).Values().Get(j))
		}
	}
}
