// Command contract holds the contract between agencies against the one that was accepted: proto/contract.binpb, and
// every version of that file that was ever committed. -write accepts what is new, unless something is broken.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const contractFile = "proto/contract.binpb"

func main() {
	write := flag.Bool("write", false, "accept the contract as it is")
	flag.Parse()
	if err := run(*write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(write bool) error {
	root, err := repository()
	if err != nil {
		return err
	}
	now := current()
	versions, err := accepted(root)
	if err != nil {
		return err
	}
	for name, set := range versions {
		found, err := breaking(set, now)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return fmt.Errorf("the contract breaks %s:\n  %s\nadd a new field, message or event instead", name, strings.Join(found, "\n  "))
		}
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(now)
	if err != nil {
		return err
	}
	path := filepath.Join(root, contractFile)
	if write {
		return os.WriteFile(path, data, 0o644)
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(kept) != string(data) {
		return fmt.Errorf("%s does not hold the contract as it is; run: make contract", contractFile)
	}
	return nil
}

// current is the contract that is linked in, without comments and positions, in order of path.
func current() *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(f.Path(), "counterfoil/") {
			set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
		}
		return true
	})
	slices.SortFunc(set.File, func(a, b *descriptorpb.FileDescriptorProto) int { return strings.Compare(a.GetName(), b.GetName()) })
	return set
}

// accepted returns every version of the contract file in the repository's history, by commit, and the one in the tree.
func accepted(root string) (map[string]*descriptorpb.FileDescriptorSet, error) {
	log, err := exec.Command("git", "-C", root, "log", "--format=%h", "--diff-filter=AM", "--", contractFile).Output()
	if err != nil {
		return nil, fmt.Errorf("ask git for the accepted contracts: %w", err)
	}
	sets := map[string]*descriptorpb.FileDescriptorSet{}
	for _, commit := range strings.Fields(string(log)) {
		data, err := exec.Command("git", "-C", root, "show", commit+":"+contractFile).Output()
		if err != nil {
			return nil, fmt.Errorf("ask git for the contract of %s: %w", commit, err)
		}
		if err := add(sets, "the contract accepted in commit "+commit, data); err != nil {
			return nil, err
		}
	}
	data, err := os.ReadFile(filepath.Join(root, contractFile))
	switch {
	case err == nil:
		return sets, add(sets, contractFile, data)
	case os.IsNotExist(err) && len(sets) == 0:
		return sets, nil
	}
	return nil, err
}

func add(sets map[string]*descriptorpb.FileDescriptorSet, name string, data []byte) error {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	sets[name] = set
	return nil
}

// repository is the folder that holds go.work, from here upwards.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("go.work is in no folder above this one")
		}
	}
}
