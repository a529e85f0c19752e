package wire

// ReceiveAtMost is Receive that decides at most so many facts at once.
var ReceiveAtMost = receive
