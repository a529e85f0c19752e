// Package foreign opens exported files with readers that know nothing of the program: Arrow's, and DuckDB.
package foreign
