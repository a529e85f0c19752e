package webhooks

import (
	"net/http"
	"strconv"
	"time"
)

// pauses are between the tries of an event, as Standard Webhooks 1.0.0 has them ("Deliverability and reliability").
var pauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	// defaultTries spread over seven and a half hours: a night.
	defaultTries = 6
	// throttled is the shortest pause after an answer by which a receiver says that it has too much to do.
	throttled = time.Minute
	// longest is the longest pause that Retry-After is followed to.
	longest = 24 * time.Hour
	// spread is by how much of itself a pause is longer at most, by chance.
	spread = 0.2
)

// outcome is what came of a request: an HTTP status, or none and what went wrong.
type outcome struct {
	Status int    `json:"status,omitempty"`
	Failed string `json:"failed,omitempty"`
	// after is what the receiver asked to be left alone for.
	after time.Duration
}

type verdict struct {
	taken, parked bool
	// gone: the endpoint is off.
	gone bool
	wait time.Duration
}

// judge says what follows from a request, of so many tries that an event has. tried is how many were made with this one;
// jitter is from 0 to 1.
func judge(tries, tried int, o outcome, jitter float64) verdict {
	switch {
	case o.Failed == "":
		return verdict{taken: true}
	case o.Status == http.StatusGone:
		return verdict{gone: true}
	case tried >= tries:
		return verdict{parked: true}
	}
	wait := pauses[min(tried, len(pauses))-1]
	switch o.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		wait = max(wait, throttled)
	}
	wait += time.Duration(spread * jitter * float64(wait))
	return verdict{wait: max(wait, min(o.after, longest))}
}

// retryAfter reads a Retry-After header: seconds, or a date. What is neither is nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
