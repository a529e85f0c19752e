module github.com/counterfoil/counterfoil/tools

go 1.26.0

require (
	github.com/counterfoil/counterfoil/libs v0.0.0
	github.com/counterfoil/counterfoil/proto v0.0.0
	github.com/counterfoil/counterfoil/services v0.0.0
)

require (
	connectrpc.com/connect/v2 v2.0.2 // indirect
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
