// Package figures is what readers of published annual figures have in common: what a file says, line by line, and what is odd about it.
package figures
