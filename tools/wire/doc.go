// Package wire holds nodes to what systems of others see of them: every method over every protocol, asked with tools and messages that
// know nothing of this program but what reflection and the OpenAPI document say.
package wire
