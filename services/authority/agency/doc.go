// Package agency is the coordinating authority's decisions on who takes part: pure rules over the directory's rows.
package agency
