// Package denial is what authorities tell one another of denials and do about them: notices sent and received, looking for
// denials that an application would undercut, consulting whoever denied, blind checks, and the figures of a year.
package denial
