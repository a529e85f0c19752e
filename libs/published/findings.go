package published

// Problem is something about a row, or about several rows of a file for the same reason.
type Problem struct {
	File string
	// Line of the file where it is met first, from 1.
	Line int
	// Reason is a sentence without a full stop.
	Reason string
	// Rows that it is true of, at least 1.
	Rows int
}

// maxFindings bounds the lists of problems and remarks.
const maxFindings = 1000

// Findings collects problems or remarks; the same reason in the same file is one finding. The zero value is empty.
type Findings struct {
	// List holds the first 1,000 findings, and Rows counts the rows of all.
	List  []Problem
	Rows  int
	index map[[2]string]int
}

// Add notes that the reason is true of a row of the file.
func (f *Findings) Add(file string, line int, reason string) {
	f.Rows++
	k := [2]string{file, reason}
	if i, ok := f.index[k]; ok {
		f.List[i].Rows++
		return
	}
	if len(f.List) == maxFindings {
		return
	}
	if f.index == nil {
		f.index = map[[2]string]int{}
	}
	f.index[k] = len(f.List)
	f.List = append(f.List, Problem{File: file, Line: line, Reason: reason, Rows: 1})
}
