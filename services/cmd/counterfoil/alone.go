package main

// The program runs where there is nothing else, as in its image: it brings the time zones, and the public certificate
// authorities for a machine that has none. An agency's own authority is a file.
import (
	_ "time/tzdata"

	_ "golang.org/x/crypto/x509roots/fallback"
)
