package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/published/chief"
)

// litePosts are licences as LITE posts them, of which one file for customs is made.
type litePosts struct {
	from  string
	run   int
	paths []string
	data  [][]byte
	// references are those of licences posted before, by their ids in LITE.
	references map[string]string
}

func (p *litePosts) add(path string, data []byte) {
	p.paths, p.data = append(p.paths, path), append(p.data, data)
}

// file makes one file of all licences, in their order. One that cannot be taken is an input of its own, which says why.
func (p *litePosts) file(now time.Time) ([]wireInput, error) {
	if len(p.data) == 0 {
		return nil, nil
	}
	if p.run < 1 {
		return nil, usage("%s is JSON, which has no run number: give --run, the number of the file of licences that it becomes", p.paths[0])
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("date the file: %w", err)
	}
	earlier := func(id string) (string, bool) {
		reference, ok := p.references[id]
		return reference, ok
	}
	file := chief.NewLicenceData(p.from, "CHIEF", chief.StampOf(now.In(zone)), p.run)
	made := wireInput{}
	var all []wireInput
	var taken []string
	for i, data := range p.data {
		list, changed, err := chief.FromLITE(data, earlier)
		if err != nil {
			all = append(all, wireInput{path: p.paths[i], why: err})
			continue
		}
		for _, c := range changed {
			made.remarks = append(made.remarks, finding{File: p.paths[i], Line: c.Line, Reason: c.Reason, Rows: c.Rows})
		}
		file.Licences, taken = append(file.Licences, list...), append(taken, p.paths[i])
	}
	if len(taken) == 0 {
		return all, nil
	}
	made.path, made.name = strings.Join(taken, " "), chief.NameOf(file.Header).String()
	if made.data, err = file.Encode(); err != nil {
		return nil, err
	}
	made.file, made.why = chief.Parse(made.data)
	return append(all, made), nil
}
