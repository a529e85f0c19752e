package natstest

// Offline stops the server, lets fn do what it likes to the store's folder, and starts the server again on what is
// left there. Connections find it again, as after Restart.
func (s *Server) Offline(fn func(store string)) {
	s.t.Helper()
	s.stop()
	fn(s.opts.StoreDir)
	s.start()
	s.reconnect()
}
