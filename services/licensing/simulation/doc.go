// Package simulation decides past cases anew under a policy that they were not decided under, from what is on record of
// them. It claims no more than that: an agency that was not asked would have been, and its silence counts as the policy says.
package simulation
