package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/whole"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// indexFile says what the files of an export rest on. It is written anew before each file gets its name, so that it knows of
// every file that is there.
const indexFile = "index.json"

// exportIndex is the content of index.json. Its keys are stable.
type exportIndex struct {
	Agency string `json:"agency"`
	// Program is the version of the program that wrote the files.
	Program string `json:"program"`
	Format  string `json:"format"`
	// Horizon is what the rows were limited to, as the API takes it; null: nothing. RestsOn says it in words.
	Horizon json.RawMessage `json:"horizon"`
	RestsOn string          `json:"rests_on"`
	Filter  json.RawMessage `json:"filter"`
	// Named are the tables that were asked for; none: all that have rows.
	Named    []string   `json:"named"`
	Started  time.Time  `json:"started_at"`
	Ended    *time.Time `json:"ended_at"` // null while tables are missing
	Complete bool       `json:"complete"`
	// Moved are the journals that went on between the first table and the last.
	Moved  []string        `json:"moved"`
	Tables []exportedTable `json:"tables"`
	// Empty are tables without a row, of which no file was written.
	Empty []string `json:"empty"`
}

// exportedTable is a file of an export, and the ledger's positions when its first and its last page were read.
type exportedTable struct {
	Table  string      `json:"table"`
	File   string      `json:"file"`
	Rows   uint64      `json:"rows"`
	Bytes  uint64      `json:"bytes"`
	SHA256 string      `json:"sha256"`
	Start  basisOfJSON `json:"start"`
	End    basisOfJSON `json:"end"`
	// Moved are the journals that went on between the two.
	Moved []string `json:"moved"`
}

// begin takes up what the folder has of the same export, or starts anew. What is there of another one is a problem without --force.
func (ex *tableExporter) begin(agency string) error {
	fresh := exportIndex{
		Agency: agency, Program: version(), Format: ex.format, RestsOn: horizonWords(ex.horizon), Named: ex.named,
		Started: ex.env.Now().UTC(), Moved: []string{}, Tables: []exportedTable{}, Empty: []string{}, Horizon: json.RawMessage("null"),
	}
	if fresh.Named == nil {
		fresh.Named = []string{}
	}
	var err error
	if fresh.Filter, err = output.Proto(ex.filter); err != nil {
		return err
	}
	if ex.horizon != nil {
		if fresh.Horizon, err = output.Proto(ex.horizon); err != nil {
			return err
		}
	} else {
		fresh.RestsOn = "the ledger as it was when each page was read"
	}
	data, err := os.ReadFile(filepath.Join(ex.dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		ex.index = fresh
		return whole.Sweep(ex.dir)
	}
	var there exportIndex
	if err == nil {
		err = json.Unmarshal(data, &there)
	}
	same := err == nil && fresh.sameAs(&there)
	if !same && !ex.force {
		return problems("", fmt.Sprintf("%s holds another export: of another agency, format, state or choice of rows; choose another folder", ex.dir), ex.env.again("--force"))
	}
	ex.index = fresh
	if same && !ex.force {
		ex.index.Started, ex.index.Tables = there.Started, there.Tables
	}
	return whole.Sweep(ex.dir)
}

// sameAs is whether two exports ask for the same.
func (x *exportIndex) sameAs(other *exportIndex) bool {
	return x.Agency == other.Agency && x.Format == other.Format && slices.Equal(x.Named, other.Named) &&
		sameJSON(x.Horizon, other.Horizon) && sameJSON(x.Filter, other.Filter)
}

// sameJSON compares what output.Proto made but for its spacing.
func sameJSON(x, y json.RawMessage) bool {
	var a, b bytes.Buffer
	return json.Compact(&a, x) == nil && json.Compact(&b, y) == nil && bytes.Equal(a.Bytes(), b.Bytes())
}

// there returns the index's entry of a file that is there as it was written.
func (ex *tableExporter) there(name string) (*exportedTable, error) {
	path := filepath.Join(ex.dir, name)
	sum, err := fileSum(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && ex.force {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(ex.index.Tables, func(t exportedTable) bool { return t.File == name })
	if i < 0 || ex.index.Tables[i].SHA256 != sum {
		return nil, problems("", fmt.Sprintf("%s is there with another content than this export gave it; it was left as it is", path), ex.env.again("--force"))
	}
	return &ex.index.Tables[i], nil
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// enter puts a file into the index, in the order of the tables.
func (ex *tableExporter) enter(entry exportedTable) error {
	ex.index.Tables = slices.DeleteFunc(ex.index.Tables, func(t exportedTable) bool { return t.Table == entry.Table })
	ex.index.Tables = append(ex.index.Tables, entry)
	order := tableNames()
	slices.SortFunc(ex.index.Tables, func(x, y exportedTable) int { return slices.Index(order, x.Table) - slices.Index(order, y.Table) })
	return ex.keepIndex()
}

// end closes the index: every table is there.
func (ex *tableExporter) end() error {
	var first, last []positionOfJSON
	for i, t := range ex.index.Tables {
		if i == 0 || earlier(t.Start.Positions, first) {
			first = t.Start.Positions
		}
		if i == 0 || earlier(last, t.End.Positions) {
			last = t.End.Positions
		}
	}
	ended := ex.env.Now().UTC()
	ex.index.Moved, ex.index.Ended, ex.index.Complete = moved(first, last), &ended, true
	return ex.keepIndex()
}

func (ex *tableExporter) keepIndex() error {
	data, err := json.MarshalIndent(ex.index, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", indexFile, err)
	}
	return whole.Write(filepath.Join(ex.dir, indexFile), append(data, '\n'), 0o600)
}

// moved are the journals that stand elsewhere in two bases.
func moved(from, to []positionOfJSON) []string {
	names := []string{}
	for _, p := range to {
		i := slices.IndexFunc(from, func(f positionOfJSON) bool { return f.Journal == p.Journal })
		if i < 0 || from[i].Block != p.Block || from[i].Events != p.Events {
			names = append(names, p.Journal)
		}
	}
	return names
}

// earlier is whether a basis holds fewer events than another one of the same ledger.
func earlier(x, y []positionOfJSON) bool { return eventsIn(x) < eventsIn(y) }

func eventsIn(positions []positionOfJSON) (n uint64) {
	for _, p := range positions {
		n += p.Events
	}
	return n
}
