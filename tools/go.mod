module github.com/counterfoil/counterfoil/tools

go 1.26.0

require (
	github.com/counterfoil/counterfoil/libs v0.0.0
	github.com/counterfoil/counterfoil/proto v0.0.0
	github.com/counterfoil/counterfoil/services v0.0.0
)

require (
	connectrpc.com/connect/v2 v2.0.2 // indirect
	github.com/jedib0t/go-pretty/v6 v6.8.3 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/nats-io/nats.go v1.55.0 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)

replace github.com/counterfoil/counterfoil/proto => ../proto

replace github.com/counterfoil/counterfoil/libs => ../libs

replace github.com/counterfoil/counterfoil/services => ../services

tool (
	connectrpc.com/connect/v2/cmd/protoc-gen-connect-go
	google.golang.org/protobuf/cmd/protoc-gen-go
	honnef.co/go/tools/cmd/staticcheck
)
